"""What the whole system plays, as the sound server's monitor has it: PulseAudio's, or PipeWire's.

It is recorded by `parec`, which both have (Debian: pulseaudio-utils).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from assistant.audio.clock import Clock, MonotonicClock
from assistant.audio.echo import Reference
from assistant.audio.source import SAMPLE_RATE

PROGRAM = "parec"
HOLD_S = 0.08
"""A monitor tells so much later what was played, at most: a canceller must not hear it before."""
SLACK_S = 0.03
"""What it tells is placed so much later than it comes, so that it may come a little later."""
DRIFT_S = 0.05
"""Two clocks drift apart: at this distance from the slack the place is found anew."""
STILL_S = 0.5
"""A microphone that has given nothing for so long is away: nothing has a place then."""
RETRY_S = 10.0
_COMMAND = (
    *(PROGRAM, "--device=@DEFAULT_MONITOR@", "--format=s16le", "--channels=1", "--raw"),
    *(f"--rate={SAMPLE_RATE}", "--latency-msec=20", "--client-name=hearth"),
)
_BYTES = 3200
_LOG = logging.getLogger(__name__)


class Monitor:
    """Feeds what the system plays into a reference; begins anew where the sound server goes."""

    def __init__(self, command: Sequence[str] = _COMMAND, clock: Clock | None = None) -> None:
        self._command = tuple(command)
        self._clock = clock or MonotonicClock()
        self.moved = 0
        """How often its place was found anew."""

    async def feed(self, reference: Reference) -> None:
        """Put into the reference what is played, until cancelled."""
        told, reference.known = "", False
        while True:
            lost = await self._record(reference)
            reference.known = False
            _LOG.log(
                logging.DEBUG if lost == told else logging.WARNING,
                "what the system plays is not known, so its echo stays: %s",
                lost,
            )
            told = lost
            await self._clock.sleep(RETRY_S)

    async def _record(self, reference: Reference) -> str:
        """Record until that ends; why it did."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            return f"{self._command[0]} cannot be started: {error.strerror}"
        try:
            await self._follow(process, reference)
            complaint = await process.stderr.read() if process.stderr else b""
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                # It waits for its pipes, too, which nobody reads any more.
                await process.communicate()
        return complaint.decode(errors="replace").strip() or f"{self._command[0]} has ended"

    async def _follow(self, process: asyncio.subprocess.Process, reference: Reference) -> None:
        place, rest, before = -1, b"", -1
        while process.stdout and (data := await process.stdout.read(_BYTES)):
            reference.known = True
            rest += data
            whole = len(rest) & ~1
            samples = np.frombuffer(rest[:whole], "<i2").astype(np.int16)
            rest = rest[whole:]
            if reference.still_s > STILL_S:
                reference.cut()
                place = -1
                continue
            now = reference.now
            moved, before = now != before, now
            wanted = now + round(SLACK_S * SAMPLE_RATE)
            if place < 0 or (moved and abs(place - wanted) > DRIFT_S * SAMPLE_RATE):
                if place >= 0:
                    self.moved += 1
                    late_ms = 1000 * (wanted - place) / SAMPLE_RATE
                    _LOG.info("what the system plays has drifted by %.0f ms: placed anew", late_ms)
                place = wanted
            place = reference.put(place, samples)
