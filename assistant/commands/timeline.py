"""One utterance on a time line, for a terminal: level, words as they came, and what happened when.

audio   ▁▁▂▅▇█▇▅▂▁▁▁▁▃▆█▇▆▅▃▁▁▁▁▁▁
words        turn on the kitchen light
events     W  S            ?u    !a
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

import numpy as np

from assistant import events
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE, Frame

_BARS = " ▁▂▃▄▅▆▇█"
_FLOOR_DB, _TOP_DB = -60.0, -10.0
_FRAME_S = FRAME_SAMPLES / SAMPLE_RATE
_MARKS: dict[type[events.Event], str] = {
    events.WakeDetected: "W",
    events.SpeechStarted: "S",
    events.SpeculativeEndpoint: "?",
    events.SpeculationReady: "u",
    events.SpeculationReset: "x",
    events.FinalEndpoint: "!",
    events.Action: "a",
}
LEGEND = (
    "In the pictures, bars are loudness; words stand where they were first heard,\n"
    "with ~ where that changed earlier ones; and the letters are\n"
    "  W the wake word was heard      S speech begins\n"
    "  ? it seems to be over          u understood, and held\n"
    "  x more came, thrown away       ! it is over\n"
    "  a acted"
)


@dataclass(slots=True)
class Levels:
    """Loudness of a stream, frame by frame, in decibels of full scale."""

    values: list[float] = field(default_factory=list)

    def add(self, frame: Frame) -> None:
        """Take the next 10 ms."""
        power = float(np.mean(np.square(frame.astype(np.float32) / 32768.0)))
        self.values.append(10.0 * np.log10(power + 1e-10))


def draw(levels: Sequence[float], happened: Iterable[events.Event], columns: int) -> list[str]:
    """The lines of the picture, `columns` wide without their titles."""
    happened = list(happened)
    last_s = max((event.audio_s for event in happened), default=0.0)
    length_s = max(len(levels) * _FRAME_S, last_s, _FRAME_S)
    scale = _Scale(length_s, columns)
    words = scale.rows(_words(happened))
    return [
        "audio   " + scale.bars(levels),
        *(title + row for title, row in zip_longest(["words   "], words, fillvalue=" " * 8)),
        "events  " + scale.texts(_marks(happened), gap=0),
        "seconds " + scale.texts([(second, str(second)) for second in range(int(length_s) + 1)]),
    ]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Seconds to columns."""

    length_s: float
    columns: int

    def column(self, at_s: float) -> int:
        return min(self.columns - 1, int(at_s / self.length_s * self.columns))

    def bars(self, levels: Sequence[float]) -> str:
        """The loudest frame of each column as a bar."""
        loudest = [_FLOOR_DB] * self.columns
        for index, level in enumerate(levels):
            column = self.column(index * _FRAME_S)
            loudest[column] = max(loudest[column], level)
        return "".join(map(_bar, loudest))

    def rows(self, placed: Iterable[tuple[float, str]]) -> list[str]:
        """Each text at its second or soon after it; on another row where it does not fit in one."""
        rows = [""]
        for at_s, text in placed:
            for piece in textwrap.wrap(text, self.columns):
                start = max(self.column(at_s), len(rows[-1]) + 1 if rows[-1] else 0)
                if start + len(piece) > self.columns:
                    start = min(self.column(at_s), self.columns - len(piece))
                    rows += [""] if rows[-1] else []
                rows[-1] = rows[-1].ljust(start) + piece
        return rows

    def texts(self, placed: Iterable[tuple[float, str]], gap: int = 1) -> str:
        """Each text at its second, or as soon after it as there is room."""
        line = ""
        for at_s, text in placed:
            if line:
                line += " " * gap
            line = line.ljust(self.column(at_s)) + text
        return line


def _bar(level_db: float) -> str:
    share = (level_db - _FLOOR_DB) / (_TOP_DB - _FLOOR_DB)
    return _BARS[round(min(1.0, max(0.0, share)) * (len(_BARS) - 1))]


def _words(happened: Iterable[events.Event]) -> list[tuple[float, str]]:
    """What each partial transcript added, where it came; a change of earlier words is marked."""
    placed: list[tuple[float, str]] = []
    before: list[str] = []
    for event in happened:
        if not isinstance(event, events.PartialTranscript):
            continue
        words = event.text.split()
        same = sum(1 for old, new in zip(before, words, strict=False) if old == new)
        grown = words[: len(before)] == before
        added = words[len(before) :] if grown else ["~" + word for word in words[same:][:1]]
        added += [] if grown else words[same + 1 :]
        placed.append((event.audio_s, " ".join(added)))
        before = words
    return placed


def _marks(happened: Iterable[events.Event]) -> list[tuple[float, str]]:
    return [(event.audio_s, mark) for event in happened if (mark := _MARKS.get(type(event)))]
