"""The recognition of one utterance: a first pass while it is heard, and a second one over it."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.decoding.beam_search import Search
from assistant.asr.decoding.parts import LONGEST_PART, PART, Earlier, quietest
from assistant.asr.decoding.two_pass import FRAME_S, TwoPass
from assistant.asr.features.frontend import FeatureExtractor
from assistant.asr.features.whisper_mel import HOP
from assistant.asr.networks.model_folder import Model
from assistant.asr.networks.network import Floats, State
from assistant.asr.result import RecognitionResult, extends
from assistant.asr.trimming import before
from assistant.asr.turn_end import OUTPUTS

PLACED_LATE_S: Final = 0.15
"""A word may be placed so much later than it begins in the audio."""


class _Position:
    """Where a stream stands: features and encoder state and search, up to the same frame."""

    def __init__(self, model: Model, search: Search, two_pass: TwoPass) -> None:
        self.features: FeatureExtractor = model.front_end.open()
        self.frames: Floats = np.zeros((0, model.streaming.mels), np.float32)
        """Not yet decoded."""
        self.decoded: tuple[Floats, ...] = ()
        """All before them in this part of the utterance, if there are two passes; else nothing."""
        self._outputs: tuple[Floats, ...] = ()
        """What the encoder made of those."""
        self.last_outputs: Floats = np.zeros((0, 0), np.float32)
        """What it made of the last audio, across parts; at most `OUTPUTS` of them."""
        self.state: State = model.streaming.initial_state()
        self.search = search.copy()
        """Of this part."""
        self.earlier = Earlier.nothing(model.network.initial_state())
        self._at_first, self._two_pass = search, two_pass
        self._network = model.streaming
        self._twice = bool(model.network.whole_frames)
        self._floor = model.front_end.floor

    def copy(self) -> _Position:
        """A position that goes on by itself."""
        other = copy.copy(self)
        other.features = copy.copy(self.features)
        other.search = self.search.copy()
        return other

    def advance(self, samples: NDArray[np.int16]) -> None:
        """Take samples and decode the chunks that they complete."""
        self.frames = np.concatenate([self.frames, self.features.accept(samples)])
        network = self._network
        while len(self.frames) >= network.chunk_frames + network.look_ahead_frames:
            self._decode(network.chunk_frames)
            if sum(map(len, self.decoded)) > LONGEST_PART:
                self._end_part()

    def decoded_until(self, end_s: float) -> Floats:
        """What was decoded of this part, up to a second of the utterance: features [N, mels]."""
        frames, multiple = np.concatenate(self.decoded), self._network.frame_multiple
        left = (end_s - self.earlier.end_s) / FRAME_S
        if left >= len(frames):
            return frames
        return frames[: multiple * max(1, math.ceil(left / multiple))]

    def finish(self, samples: NDArray[np.int16]) -> None:
        """Take the last samples and decode everything, a last shorter chunk included."""
        self.advance(samples)
        self.frames = np.concatenate([self.frames, self.features.finish()])
        network = self._network
        left = len(self.frames)
        while left > 0:
            count = min(left, network.chunk_frames)
            count = -(-count // network.frame_multiple) * network.frame_multiple
            self._pad(count + network.look_ahead_frames)
            self._decode(count)
            left -= count

    def _pad(self, count: int) -> None:
        missing = max(0, count - len(self.frames))
        padding = np.full((missing, self.frames.shape[1]), self._floor, np.float32)
        self.frames = np.concatenate([self.frames, padding])

    def _decode(self, count: int) -> None:
        """Decode `count` frames, seen with those that the network looks ahead to."""
        window = self.frames[: count + self._network.look_ahead_frames]
        encoded, self.state = self._network.encode(window, self.state)
        last = [self.last_outputs, encoded] if len(self.last_outputs) else [encoded]
        self.last_outputs = np.concatenate(last)[-OUTPUTS:]
        if self._twice:
            self.decoded = (*self.decoded, self.frames[:count])
            self._outputs = (*self._outputs, encoded)
        self._search_on(encoded)
        self.frames = self.frames[count:]

    def _search_on(self, encoded: Floats) -> None:
        self.search.step(encoded)
        self.search.compact()

    def _end_part(self) -> None:
        """Hear the first part again, once and for all; the search goes on after it."""
        frames, outputs = np.concatenate(self.decoded), np.concatenate(self._outputs)
        per_output = self._network.frames_per_output
        count = quietest(frames, *PART) // per_output
        cut = count * per_output
        self.earlier = self._two_pass.after(frames[:cut], self.search, self.earlier)
        self.decoded, self._outputs = (frames[cut:],), (outputs[count:],)
        self.search = self._at_first.copy()
        self._search_on(outputs[count:])


class Stream:
    """The recognition of one utterance, by one search while it is heard and one at its end."""

    def __init__(self, model: Model, first: Search, two_pass: TwoPass) -> None:
        # Features are computed for whole chunks, so that results do not depend on how the audio
        # was cut, not even by a rounding error.
        self._chunk = model.streaming.chunk_frames * HOP
        self._waiting = np.zeros(0, np.int16)
        self._two_pass = two_pass
        self._turn_end = model.turn_end
        self._position = _Position(model, first, two_pass)
        self._result: RecognitionResult | None = None
        """Of the first pass."""
        self._looked: RecognitionResult | None = None
        """What the last peek gave."""
        self._spoken_since = False
        """Whether speech went on after that."""
        self._final: RecognitionResult | None = None
        self._final_until_s = math.inf
        self._decode_ms = 0.0

    def accept(self, samples: NDArray[np.int16]) -> None:
        """Take the next samples (16 kHz mono, any number of them).

        Raises:
            ValueError: the stream is finished.

        """
        if self._final is not None:
            raise ValueError("the stream is finished; open another")
        with self._timed():
            self._waiting = np.concatenate([self._waiting, samples])
            while len(self._waiting) >= self._chunk:
                self._position.advance(self._waiting[: self._chunk])
                self._waiting = self._waiting[self._chunk :]
                self._result = None

    def partial(self, until_s: float = math.inf) -> RecognitionResult:
        """The result so far: the last peek's as long as it stands, else that of the first pass."""
        result = self._final or self._standing(until_s) or self._first_pass()
        return before(result, until_s)

    def peek(self, until_s: float = math.inf) -> RecognitionResult:
        """The result for every sample heard; the stream goes on as if it had not been asked.

        It is what another peek gave where the first pass has heard nothing else since: then only
        silence has come, and there is nothing to wait for. Where somebody else has spoken since,
        that would spoil a new one.
        """
        result = self._settled(until_s)
        if result is None:
            with self._timed():
                position = self._position.copy()
                position.finish(self._waiting)
                over = self._over(position)
                result = replace(self._two_pass_result(position, until_s), turn_end=over)
        self._looked, self._spoken_since = result, False
        return before(result, until_s)

    def goes_on(self) -> None:
        """Speech goes on: the next peek is a new one, even where no words have come."""
        self._spoken_since = True

    def finish(self, until_s: float = math.inf) -> RecognitionResult:
        """The final result; the stream takes no more samples. It may be the last peek's."""
        if self._final is None:
            with self._timed():
                self._position.finish(self._waiting)
        if self._final is None or until_s != self._final_until_s:
            with self._timed():
                self._final = self._two_pass_result(self._position, until_s)
            self._final_until_s = until_s
        return before(self._settled(until_s) or self._final, until_s)

    def _first_pass(self) -> RecognitionResult:
        """Of the chunks decoded so far; made once a chunk."""
        if self._result is None:
            with self._timed():
                made = self._two_pass.made(self._position.search)
                self._result = self._told(self._position.earlier.before(made))
                self._two_pass.expect(self._result.text)
        return self._result

    def _standing(self, until_s: float) -> RecognitionResult | None:
        """What the last peek gave, as long as no more words have come since."""
        looked = self._looked
        if looked is None:
            return None
        words = before(self._final or self._first_pass(), until_s).text
        return looked if extends(looked.streaming_text or looked.text, words) else None

    def _settled(self, until_s: float) -> RecognitionResult | None:
        """What the last peek gave, if all that has come since is somebody else's."""
        if until_s == math.inf or self._spoken_since:
            return None
        return self._standing(until_s)

    def _two_pass_result(self, position: _Position, until_s: float) -> RecognitionResult:
        """The result of both passes, or of the first where there is no other.

        The second pass hears nothing of another voice that goes on after the user's.
        """
        earlier, first = position.earlier, position.search
        words = [*earlier.best.words, *self._two_pass.words(first)] if position.decoded else []
        if not words:
            return self._told(self._two_pass.made(first))
        text = " ".join(word.text for word in words)
        looked = None if self._spoken_since else self._looked
        if looked is not None and looked.streaming_text == text:
            return self._told(replace(looked, end_of_sentence=first.end_of_sentence))
        frames = position.decoded_until(until_s - PLACED_LATE_S)
        part = self._two_pass.decode(frames, first, earlier)
        return self._told(replace(earlier.before(part.result), streaming_text=text))

    def _over(self, position: _Position) -> float | None:
        """How likely it is, by how the last words were said, that the speaker is done."""
        if self._turn_end is None or not len(position.last_outputs):
            return None
        return self._turn_end.log_odds(position.last_outputs)

    def _told(self, result: RecognitionResult) -> RecognitionResult:
        return replace(result, decode_ms=self._decode_ms)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._decode_ms += 1000 * (time.perf_counter() - began)
