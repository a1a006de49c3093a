"""The recogniser: audio in, hypotheses and a lattice out, chunk by chunk."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.bias import Biaser, NoBias, ShallowFusion
from assistant.asr.features import HOP
from assistant.asr.following import Follower, line_of
from assistant.asr.frontend import Features
from assistant.asr.internal_lm import InternalLanguageModel
from assistant.asr.lexicon import Lexicon
from assistant.asr.model_folder import Model, load_model
from assistant.asr.network import Floats, State, Writer
from assistant.asr.result import BiasPhrase, RecognitionResult
from assistant.asr.search import Search, SearchSettings, Vocabulary
from assistant.asr.second_pass import JUDGED, Panel, encode_whole
from assistant.asr.spelling import spelled
from assistant.lattice import pruned
from assistant.lattice_union import lattice_of

FRAME_S: Final = 0.01
LONGEST_FRAMES: Final = 3000
"""What is longer is not heard again: it is no command, and would take long."""
FIRST_BEAM: Final = 3
FIRST_NAMES: Final = 2
"""States of a first pass, and those within a name: enough to show words and to find the end."""
LISTS_KEPT: Final = 2
"""Lists of names that stay prepared: those of the home, and the wake word."""
DEFAULT_BOOST: Final = 0.6
"""Strength of biasing: natural log given for a letter of a listed name; see docs/names.md."""


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """How much a result says."""

    nbest: int = 10
    least_posterior: float = 1e-3
    """Lattice edges below it are left out."""


@dataclass(frozen=True, slots=True)
class Names:
    """A list of names, as searches want it."""

    biaser: Biaser
    lexicon: Lexicon
    listed: frozenset[str]
    """The words of the names."""


class TransducerRecogniser:
    """Opens streams over one model; use it from one thread at a time."""

    def __init__(
        self,
        model: Model,
        search: SearchSettings,
        boost: float = DEFAULT_BOOST,
        output: OutputSettings | None = None,
    ) -> None:
        self.model = model
        self.name = model.network.name
        self.sample_rate = model.network.sample_rate
        self.search = search
        self.output = output or OutputSettings()
        self._first = narrow(search) if model.network.whole_frames else search
        self.vocabulary = Vocabulary(model.network)
        self._boost = boost
        self._expected = InternalLanguageModel(model.network)
        self._names = lru_cache(LISTS_KEPT)(self._names_of)

    def open(self, bias: Sequence[BiasPhrase] = ()) -> Stream:
        """Start an utterance; the tree of names is made anew only when they have changed."""
        names = self._names(tuple(bias))
        return Stream(
            self, names, self._search(self._first, names), self._search(self.search, names)
        )

    def following(self, texts: Sequence[str], names: Names) -> Follower:
        """What scores the texts; those that the tokens cannot write are left out."""
        cut = self._expected.usual_cut
        lines = [line_of(t, cut, self.vocabulary, names.biaser, names.lexicon) for t in texts]
        return Follower(self.vocabulary, self.search.symbols, [line for line in lines if line])

    def _search(self, settings: SearchSettings, names: Names) -> Search:
        return Search(self.vocabulary, settings, names.biaser, names.lexicon)

    def _names_of(self, phrases: tuple[BiasPhrase, ...]) -> Names:
        listed = frozenset(words_of(phrases))
        lexicon = Lexicon(self.model.network.pieces, self.model.words, listed)
        return Names(self._fusion(phrases), lexicon, listed)

    def _fusion(self, phrases: Sequence[BiasPhrase]) -> Biaser:
        if not phrases or self._boost <= 0:
            return NoBias()
        pieces = self.model.network.pieces
        return ShallowFusion(pieces, phrases, self._boost, self._expected.improbability)


def narrow(settings: SearchSettings) -> SearchSettings:
    """Those of a first pass: what it misses, the second one can still find."""
    return replace(settings, beam=min(settings.beam, FIRST_BEAM), names=FIRST_NAMES)


def words_of(phrases: Sequence[BiasPhrase]) -> Iterator[str]:
    """The words of names, and of what they sound like, as the recogniser writes them."""
    for phrase in phrases:
        for text in (phrase.text, *phrase.sounds_like):
            yield from spelled(text).split()


class _Position:
    """Where a stream stands: features and encoder state and search, up to the same frame."""

    def __init__(self, model: Model, search: Search) -> None:
        self.features: Features = model.front_end.open()
        self.frames: Floats = np.zeros((0, model.network.mels), np.float32)
        """Not yet decoded."""
        self.decoded: tuple[Floats, ...] = ()
        """All before them, as long as they may be heard again; else nothing."""
        self._kept_frames = LONGEST_FRAMES if model.network.whole_frames else 0
        self.state: State = model.network.initial_state()
        self.search = search
        self._network = model.network
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
        self._kept_frames -= count
        self.decoded = (*self.decoded, self.frames[:count]) if self._kept_frames >= 0 else ()
        encoded, self.state = self._network.encode(window, self.state)
        for vector in encoded:
            self.search.step(vector)
        self.search.compact()
        self.frames = self.frames[count:]


class Stream:
    """The recognition of one utterance, by one search while it is heard and one at its end."""

    def __init__(
        self, recogniser: TransducerRecogniser, names: Names, first: Search, second: Search
    ) -> None:
        network = self._network = recogniser.model.network
        self._output = recogniser.output
        self._output_s = network.frames_per_output * FRAME_S
        # Features are computed for whole chunks, so that results do not depend on how the audio
        # was cut, not even by a rounding error.
        self._chunk = network.chunk_frames * HOP
        self._waiting = np.zeros(0, np.int16)
        self._second = second
        self._names, self._following = names, recogniser.following
        self._position = _Position(recogniser.model, first)
        self._result: RecognitionResult | None = None
        self._decode_ms = 0.0
        self._finished = False

    def accept(self, samples: NDArray[np.int16]) -> None:
        """Take the next samples (16 kHz mono, any number of them).

        Raises:
            ValueError: the stream is finished.

        """
        if self._finished:
            raise ValueError("the stream is finished; open another")
        with self._timed():
            self._waiting = np.concatenate([self._waiting, samples])
            while len(self._waiting) >= self._chunk:
                self._position.advance(self._waiting[: self._chunk])
                self._waiting = self._waiting[self._chunk :]
                self._result = None

    def partial(self) -> RecognitionResult:
        """The result for the chunks decoded so far; made once a chunk."""
        if self._result is None:
            with self._timed():
                self._result = self._made(self._position.search)
        return self._result

    def peek(self, earlier: RecognitionResult | None = None) -> RecognitionResult:
        """The result for every sample heard; the stream goes on as if it had not been asked.

        It is `earlier`, what another peek gave, where the first pass has heard nothing else since:
        then only silence has come, and there is nothing to wait for.
        """
        with self._timed():
            position = self._position.copy()
            position.finish(self._waiting)
            return self._heard_again(position, earlier)

    def finish(self, earlier: RecognitionResult | None = None) -> RecognitionResult:
        """The final result; the stream takes no more samples. `earlier` is as in `peek`."""
        if not self._finished:
            with self._timed():
                self._position.finish(self._waiting)
                self._result = self._heard_again(self._position, earlier)
            self._finished = True
        return self.partial()

    def _heard_again(
        self, position: _Position, earlier: RecognitionResult | None
    ) -> RecognitionResult:
        """The result of the second pass, or of the first where there is no other."""
        first = position.search
        heard_first = first.graph(self._output_s).nbest(1)[0].text if position.decoded else ""
        if not heard_first:
            return self._made(first)
        end = first.end_of_sentence
        if earlier is not None and earlier.heard_first == heard_first:
            return replace(earlier, end_of_sentence=end, decode_ms=self._decode_ms)
        search = self._second.copy()
        outputs, inner = encode_whole(self._network, np.concatenate(position.decoded))
        for vector in outputs:
            search.step(vector)
        writer = self._network.writer
        result = (
            self._made(search) if writer is None else self._agreed(search, outputs, writer, inner)
        )
        return replace(result, end_of_sentence=end, heard_first=heard_first)

    def _agreed(
        self, search: Search, outputs: Floats, writer: Writer, inner: Floats
    ) -> RecognitionResult:
        """A search's hypotheses with the attention decoder's texts among them, judged by both."""
        panel = Panel(writer, inner, self._names.listed)
        own = search.graph(self._output_s).nbest(self._output.nbest)[:JUDGED]
        found = self._following(panel.proposals(own), self._names).scored(outputs, self._output_s)
        both = {each.text: each for each in (*found, *own)}
        ranked = panel.ranked(list(both.values()))
        return RecognitionResult(
            nbest=tuple(ranked[: self._output.nbest]),
            lattice=pruned(lattice_of(ranked), self._output.least_posterior),
            end_of_sentence=search.end_of_sentence,
            decode_ms=self._decode_ms,
        )

    def _made(self, search: Search) -> RecognitionResult:
        graph = search.graph(self._output_s)
        return RecognitionResult(
            nbest=graph.nbest(self._output.nbest),
            lattice=graph.lattice(self._output.least_posterior),
            end_of_sentence=search.end_of_sentence,
            decode_ms=self._decode_ms,
        )

    @contextmanager
    def _timed(self) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._decode_ms += 1000 * (time.perf_counter() - began)


def load_recogniser(
    folder: Path,
    *,
    beam: int = 4,
    runtime: str = "onnx",
    boost: float = DEFAULT_BOOST,
    attention_decoder: bool = True,
) -> TransducerRecogniser:
    """Load the model in a folder; `runtime` is `auto`, `onnx` or `edge`.

    Without `attention_decoder` a model that has one is used as if it had none.

    Raises:
        ModelError: the folder holds no usable model; the message says what to do.

    """
    model = load_model(folder, runtime, attention_decoder=attention_decoder)
    return TransducerRecogniser(model, SearchSettings(beam=beam, symbols=model.symbols), boost)
