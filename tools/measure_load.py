"""Hearth beside a music player and a busy program, on one core: what is lost, and how late it is.

    python tools/measure_load.py [--core 0] [--hogs 1]

On less than that, such as a quarter of the time of one core of a quick machine, under systemd:

    systemd-run --user --scope -p CPUQuota=25% python tools/measure_load.py

A PulseAudio of its own has two null sinks: one stands for the loudspeaker, where `pacat` plays
music, one for the room, whose monitor is the microphone of a real `assistant run`. The recordings
of the demo are played into the room one after another, as they would be spoken. All processes
share one core with `--hogs` programs that do nothing else than use it. Prints how often the music
ran dry, how often audio of the microphone was lost, how often words were not looked at early, which
commands were carried out, and how long after the last sound.

Needs PulseAudio with its tools, ALSA's plugin for it (libasound2-plugins) and the extra `mic`.
"""

# ruff: noqa: INP001, S101, S603, S607, T201 - a script, not part of a package
from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[1]
ALSA = """
pcm.room { type pulse device "room.monitor" hint { show on } }
pcm.!default { type pulse }
"""
CONFIG = """
audio: {device: room}
replies: {engine: none}
home: {kind: demo}
wake: {words: [alexa, okay_nabu]}
"""
MUSIC_S = 300
WAITED_S = 12.0
"""Who is not answered by then gives up."""
READY_S = 120.0


@dataclass
class Log:
    """What a program writes, line by line, each with the second at which it came."""

    lines: list[tuple[float, str]] = field(default_factory=list)

    def follow(self, process: subprocess.Popen[str]) -> None:
        """Take down all that comes from now on."""
        threading.Thread(target=self._read, args=(process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.lines.append((time.monotonic(), line.rstrip()))

    def count(self, words: str) -> int:
        """Lines with these words."""
        return sum(words in line for _, line in list(self.lines))

    def first(self, words: str, since_s: float) -> float | None:
        """When a line with these words first came after a moment."""
        return next((at for at, line in list(self.lines) if at >= since_s and words in line), None)


def main() -> int:
    """Print what was lost and how late answers were."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--hogs", type=int, default=1)
    parser.add_argument("--log", action="store_true", help="print what Hearth says, too")
    args = parser.parse_args()
    os.sched_setaffinity(0, {args.core})
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        environ = os.environ | sound_server(Path(folder), stack)
        music, heard = Log(), Log()
        _, playing = started(stack, ["pacat", "-v", *played_as(Path(folder))], environ, music)
        config = Path(folder) / "config.yaml"
        config.write_text(CONFIG, "utf-8")
        environ["XDG_STATE_HOME"] = folder
        command = [sys.executable, "-m", "assistant", "run", "--config", str(config)]
        started(stack, command, environ, heard)
        until_ready(heard)
        for _ in range(args.hogs):
            started(stack, [sys.executable, "-c", "while True: pass"], environ)
        late_s = list(commands(heard, environ))
        print(
            f"{args.hogs} busy programs on the same core: music ran dry "
            f"{music.count('underrun')} times; audio of the microphone lost "
            f"{heard.count('audio was lost')} times; words not looked at early "
            f"{heard.count('does not keep up: ')} times"
        )
        if args.log:
            print("\n".join(line for _, line in heard.lines))
        done_s = [each for each in late_s if each is not None]
        if done_s:
            print(
                f"{len(done_s)} of {len(late_s)} carried out, {statistics.median(done_s):.2f} s "
                f"after the last sound (median), {max(done_s):.2f} s at most"
            )
        return 0 if done_s and playing.poll() is None else 1


def sound_server(folder: Path, stack: contextlib.ExitStack) -> dict[str, str]:
    """Start PulseAudio with its two sinks; the variables by which it is found."""
    (folder / "asound.conf").write_text(ALSA, "utf-8")
    environ = {
        "XDG_RUNTIME_DIR": str(folder),
        "PULSE_RUNTIME_PATH": str(folder),
        "PULSE_SERVER": f"unix:{folder}/socket",
        "ALSA_CONFIG_PATH": f"{folder}/asound.conf",
        "HOME": str(folder),
    }
    modules = [f"module-native-protocol-unix auth-anonymous=1 socket={folder}/socket"]
    modules += [f"module-null-sink sink_name={sink} rate=16000" for sink in ("speaker", "room")]
    loaded = [part for module in modules for part in ("-L", module)]
    options = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
    started(stack, ["pulseaudio", *options, *loaded], os.environ | environ)
    while not (folder / "socket").exists():
        time.sleep(0.05)
    return environ


def played_as(folder: Path) -> list[str]:
    """Music as arguments of pacat: a chord that swells, with 50 ms of it ready at any time."""
    rate = 16_000
    at_s = np.arange(MUSIC_S * rate) / rate
    chord = sum(np.sin(2 * np.pi * hz * at_s) for hz in (220.0, 277.2, 329.6))
    sound = 0.2 * chord * (0.6 + 0.4 * np.sin(2 * np.pi * 0.2 * at_s))
    (folder / "music.raw").write_bytes((8000 * sound).astype("<i2").tobytes())
    form = ["--format=s16le", f"--rate={rate}", "--channels=1", "--latency-msec=50"]
    return ["--playback", "--device=speaker", *form, "--raw", str(folder / "music.raw")]


def started(
    stack: contextlib.ExitStack, command: list[str], environ: dict[str, str], log: Log | None = None
) -> tuple[Log | None, subprocess.Popen[str]]:
    """A program that ends with the stack; its standard error goes to the log."""
    errors = subprocess.PIPE if log else subprocess.DEVNULL
    process = subprocess.Popen(
        command, env=environ, cwd=ROOT, text=True, stdout=subprocess.DEVNULL, stderr=errors
    )
    if log:
        log.follow(process)
    stack.callback(_end, process)
    return log, process


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()


def until_ready(log: Log) -> None:
    """Wait until the service listens; ends the program where it does not."""
    until_s = time.monotonic() + READY_S
    while not log.count("listening for"):
        if time.monotonic() > until_s:
            sys.exit("assistant run does not listen:\n" + "\n".join(x for _, x in log.lines))
        time.sleep(0.1)


def commands(log: Log, environ: dict[str, str]) -> Iterator[float | None]:
    """Play each recording; seconds from its last sound until it was done, if it was."""
    for path in sorted((ROOT / "demo").glob("*.ogg")):
        samples, rate = soundfile.read(path, dtype="float32")
        last_s = float(np.flatnonzero(np.abs(samples) > 0.05 * np.abs(samples).max())[-1]) / rate
        began_s, answered = time.monotonic(), log.count("answered")
        subprocess.run(["paplay", "--device=room", str(path)], env=environ, check=True)
        # When paplay has ended all has been played; when it began is known less well.
        ended_s = time.monotonic()
        last_s = ended_s - (len(samples) / rate - last_s)
        while time.monotonic() < ended_s + WAITED_S and not log.count("answered") > answered:
            time.sleep(0.1)
        answer_s = log.first("answer:", began_s)
        done_s = None if answer_s is None else answer_s - last_s
        print(f"{path.name}: {'not done' if done_s is None else f'{done_s:.2f} s'}", flush=True)
        yield done_s


if __name__ == "__main__":
    sys.exit(main())
