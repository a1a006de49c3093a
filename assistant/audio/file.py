"""Audio files: whatever `soundfile` reads, at any rate, with any number of channels."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
from numpy.typing import NDArray

from assistant.audio.clock import Clock, MonotonicClock
from assistant.audio.frames import Framer, paced
from assistant.audio.resample import Resampler
from assistant.audio.source import AudioError, Frame

BLOCK_S = 0.5
"""Decoded at a time, in a thread; this and not the file's length bounds the memory."""
BLOCK_VALUES = 1 << 20
"""At most this many values a block, whatever rate and channels a file claims to have."""

Pace = Literal["fast", "realtime"]
_LOG = logging.getLogger(__name__)


class FileSource:
    """An audio file as a stream: all at once (`fast`) or as if it were spoken (`realtime`)."""

    def __init__(self, path: Path | str, pace: Pace = "fast", clock: Clock | None = None) -> None:
        self.name = str(path)
        self._path = Path(path)
        self._pace = pace
        self._clock = clock or MonotonicClock()

    def frames(self) -> AsyncIterator[Frame]:
        """The file from its beginning; raises `AudioError` if there is nothing to play."""
        frames = self._decoded()
        return paced(frames, self._clock) if self._pace == "realtime" else frames

    async def _decoded(self) -> AsyncIterator[Frame]:
        decoder = await asyncio.to_thread(_Decoder, self._path)
        framer = Framer()
        try:
            while (samples := await asyncio.to_thread(decoder.next_block)) is not None:
                for frame in framer.cut(samples):
                    yield frame
            for frame in framer.flush():
                yield frame
        finally:
            decoder.close()


class _Decoder:
    """Blocks of 16 kHz samples from one open file. Blocking: call it in a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _open(path)
        rate, channels = self._file.samplerate, self._file.channels
        self._resampler = Resampler(rate, channels)
        self._block_frames = max(1, min(round(rate * BLOCK_S), BLOCK_VALUES // channels))
        self._read_frames = 0
        self._ended = False
        self._lock = threading.Lock()

    def next_block(self) -> NDArray[np.int16] | None:
        """int16 [n], maybe empty; `None` at the end."""
        with self._lock:
            if self._ended:
                return None
            block = self._read()
            self._read_frames += len(block)
            self._ended = len(block) < self._block_frames
            if not self._read_frames:
                raise AudioError("audio_empty", f"{self._path}: holds no audio; record it again")
            return self._resampler.convert(block, last=self._ended)

    def close(self) -> None:
        """Close the file; waits for a block that is being read, for libsndfile would crash."""
        with self._lock:
            self._ended = True
            self._file.close()

    def _read(self) -> NDArray[np.float32]:
        try:
            block: NDArray[np.float32] = self._file.read(
                self._block_frames, dtype="float32", always_2d=True
            )
        except (soundfile.LibsndfileError, RuntimeError) as error:
            heard_s = self._read_frames / self._file.samplerate
            _LOG.warning("%s is damaged after %.1f s: %s", self._path, heard_s, _reason(error))
            return np.empty((0, self._file.channels), np.float32)
        return block


def _open(path: Path) -> soundfile.SoundFile:
    _check(path)
    try:
        return soundfile.SoundFile(path)
    except PermissionError:
        message = f"{path}: not allowed to read this file; check its permissions"
        raise AudioError("audio_forbidden", message) from None
    except TypeError:
        message = f"{path}: raw PCM says nothing of its format; send it to standard input instead"
        raise AudioError("audio_format", message) from None
    except (soundfile.LibsndfileError, OSError, RuntimeError, ValueError) as error:
        message = f"{path}: not an audio file that can be read ({_reason(error)}); try WAV or FLAC"
        raise AudioError("audio_format", message) from None


def _check(path: Path) -> None:
    """What libsndfile words badly or not at all."""
    try:
        size = path.stat().st_size
    except OSError as error:
        message = f"{path}: {error.strerror or error}; check the path"
        raise AudioError("audio_missing", message) from None
    if path.is_dir():
        raise AudioError("audio_directory", f"{path}: is a directory; name the files in it")
    if not path.is_file():
        message = f"{path}: not a regular file; send raw audio to standard input instead"
        raise AudioError("audio_format", message)
    if not size:
        raise AudioError("audio_empty", f"{path}: the file is empty; record it again")


def _reason(error: Exception) -> str:
    """What libsndfile says, without the file's name in front of it."""
    text = getattr(error, "error_string", "") or str(error)
    return str(text).strip().rstrip(".")


async def read_samples(name: str) -> NDArray[np.int16]:
    """A file's audio, int16 at 16 kHz; raises `AudioError`."""
    return np.concatenate([frame async for frame in FileSource(name).frames()])
