"""The microphone for real: a null sink of PulseAudio stands for one, and is played into.

It is unloaded in mid-stream and loaded again. Runs in the time of the audio.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import threading
from contextlib import aclosing
from pathlib import Path

import pytest

from assistant.audio.microphone import Microphone, MicrophoneOptions
from assistant.audio.source import AudioError
from assistant.wake.micro import MicroDetector

RECORDING = Path(__file__).parents[2] / "demo" / "01-kitchen-light.ogg"
ALSA = """
pcm.hearth_test { type pulse device "hearth.monitor" hint { show on } }
pcm.!default { type pulse }
"""
DEADLINE_S = 20.0


class Server:
    """A sound server of our own, with its own folder, and no business with the user's."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.environ = {
            "XDG_RUNTIME_DIR": folder,
            "PULSE_RUNTIME_PATH": folder,
            "PULSE_SERVER": f"unix:{folder}/socket",
            "ALSA_CONFIG_PATH": f"{folder}/asound.conf",
        }
        (self.folder / "asound.conf").write_text(ALSA)
        module = f"module-native-protocol-unix auth-anonymous=1 socket={folder}/socket"
        options = ["--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
        self._daemon = subprocess.Popen(
            ["pulseaudio", "-n", *options, "-L", module],
            env=os.environ | self.environ | {"HOME": folder},
            stderr=subprocess.DEVNULL,
        )

    def control(self, *arguments):
        command = ["pactl", *arguments]
        environ = os.environ | self.environ
        return subprocess.run(command, env=environ, check=True, capture_output=True, timeout=10)

    async def wait(self):
        for _ in range(100):
            if (self.folder / "socket").exists():
                return
            await asyncio.sleep(0.05)
        pytest.skip("PulseAudio does not start here")

    def plug_in(self, rate=44_100):
        self.control("load-module", "module-null-sink", "sink_name=hearth", f"rate={rate}")

    def unplug(self):
        self.control("unload-module", "module-null-sink")

    async def play(self):
        command = ["paplay", "--device=hearth", str(RECORDING)]
        playing = await asyncio.create_subprocess_exec(*command, env=os.environ | self.environ)
        assert await playing.wait() == 0

    def stop(self):
        self._daemon.terminate()
        self._daemon.wait(10)


@pytest.fixture
def server(monkeypatch):
    pytest.importorskip("pyaudio", reason="PyAudio is not installed (the extra `mic`)")
    for program in ("pulseaudio", "pactl", "paplay"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (pulseaudio and pulseaudio-utils)")
    with tempfile.TemporaryDirectory(prefix="hearth-") as folder:
        server = Server(folder)
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        yield server
        server.stop()


def driver():
    from assistant.audio.portaudio import PortAudio  # noqa: PLC0415 - skipped without PyAudio

    return PortAudio()


async def until_awake(frames):
    """Hear until the wake word of the recording."""
    detector = MicroDetector(["alexa"])
    while detector.process(await anext(frames)) is None:
        pass


async def hear_recording(server, frames):
    await asyncio.wait_for(anext(frames), DEADLINE_S)  # an idle sink takes 2 s to wake
    playing = asyncio.create_task(server.play())
    await asyncio.wait_for(until_awake(frames), DEADLINE_S)
    return playing


async def test_what_is_played_is_heard(server):
    await server.wait()
    server.plug_in(rate=48_000)
    options = MicrophoneOptions("hearth_test", channels=2, persistent=False)
    async with aclosing(Microphone(driver(), options).frames()) as frames:
        await (await hear_recording(server, frames))


async def test_it_hears_again_after_it_was_unplugged(server, caplog):
    await server.wait()
    server.plug_in()
    unplugged = threading.Event()

    def try_again():
        if unplugged.is_set() and len(caplog.messages) > 1:
            unplugged.clear()
            server.plug_in()

    microphone = Microphone(driver(), MicrophoneOptions("hearth_test"), on_attempt=try_again)
    async with aclosing(microphone.frames()) as frames:
        await (await hear_recording(server, frames))
        unplugged.set()
        server.unplug()
        while "the microphone is back" not in caplog.text:
            await asyncio.wait_for(anext(frames), DEADLINE_S)
        await (await hear_recording(server, frames))
    lost, refused, back = caplog.messages
    assert lost.startswith("the microphone is lost")
    assert "hearth_test" in refused
    assert back == "the microphone is back"


async def test_without_the_device_those_there_are_are_listed(server):
    await server.wait()
    server.plug_in()
    options = MicrophoneOptions("studio", persistent=False)
    with pytest.raises(AudioError, match=r"no microphone 'studio'.*'hearth_test'"):
        await anext(Microphone(driver(), options).frames())
