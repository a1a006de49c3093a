"""Keeps recordings of commands, for someone who wants to know why one was misheard."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from assistant.asr.result import (
    BiasPhrase,
    Recogniser,
    RecogniserStream,
    RecognitionResult,
    Sentences,
)
from assistant.audio.source import SAMPLE_RATE

KEPT = 500
"""Recordings; the oldest make room. Some 60 MB."""
_LOG = logging.getLogger(__name__)


class RecordingRecogniser:
    """A recogniser that writes what it hears to a folder, an utterance a file."""

    def __init__(self, recogniser: Recogniser, folder: Path) -> None:
        self.name = recogniser.name
        self.sample_rate = recogniser.sample_rate
        self.silent = recogniser
        """The same without writing anything."""
        self._folder = folder

    def open(
        self,
        bias: Sequence[BiasPhrase] = (),
        sentences: Sentences | None = None,
        anchor: NDArray[np.int16] | None = None,
    ) -> RecogniserStream:
        """Start an utterance."""
        return _RecordingStream(self.silent.open(bias, sentences, anchor), self._folder)


def unrecorded(recogniser: Recogniser) -> Recogniser:
    """The same recogniser, which writes nothing of what it hears."""
    return recogniser.silent if isinstance(recogniser, RecordingRecogniser) else recogniser


class _RecordingStream:
    def __init__(self, stream: RecogniserStream, folder: Path) -> None:
        self._stream = stream
        self._folder = folder
        self._heard: list[NDArray[np.int16]] = []
        self.partial = stream.partial
        self.peek = stream.peek
        self.goes_on = stream.goes_on

    def accept(self, samples: NDArray[np.int16]) -> None:
        """Take the next samples, and keep them."""
        self._heard.append(samples)
        self._stream.accept(samples)

    def finish(self, until_s: float = math.inf) -> RecognitionResult:
        """The final result; what was heard is written by then, or a line in the log says why not.

        A full disk or a folder that may not be written is no reason not to answer.
        """
        try:
            _write(self._folder, np.concatenate(self._heard) if self._heard else _NOTHING)
        except (OSError, soundfile.LibsndfileError) as error:
            _LOG.warning("this command could not be recorded in %s: %s", self._folder, error)
        return self._stream.finish(until_s)


_NOTHING = np.empty(0, np.int16)


def _write(folder: Path, samples: NDArray[np.int16]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("command-*.wav"))[: 1 - KEPT]:
        old.unlink()
    moment = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")
    path = folder / f"command-{moment}.wav"
    try:
        soundfile.write(path, samples, SAMPLE_RATE, subtype="PCM_16")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
