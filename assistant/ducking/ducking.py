"""Turns other sound down while somebody speaks to Hearth and is answered, and up again.

A volume that somebody changes meanwhile is theirs: what is not where Hearth put it stays as it is.
Volumes are set beside the pipeline, one change after the other; whatever goes wrong with one is a
line in the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from assistant.audio.clock import Clock, MonotonicClock
from assistant.ducking.ledger import Ledger, Lowered
from assistant.ducking.mixer import Mixer, MixerError
from assistant.events import (
    NOT_MEANT,
    Error,
    Event,
    Intent,
    Interrupted,
    Reply,
    SpeechStarted,
    WakeDetected,
)
from assistant.nlu.interpretation import Interpretation

LONGEST_S = 60.0
"""Nothing stays turned down for longer after the last word, whatever was missed."""
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
        self._trouble: dict[str, str] = {}

    async def start(self) -> None:
        """Bring back what was left turned down before a crash."""
        if list(self._ledger):
            _LOG.info("bringing back what was turned down when Hearth ended")
        await self._restore()

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
            case Error():
                self._restore_after(0.0)
            case Intent(reason=reason) if reason == NOT_MEANT:
                self._restore_after(0.0)

    def ended(self, reply: Reply, _heard_s: float) -> None:
        """A reply has been said."""
        self._restore_after(self._answer_s if reply.asks else 0.0)

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
        if wait_s:
            await self._clock.sleep(wait_s)
        self._begin(self._restore())

    def _begin(self, change: Awaitable[None]) -> None:
        task = asyncio.ensure_future(change)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _lower(self) -> None:
        await asyncio.gather(*(self._safely(mixer, self._lower_one) for mixer in self.mixers))

    async def _lower_one(self, mixer: Mixer) -> None:
        playing = await mixer.playing()
        lowered = [
            Lowered(mixer.name, id_, volume, self._level * volume)
            for id_, volume in playing.items()
            if volume > _SAME and (mixer.name, id_) not in self._ledger
        ]
        if lowered:
            self._ledger.add(lowered)
            await asyncio.gather(*(mixer.set(each.id, each.to) for each in lowered))

    async def _restore(self, only: set[str] | None = None) -> None:
        restore = partial(self._restore_one, only=only)
        await asyncio.gather(*(self._safely(mixer, restore) for mixer in self.mixers))

    async def _restore_one(self, mixer: Mixer, *, only: set[str] | None) -> None:
        for each in self._ledger:
            if each.mixer != mixer.name or (only is not None and each.id not in only):
                continue
            now = await mixer.volume(each.id)
            if now is not None and abs(now - each.to) <= _SAME:
                await mixer.set(each.id, each.before)
            self._ledger.remove([each])

    async def _safely(self, mixer: Mixer, change: Callable[[Mixer], Awaitable[None]]) -> None:
        """Change volumes; what goes wrong is said once, until it is something else."""
        try:
            async with self._one_at_a_time[mixer.name]:
                await change(mixer)
        except MixerError as error:
            known, self._trouble[mixer.name] = self._trouble.get(mixer.name), str(error)
            level = logging.DEBUG if known == str(error) else logging.WARNING
            _LOG.log(level, "%s: the volume stays as it is: %s", mixer.name, error)
        else:
            self._trouble.pop(mixer.name, None)
