"""The recogniser: audio in, hypotheses and a lattice out, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.asr.biasing.heard_names import HeardNames, evidence, proposed
from assistant.asr.biasing.internal_lm import InternalLanguageModel
from assistant.asr.biasing.phonemes import side_by_side
from assistant.asr.biasing.pronunciation import Pronunciations
from assistant.asr.biasing.shallow_fusion import Biaser, NoBias, ShallowFusion
from assistant.asr.decoding.beam_search import Search, SearchSettings
from assistant.asr.decoding.sentence_search import SentenceSearch
from assistant.asr.decoding.transcript_scorer import TranscriptScorer, tokenised
from assistant.asr.decoding.two_pass import FRAME_S, Favouring, TwoPass
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.features.frontend import WhisperFrontEnd
from assistant.asr.features.voice_filter import OneVoice, VoiceFilter
from assistant.asr.networks.model_folder import Model, load_model
from assistant.asr.networks.network import Floats
from assistant.asr.result import BiasPhrase, HeardName, OutputSettings, Sentences
from assistant.asr.stream import Stream
from assistant.asr.vocabulary.lexicon import Lexicon
from assistant.asr.vocabulary.spelling import spelled

FIRST_BEAM: Final = 3
FIRST_NAMES: Final = 2
"""States of a first pass, and those within a name: enough to show words and to find the end."""
LISTS_KEPT: Final = 5
"""Lists of names that stay prepared: those of the home, and a few wake words."""
NETWORKS_KEPT: Final = 2
"""Networks of sentences that are walked with tokens."""
DEFAULT_BOOST: Final = 0.6
"""Strength of biasing: natural log given for a letter of a listed name; see docs/names.md."""


@dataclass(frozen=True, slots=True)
class Names:
    """A list of names, as searches want it."""

    biaser: Biaser
    lexicon: Lexicon
    listed: frozenset[str]
    """The words of the names."""
    heard: HeardNames | None = None
    """What finds those that an utterance may say; without it all are favoured."""


class TransducerRecogniser:
    """Opens streams over one model; use it from one thread at a time."""

    def __init__(
        self,
        model: Model,
        search: SearchSettings,
        boost: float = DEFAULT_BOOST,
        output: OutputSettings | None = None,
        voice_filter: VoiceFilter | None = None,
    ) -> None:
        self.model = model
        self._voice_filter = voice_filter
        self.name = model.network.name
        self.sample_rate = model.network.sample_rate
        self.search = search
        self.output = output or OutputSettings()
        self._first = narrow(search) if model.network.whole_frames else search
        self.vocabulary = Vocabulary(model.network)
        self._streaming = Vocabulary(model.first_pass) if model.first_pass else self.vocabulary
        self._boost = boost
        self._expected = InternalLanguageModel(model.network)
        self._pronunciations = Pronunciations(model.pronunciations)
        self.prepared = lru_cache(LISTS_KEPT)(self._names_of)
        self._sentences = lru_cache(NETWORKS_KEPT)(self._sentences_of)

    def open(
        self,
        bias: Sequence[BiasPhrase] = (),
        sentences: Sentences | None = None,
        anchor: NDArray[np.int16] | None = None,
    ) -> Stream:
        """Start an utterance; the tree of names is made anew only when they have changed."""
        names = self.prepared(tuple(bias))
        two_pass = TwoPass(
            self.vocabulary,
            partial(self._favouring, names),
            self.output,
            sentences=None if sentences is None else self._sentences(sentences),
            cleaned=None if anchor is None else self.one_voice(anchor),
        )
        first = Search(self._streaming, self._first, names.biaser, names.lexicon)
        return Stream(self.model, first, two_pass)

    def one_voice(self, anchor: NDArray[np.int16]) -> OneVoice | None:
        """What leaves the voice of the anchor in an utterance; `None` if that cannot be told."""
        if self._voice_filter is None:
            return None
        heard = self._voice_filter.anchor(anchor)
        return None if heard is None else OneVoice(self._voice_filter, heard)

    def transcript_scorer(self, texts: Sequence[str], names: Names) -> TranscriptScorer:
        """What scores the texts; those that the tokens cannot write are left out."""
        cut = self._expected.usual_cut
        known = [tokenised(t, cut, self.vocabulary, names.biaser, names.lexicon) for t in texts]
        most = self.search.max_symbols_per_frame
        return TranscriptScorer(self.vocabulary, most, [each for each in known if each])

    def _names_of(self, phrases: tuple[BiasPhrase, ...]) -> Names:
        listed = frozenset(words_of(phrases))
        lexicon = Lexicon(self.model.network.tokens, self.model.words, listed)
        network = self.model.phonemes
        heard = None
        if network is not None and phrases:
            output_s = self.model.network.frames_per_output * FRAME_S
            heard = HeardNames(network, phrases, self._pronunciations, output_s)
        return Names(self._fusion(phrases), lexicon, listed, heard)

    def _favouring(self, listed: Names, outputs: Floats, inner: Floats) -> Favouring:
        """How a part is searched: with the names that it may say, where something can tell."""
        names, said = listed, tuple[HeardName, ...]()
        if listed.heard is not None:
            said = tuple(listed.heard.said(side_by_side(outputs, inner)))
            phrases = listed.heard.favoured(said)
            words = frozenset(words_of(phrases))
            names = replace(listed, biaser=self._fusion(phrases), listed=words)
        return Favouring(
            Search(self.vocabulary, self.search, names.biaser, names.lexicon),
            partial(self.transcript_scorer, names=names),
            names.listed,
            partial(proposed, said=said),
            partial(evidence, said=said),
            said,
        )

    def _sentences_of(self, sentences: Sentences) -> SentenceSearch:
        return SentenceSearch(self.vocabulary, sentences, self.model.ctc)

    def _fusion(self, phrases: Sequence[BiasPhrase]) -> Biaser:
        if not phrases or self._boost <= 0:
            return NoBias()
        tokens = self.model.network.tokens
        return ShallowFusion(tokens, phrases, self._boost, self._expected.improbability)


def narrow(settings: SearchSettings) -> SearchSettings:
    """Those of a first pass: what it misses, the second one can still find."""
    return replace(settings, beam=min(settings.beam, FIRST_BEAM), names=FIRST_NAMES)


def words_of(phrases: Sequence[BiasPhrase]) -> Iterator[str]:
    """The words of names, and of what they sound like, as the recogniser writes them."""
    for phrase in phrases:
        for text in (phrase.text, *phrase.sounds_like):
            yield from spelled(text).split()


def load_recogniser(
    folder: Path,
    *,
    beam: int = 4,
    runtime: str = "onnx",
    boost: float = DEFAULT_BOOST,
    attention_decoder: bool = True,
    voice_filter: VoiceFilter | None = None,
) -> TransducerRecogniser:
    """Load the model in a folder; `runtime` is `auto`, `onnx` or `edge`.

    Without `attention_decoder` a model that has one is used as if it had none. Only one that hears
    Hearth's own features again, and has one, uses a `voice_filter`.

    Raises:
        ModelError: the folder holds no usable model; the message says what to do.

    """
    model = load_model(folder, runtime, attention_decoder=attention_decoder)
    search = SearchSettings(beam=beam, max_symbols_per_frame=model.max_symbols_per_frame)
    usable = isinstance(model.front_end, WhisperFrontEnd) and model.network.attention_decoder
    return TransducerRecogniser(model, search, boost, voice_filter=voice_filter if usable else None)
