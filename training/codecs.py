"""Speech codecs: what telephones, radio headsets and compressed recordings leave of speech.

A round trip through a codec keeps the length of the speech and the place of every sound in it, so
labels, alignments and what a teacher hears stay true.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
import soundfile
from scipy.signal import butter, resample_poly, sosfiltfilt

from assistant.asr.networks.network import Floats
from assistant.audio.source import SAMPLE_RATE

TELEPHONE_RATE: Final = 8_000
TELEPHONE_HZ: Final = (300.0, 3400.0)
"""What a telephone line lets through (ITU-T G.712)."""


@dataclass(frozen=True, slots=True)
class Codec:
    """A codec of libsndfile's, and how hard it may compress."""

    name: str
    container: str
    subtype: str
    levels: tuple[float, float] | None = None
    """Of libsndfile's compression levels, 0 to 1, those drawn from; a telephone's has none."""

    @property
    def rate(self) -> int:
        """Of the speech that it encodes."""
        return SAMPLE_RATE if self.levels else TELEPHONE_RATE

    def round_trip(self, audio: Floats, rng: np.random.Generator) -> Floats:
        """Speech float32 [n] in -1 to 1 as it is heard at the other end, at a random bit rate."""
        if not len(audio):
            return audio
        level = rng.uniform(*self.levels) if self.levels else None
        sent = audio if self.levels else _to_telephone(audio)
        file = io.BytesIO()
        soundfile.write(
            file,
            sent,
            self.rate,
            format=self.container,
            subtype=self.subtype,
            compression_level=level,
        )
        file.seek(0)
        received, _ = soundfile.read(file, dtype="float32")
        if not self.levels:
            received = resample_poly(received, SAMPLE_RATE // TELEPHONE_RATE, 1)
        # A codec of whole frames gives back a little more than it was given.
        heard = np.zeros_like(audio)
        heard[: len(received)] = received[: len(audio)].clip(-1.0, 1.0)
        return heard


CODECS: Final = (
    Codec("G.711 mu-law", "WAV", "ULAW"),
    Codec("G.711 A-law", "WAV", "ALAW"),
    Codec("GSM 6.10", "WAV", "GSM610"),
    Codec("Opus", "OGG", "OPUS", (0.93, 1.0)),
    Codec("Vorbis", "OGG", "VORBIS", (0.8, 1.0)),
    Codec("MP3", "MP3", "MPEG_LAYER_III", (0.7, 0.95)),
)
"""Opus at 24 to 6 kbit/s, Vorbis at about 35 to 30, MP3 at about 29 to 23."""


def through_codec(audio: Floats, rng: np.random.Generator) -> Floats:
    """Speech float32 [n] in -1 to 1 as it comes out of a random codec."""
    return CODECS[rng.integers(len(CODECS))].round_trip(audio, rng)


def _to_telephone(audio: Floats) -> Floats:
    """What a telephone line lets through, at its rate; the filter runs both ways: no delay."""
    low_hz, high_hz = TELEPHONE_HZ
    band = butter(2, (low_hz, high_hz), "bandpass", fs=SAMPLE_RATE, output="sos")
    # At the ends a filter that runs both ways pads by as much as there is.
    passed = sosfiltfilt(band, audio, padlen=min(len(audio) - 1, 320))
    return np.asarray(resample_poly(passed, 1, SAMPLE_RATE // TELEPHONE_RATE), np.float32)
