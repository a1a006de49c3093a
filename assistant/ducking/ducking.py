"""Turns other sound down while somebody speaks to Hearth and is answered, and up again.

A volume that somebody changes meanwhile is theirs: what is not where Hearth put it stays as it is.
Volumes are set beside the pipeline; whatever goes wrong with one is a line in the log, and is tried
again until it is as it was.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

from assistant.audio.clock import Clock, MonotonicClock
from assistant.ducking.ledger import Ledger, Lowered
from assistant.ducking.mixer import Mixer
from assistant.events import (
    NOT_MEANT,
    Error,
    Event,
    Intent,
    Interrupted,
    Reply,
    SpeechStarted,
    WakeDetected,
    Yielded,
)
from assistant.nlu.interpretation import Interpretation

LONGEST_S = 60.0
"""Nothing stays turned down for longer after the last word, whatever was missed."""
AGAIN_S = (1.0, 5.0, 10.0, 30.0, 60.0)
"""So long after what could not be brought back it is tried again; the last of them from then on."""
_QUIETEST = 0.01
"""At no volume at all a stream would lose the balance of its channels."""
_SAME = 0.015
"""Volumes this close are equal: some players round to whole percents."""
_LOG = logging.getLogger(__name__)


class Ducking:
    """Turns everything that plays down to `level` (0 to 1) of its volume.

    `answer_s`: how long it stays so after a question, for its answer.
    """

    def __init__(
        self,
        ledger: Ledger,
        level: float,
        answer_s: float = 0.0,
        clock: Clock | None = None,
    ) -> None:
        self.mixers: Sequence[Mixer] = ()
        self._ledger = ledger
        self._level = level
        self._answer_s = answer_s
        self._clock = clock or MonotonicClock()
        self._one_at_a_time: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """For each mixer: a slow one holds no other up."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._later: asyncio.Task[None] | None = None
        self._open_until_s = 0.0
        """Until then an answer is waited for."""
        self._trouble: dict[str, str] = {}

    async def start(self) -> None:
        """Bring back what was left turned down before a crash."""
        if list(self._ledger):
            _LOG.info("bringing back what was turned down when Hearth ended")
        await self._restore()
        if self._ledger.let_go(self):
            self._restore_after(AGAIN_S[0])

    async def close(self) -> None:
        """Bring everything back."""
        self._wait_no_longer()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._restore()

    def follow(self, event: Event) -> None:
        """Turn down for who speaks; up again where nothing is said to what was heard."""
        match event:
            case WakeDetected() | Interrupted() | SpeechStarted():
                self._begin(self._lower())
                self._restore_after(LONGEST_S)
            case Error() | Yielded():
                self._restore_after(0.0)
            case Intent(reason=reason) if reason == NOT_MEANT:
                self._restore_after(max(0.0, self._open_until_s - self._clock.now()))

    def ended(self, reply: Reply, _heard_s: float) -> None:
        """A reply has been said."""
        wait_s = self._answer_s if reply.asks else 0.0
        self._open_until_s = self._clock.now() + wait_s
        self._restore_after(wait_s)

    async def let_go(self, meant: Interpretation) -> None:
        """Bring back what a command is about: its volume is what the command knows it by."""
        targets = {target for command in meant.commands for target in command.targets}
        if any(each.id in targets for each in self._ledger):
            await self._restore(targets)

    def _restore_after(self, wait_s: float) -> None:
        self._wait_no_longer()
        self._later = asyncio.create_task(self._wait_and_restore(wait_s))

    def _wait_no_longer(self) -> None:
        if self._later is not None:
            self._later.cancel()
        self._later = None

    async def _wait_and_restore(self, wait_s: float) -> None:
        for pause_s in chain((wait_s,), AGAIN_S, repeat(AGAIN_S[-1])):
            if pause_s:
                await self._clock.sleep(pause_s)
            # Who speaks again ends the waiting, but no change that has begun.
            await asyncio.wait({self._begin(self._restore())})
            if not self._ledger.let_go(self):
                break

    def _begin(self, change: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(change)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _lower(self) -> None:
        await self._with_all(self._lower_all)

    async def _lower_all(self, mixer: Mixer) -> None:
        playing = await mixer.playing()
        lowered = [
            Lowered(mixer.name, id_, volume, max(_QUIETEST, self._level * volume))
            for id_, volume in playing.items()
            if volume > _SAME and self._is_up(mixer, id_, volume)
        ]
        if lowered:
            self._ledger.add(lowered)
        for id_ in playing:
            self._ledger.hold((mixer.name, id_), self)
        await _each(self._lower_one(mixer, each) for each in lowered)

    def _is_up(self, mixer: Mixer, id_: str, volume: float) -> bool:
        known = self._ledger.get(mixer.name, id_)
        return known is None or abs(volume - known.before) <= _SAME

    async def _lower_one(self, mixer: Mixer, lowered: Lowered) -> None:
        await mixer.set(lowered.id, lowered.to)
        rests = await mixer.volume(lowered.id)
        if rests is not None and abs(rests - lowered.before) > _SAME:
            self._ledger.add([replace(lowered, to=rests)])  # it may have steps of its own

    async def _restore(self, only: set[str] | None = None) -> None:
        await self._with_all(lambda mixer: self._restore_all(mixer, only))

    async def _restore_all(self, mixer: Mixer, only: set[str] | None) -> None:
        free = self._ledger.let_go(self) if only is None else self._ledger
        due = [each for each in free if only is None or each.id in only]
        await _each(self._restore_one(mixer, each) for each in due if each.mixer == mixer.name)

    async def _restore_one(self, mixer: Mixer, lowered: Lowered) -> None:
        now = await mixer.volume(lowered.id)
        # Where it was before, it may be that it has not told yet that it was turned down.
        if now is not None and min(abs(now - lowered.to), abs(now - lowered.before)) <= _SAME:
            await mixer.set(lowered.id, lowered.before)
            now = await mixer.volume(lowered.id)
            if now is not None and abs(now - lowered.before) > _SAME:
                return  # It does not tell it yet, and would be turned down from there next.
        self._ledger.remove(lowered)

    async def _with_all(self, change: Callable[[Mixer], Awaitable[None]]) -> None:
        await asyncio.gather(*(self._safely(mixer, change) for mixer in self.mixers))

    async def _safely(self, mixer: Mixer, change: Callable[[Mixer], Awaitable[None]]) -> None:
        """Change volumes; what goes wrong is said once, until it is something else."""
        try:
            async with self._one_at_a_time[mixer.name]:
                await change(mixer)
        except Exception as error:  # noqa: BLE001 - whatever a mixer does, it is tried again
            known, self._trouble[mixer.name] = self._trouble.get(mixer.name), str(error)
            level = logging.DEBUG if known == str(error) else logging.WARNING
            _LOG.log(level, "%s: the volume stays as it is: %s", mixer.name, error)
        else:
            self._trouble.pop(mixer.name, None)


async def _each(changes: Iterable[Awaitable[None]]) -> None:
    """Make all changes, whatever goes wrong with one; raises the first error."""
    results = await asyncio.gather(*changes, return_exceptions=True)
    for error in filter(None, results):
        raise error
