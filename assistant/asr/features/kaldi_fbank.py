"""Log-mel features as Kaldi computes them (Povey et al., 2011): icefall's models want these.

The options are those of lhotse's `Fbank`, which icefall trains with: 25 ms windows of Povey's
shape, mel bins from 20 Hz to 400 Hz below Nyquist, samples in -1 to 1, no dither. A window is
centred on its frame's 10 ms, so a frame waits for 8 ms of later samples; before the first sample
and after the last one the audio is mirrored (Kaldi's `snip_edges=false`).
"""

from __future__ import annotations

from typing import Final

import kaldi_native_fbank
import numpy as np
from numpy.typing import NDArray

from assistant.asr.features.whisper_mel import HOP, WINDOW
from assistant.asr.networks.network import Floats
from assistant.audio.source import SAMPLE_RATE

BEFORE: Final = (WINDOW - HOP) // 2
"""Samples that are mirrored before the first one: the first window begins so much earlier."""
AFTER: Final = WINDOW - BEFORE - HOP // 2
"""Samples that are mirrored after the last one: half of a frame's 10 ms heard make it count."""


class KaldiFrontEnd:
    """Kaldi's log-mel features with `mels` bins, up to `high_hz` (0 or less: from Nyquist)."""

    floor = float(np.log(np.finfo(np.float32).eps))

    def __init__(self, mels: int, high_hz: float = -400.0) -> None:
        options = kaldi_native_fbank.FbankOptions()
        options.frame_opts.samp_freq = SAMPLE_RATE
        options.frame_opts.dither = 0.0
        options.mel_opts.num_bins = mels
        options.mel_opts.high_freq = high_hz
        self._options = options
        self._mels = mels

    def open(self) -> KaldiStream:
        """Features for a new stream."""
        return KaldiStream(self)

    def frames(self, samples: Floats) -> Floats:
        """Features of all whole windows: float32 [n] in -1 to 1, to float32 [m, mels]."""
        # Made anew each time (0.2 ms): what it remembers could not be copied with a stream.
        computer = kaldi_native_fbank.OnlineFbank(self._options)
        computer.accept_waveform(SAMPLE_RATE, samples)
        frames = [computer.get_frame(number) for number in range(computer.num_frames_ready)]
        return np.array(frames, np.float32).reshape(-1, self._mels)


class KaldiStream:
    """The features of audio that arrives in pieces; the frames come out the same."""

    def __init__(self, front_end: KaldiFrontEnd) -> None:
        self._front_end = front_end
        self._samples = np.zeros(0, np.float32)
        self._before = BEFORE

    def accept(self, samples: NDArray[np.int16]) -> Floats:
        """Take int16 [n] and return the frames that are complete now, float32 [m, mels]."""
        audio = samples.astype(np.float32) / 32768.0
        self._samples = np.concatenate([self._samples, audio])
        if len(self._samples) < self._before:
            return self._front_end.frames(np.zeros(0, np.float32))
        return self._mirrored(after=0)

    def finish(self) -> Floats:
        """The frames whose windows reach beyond the last sample, float32 [m, mels]."""
        if not len(self._samples):
            return self._front_end.frames(self._samples)
        return self._mirrored(AFTER)

    def _mirrored(self, after: int) -> Floats:
        samples = np.pad(self._samples, (self._before, after), "symmetric")
        frames = self._front_end.frames(samples)
        self._before = 0
        self._samples = samples[len(frames) * HOP :]
        return frames
