"""Somebody faces the device: what a camera shows of it.

The camera is open only after `watch`, and never for long; a few pictures a second are looked at one
by one and forgotten. Nothing is kept of them but whether there was a face.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from pathlib import Path

from assistant.audio.clock import Clock, MonotonicClock
from assistant.presence.pictures import CameraError, Pictures

_LOG = logging.getLogger(__name__)
PERIOD_S = 0.5
"""Between two pictures."""
WATCH_S = 90.0
"""It looks no longer than that, whatever becomes of who asked."""
RETRY_S = 5.0
"""A camera that was pulled out is looked for so often, while it is wanted."""
_NEWEST, _FACES = 3, 2
"""In so many of the newest pictures there is a face: one alone may be a mistake."""


class Camera:
    """Looks while `run` runs and it is watched. What goes wrong is one line in the log."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self.facing: bool | None = None
        """Whether somebody faces it; `None` while nothing is known."""
        self._path = path
        self._clock = clock or MonotonicClock()
        self._wanted = asyncio.Event()
        self._until_s = 0.0
        self._failed = False

    def watch(self) -> None:
        """Look from now on; call it from the event loop."""
        self._until_s = self._clock.now() + WATCH_S
        self._wanted.set()

    def rest(self) -> None:
        """Look no more; any thread may say so."""
        self._until_s = 0.0

    async def run(self) -> None:
        """Look where that is wanted, until cancelled."""
        while True:
            await self._wanted.wait()
            if not self._watched():
                self._wanted.clear()
                continue
            try:
                await self._look()
            except CameraError as error:
                self._tell(error)
                await self._clock.sleep(RETRY_S)

    def _watched(self) -> bool:
        return self._clock.now() < self._until_s

    async def _look(self) -> None:
        """Look until that is not wanted any more; raises `CameraError`."""
        pictures = await asyncio.to_thread(Pictures, self._path)
        newest: deque[bool] = deque(maxlen=_NEWEST)
        try:
            while self._watched():
                newest.append(await asyncio.to_thread(pictures.face))
                self.facing = sum(newest) >= _FACES
                self._tell(None)
                await self._clock.sleep(PERIOD_S)
        finally:
            self.facing = None
            pictures.close()

    def _tell(self, trouble: CameraError | None) -> None:
        """Say that something is wrong, or is not any more, where that is new."""
        if trouble and not self._failed:
            _LOG.warning("presence: %s; until then it is as without a camera", trouble)
        elif self._failed and not trouble:
            _LOG.info("presence: %s shows pictures again", self._path)
        self._failed = trouble is not None
