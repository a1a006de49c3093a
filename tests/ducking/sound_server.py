"""A PulseAudio of our own with a sink that plays to nobody, and music on it."""

import asyncio
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile


class SoundServer:
    """In its own folder, and no business with the user's; remembers volumes, as servers do."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.environ = {
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_STATE_PATH": str(folder),
            "PULSE_SERVER": f"unix:{folder}/socket",
        }
        self._players = []
        self._daemon = None

    async def start(self):
        socket = self.folder / "socket"
        socket.unlink(missing_ok=True)
        modules = (
            f"module-native-protocol-unix auth-anonymous=1 socket={socket}",
            "module-null-sink sink_name=nobody",
            "module-stream-restore",
        )
        loads = [part for module in modules for part in ("-L", module)]
        options = ["--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
        self._daemon = subprocess.Popen(  # noqa: ASYNC220 - begun, not waited for
            ["pulseaudio", "-n", *options, *loads],
            env=os.environ | self.environ | {"HOME": str(self.folder)},
            stderr=subprocess.DEVNULL,
        )
        for _ in range(200):
            if socket.exists():
                return
            await asyncio.sleep(0.05)
        pytest.skip("PulseAudio does not start here")

    def stop(self):
        for player in self._players:
            player.kill()
            player.wait()
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon.wait()

    async def play(self, volume=1.0, name="radio", role="music"):
        """Play a minute of silence as a program of some name, from a volume (0 to 1) on."""
        file = self.folder / "music.wav"
        if not file.exists():
            soundfile.write(file, np.zeros(60 * 8000, np.int16), 8000)
        before = len(self.inputs())
        command = ["paplay", f"--volume={round(65536 * volume)}", f"--client-name={name}"]
        self._players.append(
            subprocess.Popen(  # noqa: ASYNC220 - begun, not waited for
                [*command, f"--property=media.role={role}", str(file)],
                env=os.environ | self.environ,
            )
        )
        for _ in range(100):
            if len(self.inputs()) > before:
                return self._players[-1]
            await asyncio.sleep(0.05)
        raise AssertionError("nothing plays")

    def control(self, *arguments):
        return subprocess.run(
            ["pactl", *arguments],
            env=os.environ | self.environ,
            check=True,
            capture_output=True,
            timeout=10,
            text=True,
        ).stdout

    def inputs(self):
        """Each stream's number and volume (percent), as another program sees them."""
        found = {}
        for block in self.control("list", "sink-inputs").split("Sink Input #")[1:]:
            percent = block.partition("Volume:")[2].partition("%")[0].split()[-1]
            found[int(block.split()[0])] = int(percent)
        return found
