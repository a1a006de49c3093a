"""Training speech from free text-to-speech programs: flite, festival, RHVoice, pico, espeak-ng.

Few voices are free, so each is multiplied. A voice speaks slower or faster by a factor, and the
result is resampled by the same factor: the tempo comes out as it was while pitch and formants
move together, as they do between a small and a large speaker.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

SAMPLE_RATE = 16_000

Samples = NDArray[np.int16]


class Voice(Protocol):
    """A speaker; `stretch` above 1 speaks slower."""

    name: str

    def speak(self, texts: Sequence[str], stretch: float, pitch: float) -> Iterator[Path]:
        """One wave file a text, in order; the folder lives until the iterator ends."""


def _one_by_one(
    texts: Sequence[str], command: Callable[[str, str], Sequence[str]], *, piped: bool = False
) -> Iterator[Path]:
    """Speak each text by a program of its own: `command` of the text and the file to write.

    `piped`: the program reads the text from its standard input.
    """
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            path = Path(folder, f"{number}.wav")
            given = text.encode() if piped else None
            subprocess.run(command(text, str(path)), input=given, check=True, capture_output=True)
            yield path


@dataclass(frozen=True, slots=True)
class Flite:
    """A voice of flite; `f0_hz` is its mean pitch."""

    name: str
    f0_hz: float

    def speak(self, texts: Sequence[str], stretch: float, pitch: float) -> Iterator[Path]:
        """See `Voice`."""
        settings = {"duration_stretch": stretch, "int_f0_target_mean": self.f0_hz * pitch}
        options = [f for k, v in settings.items() for f in ("--setf", f"{k}={v:.3f}")]
        run = ["flite", "-voice", self.name, *options]
        return _one_by_one(texts, lambda text, file: [*run, "-t", text, "-o", file])


@dataclass(frozen=True, slots=True)
class Festival:
    """A voice of festival: one process speaks a whole batch, since loading a voice is slow."""

    name: str

    def speak(self, texts: Sequence[str], stretch: float, pitch: float) -> Iterator[Path]:
        """See `Voice`; the pitch of festival's voices is left as it is."""
        del pitch
        with tempfile.TemporaryDirectory() as folder:
            script = [f"(voice_{self.name})", f"(Parameter.set 'Duration_Stretch {stretch:.3f})"]
            paths = [Path(folder, f"{number}.wav") for number in range(len(texts))]
            script += [
                f'(utt.save.wave (utt.synth (Utterance Text "{text}")) "{path}" \'riff)'
                for text, path in zip(texts, paths, strict=True)
            ]
            file = Path(folder, "batch.scm")
            file.write_text("\n".join(script))
            subprocess.run(["festival", "-b", str(file)], check=False, capture_output=True)
            yield from paths


@dataclass(frozen=True, slots=True)
class Espeak:
    """A formant voice of espeak-ng: an accent with a speaker variant."""

    name: str

    def speak(self, texts: Sequence[str], stretch: float, pitch: float) -> Iterator[Path]:
        """See `Voice`."""
        speed, height = str(int(150 / stretch)), str(int(50 * pitch))
        run = ["espeak-ng", "-v", self.name, "-s", speed, "-p", height]
        return _one_by_one(texts, lambda text, file: [*run, "-w", file, text])


@dataclass(frozen=True, slots=True)
class RHVoice:
    """A voice of RHVoice, which speaks with statistical models of real speakers."""

    name: str

    def speak(self, texts: Sequence[str], stretch: float, pitch: float) -> Iterator[Path]:
        """See `Voice`."""
        speed, height = f"{100 / stretch:.0f}", f"{100 * pitch:.0f}"
        run = ["RHVoice-test", "-p", self.name, "-r", speed, "-t", height]
        return _one_by_one(texts, lambda _, file: [*run, "-o", file], piped=True)


@dataclass(frozen=True, slots=True)
class Pico:
    """A language of SVOX pico, one female voice each."""

    name: str

    def speak(self, texts: Sequence[str], stretch: float, pitch: float) -> Iterator[Path]:
        """See `Voice`."""
        speed, height = f"{100 / stretch:.0f}", f"{100 * pitch:.0f}"
        begin = f'<speed level="{speed}"><pitch level="{height}">'
        run = ["pico2wave", "-l", self.name]
        return _one_by_one(
            texts, lambda text, file: [*run, "-w", file, f"{begin}{text}</pitch></speed>"]
        )


TRAINING_VOICES: tuple[tuple[Voice, float], ...] = (
    (Flite("slt", 170.0), 2.5),
    (Flite("awb", 130.0), 2.5),
    (Flite("kal16", 105.0), 1.0),
    (Festival("kal_diphone"), 1.0),
    (Festival("cmu_us_slt_arctic_hts"), 1.5),
    (RHVoice("bdl"), 2.5),
    (RHVoice("clb"), 2.5),
    (RHVoice("alan"), 2.5),
    (Pico("en-US"), 2.5),
    (Pico("en-GB"), 2.5),
    *((Espeak(f"{accent}+{variant}"), 0.07)
      for accent in ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp")
      for variant in ("m1", "m3", "m4", "m7", "f2", "f3", "f4")),
)  # fmt: skip
"""Voices that training may hear, with their weights in the mix."""

HELD_OUT_VOICES: tuple[tuple[Voice, float], ...] = (
    (Flite("rms", 100.0), 1.0),
    (Festival("ked_diphone"), 1.0),
)
"""Voices that are only ever measured with."""


def available() -> bool:
    """Whether the programs are installed; `docs/training.md` has the command."""
    programs = ("flite", "festival", "RHVoice-test", "pico2wave", "espeak-ng")
    return all(shutil.which(program) for program in programs)


def synthesise(
    texts: Sequence[str],
    voices: Sequence[tuple[Voice, float]],
    seed: int,
    *,
    vary: bool = True,
    batch: int = 10,
) -> Iterator[tuple[str, str, Samples]]:
    """Yield (text, voice, int16 samples at 16 kHz) for each text, spoken by random voices."""
    rng = random.Random(seed)
    for start in range(0, len(texts), batch):
        chunk = texts[start : start + batch]
        voice = rng.choices([v for v, _ in voices], [w for _, w in voices])[0]
        shift = rng.uniform(0.86, 1.18) if vary else 1.0
        tempo = rng.uniform(0.82, 1.2) if vary else 1.0
        pitch = rng.uniform(0.85, 1.25) if vary else 1.0
        paths = voice.speak(chunk, tempo * shift, pitch)
        for text, path in zip(chunk, paths, strict=False):
            if path.exists() and (samples := _read(path, shift, rng)) is not None:
                yield text, voice.name, samples


def _read(path: Path, shift: float, rng: random.Random) -> Samples | None:
    """Samples at 16 kHz with the silence at both ends cut to a random length."""
    audio, rate = soundfile.read(path, dtype="float32")
    audio = soxr.resample(audio, rate * shift, SAMPLE_RATE, quality="QQ" if shift == 1 else "LQ")
    loud = np.flatnonzero(np.abs(audio) > 0.01)
    if len(loud) < SAMPLE_RATE // 10:
        return None
    lead, tail = (int(rng.uniform(*r) * SAMPLE_RATE) for r in ((0.1, 0.4), (0.2, 0.6)))
    speech = audio[max(0, loud[0] - lead) : loud[-1] + tail]
    pad = (max(0, lead - loud[0]), max(0, loud[-1] + tail - len(audio)))
    peak = float(np.abs(speech).max())
    return np.asarray(np.pad(speech, pad) * (0.5 / peak) * 32767, np.int16)
