"""Recognisers that an evaluation can put side by side: Hearth and, where installed, others."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE
from assistant.config.hearing import RecogniserSettings


class System(Protocol):
    """A recogniser under evaluation."""

    name: str

    def transcribe(self, samples: NDArray[np.int16]) -> str:
        """The text of one utterance, int16 [n] at 16 kHz."""


class UnavailableError(Exception):
    """A system cannot run here; the message says what it needs."""


class Hearth:
    """A model folder, heard as a stream in 100 ms pieces, without favoured names."""

    def __init__(
        self, folder: Path, beam: int = RecogniserSettings().beam, runtime: str = "onnx"
    ) -> None:
        from assistant.asr.recogniser import load_recogniser  # noqa: PLC0415

        self.name = f"{folder.name} ({runtime}, beam {beam})"
        self._recogniser = load_recogniser(folder, beam=beam, runtime=runtime)

    def transcribe(self, samples: NDArray[np.int16]) -> str:
        """See `System`."""
        stream = self._recogniser.open()
        for start in range(0, len(samples), 1600):
            stream.accept(samples[start : start + 1600])
        return stream.finish().text


class Whisper:
    """OpenAI's Whisper (package `openai-whisper`) from a checkpoint file; hears all at once."""

    def __init__(self, checkpoint: Path) -> None:
        try:
            import whisper  # noqa: PLC0415
        except ImportError as error:
            raise UnavailableError("pip install openai-whisper") from error
        self.name = f"whisper {checkpoint.name}"
        self._model: Any = whisper.load_model(str(checkpoint), device="cpu")

    def transcribe(self, samples: NDArray[np.int16]) -> str:
        """See `System`."""
        audio = samples.astype(np.float32) / 32768.0
        result = self._model.transcribe(
            audio, language="en", fp16=False, temperature=0.0, without_timestamps=True
        )
        return str(result["text"])


class Vosk:
    """Vosk (package `vosk`) with a model folder; streaming."""

    def __init__(self, folder: Path) -> None:
        try:
            import vosk  # noqa: PLC0415
        except ImportError as error:
            raise UnavailableError("pip install vosk") from error
        vosk.SetLogLevel(-1)
        self.name = f"vosk {folder.name}"
        self._model: Any = vosk.Model(str(folder))
        self._open: Callable[[Any, int], Any] = vosk.KaldiRecognizer

    def transcribe(self, samples: NDArray[np.int16]) -> str:
        """See `System`."""
        recogniser = self._open(self._model, SAMPLE_RATE)
        recogniser.AcceptWaveform(samples.tobytes())
        return str(json.loads(recogniser.FinalResult())["text"])


class Moonshine:
    """Moonshine tiny (package `moonshine-voice`) from its folder; hears all at once.

    The wheel of version 0.0.65 has the model in `moonshine_voice/assets/tiny-en`.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import moonshine_voice  # noqa: PLC0415
        except ImportError as error:
            raise UnavailableError("pip install moonshine-voice==0.0.65") from error
        self.name = f"moonshine {folder.name}"
        tiny = moonshine_voice.ModelArch.TINY
        self._model: Any = moonshine_voice.Transcriber(str(folder), tiny)

    def transcribe(self, samples: NDArray[np.int16]) -> str:
        """See `System`."""
        audio = (samples.astype(np.float32) / 32768.0).tolist()
        heard = self._model.transcribe_without_streaming(audio, SAMPLE_RATE)
        return " ".join(line.text for line in heard.lines)


KINDS: dict[str, Callable[[Path], System]] = {
    "hearth": Hearth,
    "edge": partial(Hearth, runtime="edge"),
    "whisper": Whisper,
    "moonshine": Moonshine,
    "vosk": Vosk,
}


def load(description: str) -> System:
    """A system from `KIND:PATH`, for example `hearth:models/en-small`; `edge`: its `model.edge`."""
    kind, _, path = description.partition(":")
    if kind not in KINDS or not path:
        raise UnavailableError(
            f"'{description}' is not KIND:PATH with KIND one of {', '.join(KINDS)}"
        )
    if not Path(path).exists():
        raise UnavailableError(f"{path} does not exist")
    return KINDS[kind](Path(path))
