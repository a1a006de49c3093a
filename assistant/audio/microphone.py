"""The microphone: a device by name or number, at any rate, that may come and go.

A device that is missing, busy or unplugged is reported with a list of those there are, and tried
again after growing pauses; the stream of frames goes on when it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from rapidfuzz import process

from assistant.audio.capture import Capture, DeviceError, Driver, Inbox, InputDevice
from assistant.audio.clock import Clock, MonotonicClock
from assistant.audio.frames import Framer
from assistant.audio.resample import Resampler
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE, AudioError, Frame

CAPACITY = 250
"""Blocks of 20 ms that may wait for the pipeline: 5 s; then the oldest is dropped."""
LOOK_S = 1.0
"""How often an open device is checked."""
STALL_S = 5.0
"""A device that gives nothing for so long is opened again. Idle sound servers need 2 s to start."""
PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Between attempts to open a device; the last one repeats. Well below the service's watchdog."""
REPORT_EVERY_S = 60.0
"""Lost audio is reported at most so often."""
GAP_S = 2.0
"""Silence given when a device is lost, so that what was being said then comes to an end."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MicrophoneOptions:
    """Which device, and how it is opened."""

    device: str | int | None = None
    """Part of its name, or its number; `None`: the system's."""
    channels: int = 1
    gain_db: float = 0.0
    persistent: bool = True
    """Whether a device that is missing at the start is waited for; else it is an error."""


class Microphone:
    """An `AudioSource` over a device. `on_attempt` is called after each try to open it."""

    name = "mic"

    def __init__(
        self,
        driver: Driver,
        options: MicrophoneOptions | None = None,
        clock: Clock | None = None,
        on_attempt: Callable[[], None] = lambda: None,
    ) -> None:
        self._driver = driver
        self._options = options or MicrophoneOptions()
        self._clock = clock or MonotonicClock()
        self._on_attempt = on_attempt
        self._reported, self._reported_s = 0, self._clock.now() - REPORT_EVERY_S
        self._opened = False
        self._waiting_s: Callable[[], float] = lambda: 0.0
        self.overruns = 0
        """Times that audio was lost because it was not taken quickly enough."""

    def waiting_s(self) -> float:
        """How much captured audio nobody has taken yet."""
        return self._waiting_s()

    async def frames(self) -> AsyncIterator[Frame]:
        """Audio without end; raises `AudioError` only where `persistent` is not set."""
        while True:
            inbox = Inbox(asyncio.get_running_loop(), CAPACITY)
            capture = await self._connect(inbox)
            self._waiting_s = partial(_waiting_s, inbox, capture.rate)
            watch = asyncio.create_task(self._watch(capture, inbox))
            try:
                async for frame in self._captured(capture, inbox):
                    yield frame
            finally:
                watch.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watch
                await asyncio.to_thread(capture.close)
            _LOG.warning("the microphone is lost: %s; trying to open it again", inbox.lost)
            for _ in range(round(GAP_S * SAMPLE_RATE / FRAME_SAMPLES)):
                yield np.zeros(FRAME_SAMPLES, np.int16)

    async def _connect(self, inbox: Inbox) -> Capture:
        """Open the device, however many attempts it takes."""
        attempt = 0
        while True:
            try:
                capture = await asyncio.to_thread(self._open, inbox)
            except AudioError as error:
                if not self._options.persistent and not self._opened:
                    raise
                # Said once, not at every attempt: a microphone may stay away for days.
                _LOG.log(logging.DEBUG if attempt else logging.WARNING, "%s", error)
            else:
                if attempt or self._opened:
                    _LOG.warning("the microphone is back")
                self._opened = True
                return capture
            finally:
                self._on_attempt()
            await self._clock.sleep(PAUSES_S[min(attempt, len(PAUSES_S) - 1)])
            attempt += 1

    def _open(self, inbox: Inbox) -> Capture:
        devices = self._driver.devices()
        device = choose(devices, self._options.device)
        try:
            return self._driver.open(device, self._options.channels, inbox)
        except DeviceError as error:
            message = (
                f"the microphone '{device.name}' cannot be opened ({error}); {_there(devices)}"
            )
            raise AudioError("audio_device", message) from None

    async def _captured(self, capture: Capture, inbox: Inbox) -> AsyncIterator[Frame]:
        """The frames of an open device until it is lost."""
        resampler, framer = Resampler(capture.rate, capture.channels), Framer()
        gain = np.float32(10 ** (self._options.gain_db / 20))
        while (samples := await inbox.take()) is not None:
            for frame in framer.cut(resampler.convert(samples * gain)):
                yield frame

    async def _watch(self, capture: Capture, inbox: Inbox) -> None:
        """Notice when the device stops giving audio, or loses some."""
        received, moved_s = -1, self._clock.now()
        lost = 0
        while not inbox.lost:
            await self._clock.sleep(LOOK_S)
            before, lost = lost, inbox.overruns + inbox.dropped
            self.overruns += lost - before
            self._report()
            now_s = self._clock.now()
            if inbox.received != received:
                received, moved_s = inbox.received, now_s
            if not capture.alive():
                inbox.lose("it stopped; is it still plugged in?")
            elif now_s - moved_s >= STALL_S:
                inbox.lose(f"it gave no audio for {STALL_S:g} s")

    def _report(self) -> None:
        now_s = self._clock.now()
        if self.overruns > self._reported and now_s - self._reported_s >= REPORT_EVERY_S:
            self._reported, self._reported_s = self.overruns, now_s
            _LOG.warning(
                "audio was lost %d times since the start: the machine does not keep up",
                self.overruns,
            )


def _waiting_s(inbox: Inbox, rate: int) -> float:
    return inbox.waiting() / rate


def choose(devices: Sequence[InputDevice], wanted: str | int | None) -> InputDevice:
    """The device that is meant; raises `AudioError` with a list of those there are."""
    if not devices:
        message = "there is no microphone; plug one in, and check that this user is in group audio"
        raise AudioError("audio_device", message)
    if wanted is None:
        return next((device for device in devices if device.default), devices[0])
    found = [device for device in devices if _fits(device, wanted)]
    if found:
        return found[0]
    names = [device.name for device in devices]
    nearest = process.extractOne(str(wanted), names, score_cutoff=60.0)
    hint = f"did you mean '{nearest[0]}'? " if nearest else ""
    raise AudioError("audio_device", f"there is no microphone '{wanted}'; {hint}{_there(devices)}")


def _fits(device: InputDevice, wanted: str | int) -> bool:
    if isinstance(wanted, int):
        return device.index == wanted
    return wanted.casefold() in device.name.casefold()


def _there(devices: Sequence[InputDevice]) -> str:
    return "there are: " + ", ".join(f"{device.index} '{device.name}'" for device in devices)
