"""Training speech from free text-to-speech: flite, festival, RHVoice, pico, espeak-ng, Kokoro.

Few voices are free, so each is multiplied. A voice speaks slower or faster by a factor, and the
result is resampled by the same factor: the tempo comes out as it was while pitch and formants
move together, as they do between a small and a large speaker.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE

Samples = NDArray[np.int16]


class Voice(Protocol):
    """A speaker; `stretch` above 1 speaks slower."""

    program: ClassVar[str]
    """What has to be installed; nothing where a package speaks."""

    @property
    def name(self) -> str:
        """What tables of recordings call it."""

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

    program: ClassVar[str] = "flite"
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

    program: ClassVar[str] = "festival"
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

    program: ClassVar[str] = "espeak-ng"
    name: str

    def speak(self, texts: Sequence[str], stretch: float, pitch: float) -> Iterator[Path]:
        """See `Voice`."""
        speed, height = str(int(150 / stretch)), str(int(50 * pitch))
        run = ["espeak-ng", "-v", self.name, "-s", speed, "-p", height]
        return _one_by_one(texts, lambda text, file: [*run, "-w", file, text])


@dataclass(frozen=True, slots=True)
class RHVoice:
    """A voice of RHVoice, which speaks with statistical models of real speakers."""

    program: ClassVar[str] = "RHVoice-test"
    name: str

    def speak(self, texts: Sequence[str], stretch: float, pitch: float) -> Iterator[Path]:
        """See `Voice`."""
        speed, height = f"{100 / stretch:.0f}", f"{100 * pitch:.0f}"
        run = ["RHVoice-test", "-p", self.name, "-r", speed, "-t", height]
        return _one_by_one(texts, lambda _, file: [*run, "-o", file], piped=True)


@dataclass(frozen=True, slots=True)
class Pico:
    """A language of SVOX pico, one female voice each."""

    program: ClassVar[str] = "pico2wave"
    name: str

    def speak(self, texts: Sequence[str], stretch: float, pitch: float) -> Iterator[Path]:
        """See `Voice`."""
        speed, height = f"{100 / stretch:.0f}", f"{100 * pitch:.0f}"
        begin = f'<speed level="{speed}"><pitch level="{height}">'
        run = ["pico2wave", "-l", self.name]
        return _one_by_one(
            texts, lambda text, file: [*run, "-w", file, f"{begin}{text}</pitch></speed>"]
        )


_KOKORO_RATE = 24_000
_KOKORO_STYLES = (510, 1, 256)
"""A voice is a style vector for every length of a sentence in phonemes."""
_KOKORO_MOST = _KOKORO_STYLES[0] - 2


class KokoroNetwork:
    """Kokoro-82M, a neural synthesiser of many voices (StyleTTS 2; weights Apache-2.0).

    `folder` holds `kokoro-int8.onnx` and `voices/*.bin`; `docs/training.md` says where they are
    from. Each process loads it when it first speaks.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def speak(self, text: str, style: NDArray[np.float32], accent: str, speed: float) -> Samples:
        """One sentence, int16 at 24 kHz; cut off after 508 phonemes."""
        session, phonemes, numbers = _kokoro(self.folder)
        ids = [numbers[c] for c in phonemes[accent](text) if c in numbers][:_KOKORO_MOST]
        audio = session.run(
            None,
            {
                "tokens": np.array([[0, *ids, 0]], np.int64),
                "style": style[max(0, len(ids) - 1)],
                "speed": np.array([speed], np.float32),
            },
        )[0]
        return np.asarray(audio.squeeze().clip(-1, 1) * 32767, np.int16)

    def style(self, name: str) -> NDArray[np.float32]:
        """The style vectors of a voice."""
        raw = np.fromfile(self.folder / "voices" / f"{name}.bin", np.float32)
        return raw.reshape(_KOKORO_STYLES)


@lru_cache(maxsize=1)
def _kokoro(folder: Path) -> tuple[Any, dict[str, Callable[[str], str]], dict[str, int]]:
    """Network, the phonemes of American ("a") and British ("b") English, phonemes' numbers."""
    import hibari  # noqa: PLC0415
    import onnxruntime  # noqa: PLC0415
    from hibari.g2p import G2P  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / "kokoro-int8.onnx"), options)
    table = json.loads(Path(hibari.__file__).with_name("assets").joinpath("vocab.json").read_text())
    makers = {"a": G2P(), "b": G2P(british=True)}
    phonemes: dict[str, Callable[[str], str]] = {
        accent: partial(_joined, maker) for accent, maker in makers.items()
    }
    return session, phonemes, table.get("vocab", table)


def _joined(maker: Callable[[str], Any], text: str) -> str:
    made = maker(text)
    return made if isinstance(made, str) else "".join(made[0])


def _in_process(
    texts: Sequence[str], speak: Callable[[str], NDArray[np.generic]]
) -> Iterator[Path]:
    """Speak each text by a network; with a full stop, as one speaks a sentence."""
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            path = Path(folder, f"{number}.wav")
            soundfile.write(path, speak(f"{text}."), _KOKORO_RATE)
            yield path


@dataclass(frozen=True, slots=True)
class Kokoro:
    """A voice of Kokoro; with `other` of the same accent, halfway between two."""

    program: ClassVar[str] = ""
    name: str
    network: KokoroNetwork
    other: str = ""

    def speak(self, texts: Sequence[str], stretch: float, pitch: float) -> Iterator[Path]:
        """See `Voice`; the pitch is the voice's own."""
        del pitch
        style = self.network.style(self.name)
        if self.other:
            style = (style + self.network.style(self.other)) / np.float32(2)
        return _in_process(
            texts, lambda text: self.network.speak(text, style, self.name[0], 1 / stretch)
        )


@dataclass(frozen=True, slots=True)
class Hibari:
    """The one voice of hibari-tts, a small network that learned from Kokoro's; Apache-2.0."""

    program: ClassVar[str] = ""
    name: str = "hibari"

    def speak(self, texts: Sequence[str], stretch: float, pitch: float) -> Iterator[Path]:
        """See `Voice`; the pitch is the voice's own."""
        del pitch
        return _in_process(texts, lambda text: _hibari()(text, speed=1 / stretch))


@lru_cache(maxsize=1)
def _hibari() -> Any:  # noqa: ANN401
    from hibari import Hibari as Synthesiser  # noqa: PLC0415

    return Synthesiser(threads=1)


KOKORO_HELD_OUT = ("af_bella", "bm_george")


def kokoro_voices(folder: Path, *, held_out: bool) -> tuple[tuple[Voice, float], ...]:
    """The English voices of Kokoro in `folder`, and as much weight for what lies between two.

    For training there is twice as much of Hibari, which takes a fiftieth of their time.
    """
    network = KokoroNetwork(folder)
    found = sorted(path.stem for path in (folder / "voices").glob("[ab]?_*.bin"))
    names = [name for name in found if (name in KOKORO_HELD_OUT) == held_out]
    alone: tuple[tuple[Voice, float], ...] = tuple((Kokoro(name, network), 1.0) for name in names)
    if held_out:
        return alone
    pairs = [(a, b) for a in names for b in names if a < b and a[0] == b[0]]
    between = tuple((Kokoro(a, network, b), len(names) / len(pairs)) for a, b in pairs)
    return (*alone, *between, (Hibari(), 4.0 * len(names)))


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
    """Whether the programs of the voices that are only measured with are installed."""
    return not missing(voice for voice, _ in HELD_OUT_VOICES)


def missing(voices: Iterable[Voice]) -> list[str]:
    """The programs of some voices that are not installed."""
    programs = sorted({voice.program for voice in voices} - {""})
    return [program for program in programs if shutil.which(program) is None]


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
