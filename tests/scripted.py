"""A recogniser that follows a script, and the audio that goes with it.

Only for tests of what is around the recogniser: it writes each word some time after it was spoken
and shows partial results by the chunk, as a real streaming recogniser does.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from assistant.asr.result import RecognitionResult, extends
from assistant.asr.trimming import before
from assistant.audio.source import FRAME_SAMPLES, SAMPLE_RATE
from assistant.lattice.graph import Edge, Hypothesis, Lattice, Node, Word

CHUNK = 5120


class ArraySource:
    """An array as a source of frames."""

    def __init__(self, samples, name="array"):
        self.name = name
        self._samples = samples
        self.given = 0

    async def frames(self):
        for at in range(0, len(self._samples), FRAME_SAMPLES):
            frame = np.zeros(FRAME_SAMPLES, np.int16)
            part = self._samples[at : at + FRAME_SAMPLES]
            frame[: len(part)] = part
            self.given += FRAME_SAMPLES
            yield frame


class LoudnessVad:
    """Whatever is loud is speech."""

    def process(self, frame):
        return 1.0 if np.abs(frame).max() > 1000 else 0.0

    def reset(self):
        pass


def spoken(*stretches):
    """Audio of stretches ("speech" | "quiet", seconds)."""
    return np.concatenate(
        [
            np.full(round(length_s * SAMPLE_RATE), 8000 if kind == "speech" else 0, np.int16)
            for kind, length_s in stretches
        ]
    )


@dataclass
class Script:
    """Words and when each has been heard, counted from the stream's beginning.

    `final` replaces the words of the last result; `end_of_sentence` is given once all is said, and
    so is `turn_end`, but only at a look.
    """

    words: list[tuple[str, float]]
    final: str | None = None
    end_of_sentence: float = 0.9
    turn_end: float | None = None
    opened: list = field(default_factory=list)


class ScriptedRecogniser:
    name = "scripted"
    sample_rate = SAMPLE_RATE

    def __init__(self, *scripts):
        self._scripts = list(scripts)
        self.bias = []

    def open(self, bias=(), sentences=None, anchor=None):
        self.bias.append(tuple(bias))
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        return ScriptedStream(script)


class ScriptedStream:
    def __init__(self, script):
        self._script = script
        self._heard = 0
        self._looked = None

    def accept(self, samples):
        self._heard += len(samples)

    def partial(self, until_s=math.inf):
        partial = before(self._result(self._heard // CHUNK * CHUNK), until_s)
        looked = self._looked
        standing = looked is not None and extends(looked.text, partial.text)
        return before(looked, until_s) if standing else partial

    def peek(self, until_s=math.inf):
        looked = self._result(self._heard)
        all_said = len(looked.nbest[0].words) == len(self._script.words)
        self._looked = replace(looked, turn_end=self._script.turn_end if all_said else None)
        return before(self._looked, until_s)

    def goes_on(self):
        """Each look is a new one."""

    def finish(self, until_s=math.inf):
        if self._script.final is not None:
            return result(self._script.final.split(), 1.0)
        return self._result(self._heard)

    def _result(self, heard):
        words = [word for word, at_s in self._script.words if at_s <= heard / SAMPLE_RATE]
        over = len(words) == len(self._script.words)
        return result(words, self._script.end_of_sentence if over else 0.0)


def result(words, end_of_sentence=0.0, log_prob=-1.0):
    times = [Word(word, index * 0.3, index * 0.3 + 0.3) for index, word in enumerate(words)]
    nodes = tuple(Node(index, index * 0.3) for index in range(len(words) + 1))
    edges = tuple(Edge(index, index + 1, word, 0.0, 1.0) for index, word in enumerate(words))
    return RecognitionResult(
        nbest=(Hypothesis(tuple(times), log_prob),),
        lattice=Lattice(nodes, edges, 0, len(words)),
        end_of_sentence=end_of_sentence,
        decode_ms=1.0,
    )
