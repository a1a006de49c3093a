"""What the system plays, by the monitor of a real PulseAudio. Runs in the time of the audio."""

import asyncio
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from assistant.audio.echo import Reference
from assistant.audio.monitor import RETRY_S, STILL_S, Monitor
from assistant.audio.source import FRAME_SAMPLES
from tests.ducking.sound_server import SoundServer
from tests.hand_clock import HandClock, settle

RECORDING = Path(__file__).parents[2] / "demo" / "01-kitchen-light.ogg"


@pytest.fixture
async def server(monkeypatch):
    for program in ("pulseaudio", "pactl", "paplay", "parec"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (pulseaudio and pulseaudio-utils)")
    with tempfile.TemporaryDirectory(prefix="hearth-") as folder:
        server = SoundServer(folder)
        await server.start()
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        yield server
        server.stop()


async def test_what_any_program_plays_is_in_the_reference(server):
    reference, monitor = Reference(), Monitor()
    feeding = asyncio.create_task(monitor.feed(reference))
    playing = await asyncio.create_subprocess_exec("paplay", str(RECORDING), env=os.environ)
    played = []
    async with asyncio.timeout(20):
        while playing.returncode is None or not any(map(np.any, played)):
            played.append(reference.take())
            await asyncio.sleep(0.01)
    feeding.cancel()
    await asyncio.gather(feeding, return_exceptions=True)
    samples = np.concatenate(played).astype(float)
    assert np.sqrt(np.mean(samples[samples != 0] ** 2)) > 200
    assert reference.known
    assert not [
        each for each in server.control("list", "source-outputs").split() if "parec" in each
    ]


def program(text):
    """A program in place of `parec`."""
    return [sys.executable, "-c", text]


WRITES = "import sys; sys.stdout.buffer.write(b'\\1\\0' * 16000); sys.stdout.flush()"


async def test_what_drifts_is_placed_anew(caplog):
    caplog.set_level(logging.INFO)
    reference = Reference(HandClock())
    text = f"import time\nwhile True: {WRITES}; time.sleep(0.1)"
    monitor = Monitor(program(text), HandClock())
    feeding = asyncio.create_task(monitor.feed(reference))
    async with asyncio.timeout(20):
        while not monitor.moved:
            reference.take()
            await settle()
    assert "has drifted by" in caplog.text
    assert any(reference.take().any() for _ in range(10))
    feeding.cancel()
    await asyncio.gather(feeding, return_exceptions=True)


async def test_it_ends_where_more_is_written_than_is_read():
    reference, text = Reference(HandClock()), f"while True: {WRITES}"
    feeding = asyncio.create_task(Monitor(program(text), HandClock()).feed(reference))
    while not reference.take().any():
        await settle()
    feeding.cancel()
    async with asyncio.timeout(10):
        await asyncio.gather(feeding, return_exceptions=True)


async def test_while_the_microphone_is_away_nothing_has_a_place(caplog):
    caplog.set_level(logging.INFO)
    clock, away = HandClock(), HandClock()
    reference = Reference(away)
    await away.turn(STILL_S + 1.0)
    feeding = asyncio.create_task(Monitor(program(WRITES), clock).feed(reference))
    async with asyncio.timeout(20):
        while not clock.waits_s:
            await settle()
    assert "has drifted by" not in caplog.text
    assert not any(reference.take().any() for _ in range(10))
    feeding.cancel()
    await asyncio.gather(feeding, return_exceptions=True)


async def test_a_monitor_that_is_lost_is_one_line_and_tried_again(caplog):
    clock, reference = HandClock(), Reference(HandClock())
    text = "import sys; sys.exit('Connection refused')"
    feeding = asyncio.create_task(Monitor(program(text), clock).feed(reference))
    for _ in range(3):
        async with asyncio.timeout(20):
            while not clock.waits_s:
                await settle()
        await clock.turn(RETRY_S)
    # On a busy machine asyncio, too, logs a warning: that a process was gone before it looked.
    own = [record for record in caplog.records if record.name.startswith("assistant")]
    assert [record.message for record in own if record.levelno >= logging.WARNING] == [
        "what the system plays is not known, so its echo stays: Connection refused"
    ]
    assert not reference.known
    feeding.cancel()
    await asyncio.gather(feeding, return_exceptions=True)


async def test_without_the_program_it_says_so(caplog):
    clock = HandClock()
    feeding = asyncio.create_task(Monitor(["no-such-parec"], clock).feed(Reference(clock)))
    await settle()
    assert "no-such-parec cannot be started: No such file" in caplog.text
    assert reference_is_silent(Reference(clock))
    feeding.cancel()
    await asyncio.gather(feeding, return_exceptions=True)


def reference_is_silent(reference):
    frame = reference.take()
    return frame.size == FRAME_SAMPLES and not frame.any()
