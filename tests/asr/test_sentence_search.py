"""A search that is held to sentences finds the best of them."""

import math
from dataclasses import replace
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.asr.biasing import sentences as biasing
from assistant.asr.biasing.sentences import SpelledSentences
from assistant.asr.decoding import joint_scorer, two_pass
from assistant.asr.decoding.beam_search import SearchSettings
from assistant.asr.decoding.frames import ScoredFrame
from assistant.asr.decoding.sentence_beam import BeamSettings
from assistant.asr.decoding.sentence_search import (
    BY_BOTH,
    BY_TRANSDUCER,
    Favour,
    SentenceSearch,
    SentenceSettings,
)
from assistant.asr.decoding.transducer_search import SYMBOLS, find_by_transducer
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.features.frontend import WhisperFrontEnd
from assistant.asr.networks.model_folder import Model
from assistant.asr.recogniser import TransducerRecogniser
from assistant.asr.result import recognise
from assistant.lattice.graph import Hypothesis, Word
from tests.asr.toy_network import TOKENS, ToyAttentionDecoder, ToyNetwork


class Listed:
    """Some sentences, as a tree of words."""

    start = 0

    def __init__(self, *texts):
        self.walked = []
        self._texts = [tuple(text.split()) for text in texts]
        self._states = [()]
        self.forgotten = 0
        self.priors = {}
        self.parts = {}

    def words(self, state):
        known = self._states[state]
        return (sorted({t[len(known)] for t in self._texts if t[: len(known)] == known != t}),)

    def step(self, state, word):
        self.walked.append(word)
        if word not in self.words(state)[0]:
            return None
        reached = (*self._states[state], word)
        if reached not in self._states:
            self._states.append(reached)
        return self._states.index(reached)

    def final(self, state):
        return self._states[state] in self._texts

    def prior(self, text):
        return self.priors.get(text, 0.0)

    def shares(self, text):
        return self.parts.get(text, (0, 0))

    def forget(self):
        self.forgotten += 1
        del self._states[1:]


SENTENCES = ("ad b", "a", "ade c", "bf c", "b")
FAVOUR = Favour(2.0, 12.0)
BY_WORDS = SentenceSettings(FAVOUR)
WIDE = BeamSettings(beam=500, margin=1e9, token_gain=0.0, texts=9)


def outputs(seed, frames):
    return np.random.default_rng(seed).standard_normal((frames, 8), np.float32)


def found_in(vectors, spelled, vocabulary, settings=WIDE):
    frames = ScoredFrame.of(vocabulary, np.array(vectors))
    return find_by_transducer(frames, spelled, vocabulary, settings)


def test_tokens_that_continue_a_sentence_are_allowed():
    spelled = SpelledSentences(Listed(*SENTENCES), TOKENS)
    first = spelled.arcs(spelled.begin())
    assert {TOKENS[token] for token in first.tokens} == {"▁a", "▁b", "▁"}
    (after_a,) = spelled.ends(first.numbers[first.tokens == TOKENS.index("▁a")])
    assert {TOKENS[token] for token in spelled.arcs(after_a).tokens} == {"d"}
    assert spelled.final(after_a)


def spellings(text):
    """Every way to cut a text into tokens."""
    marked = "▁" + text.replace(" ", "▁")
    found, todo = [], [((), marked)]
    while todo:
        tokens, rest = todo.pop()
        if not rest:
            found.append(tokens)
        todo += [
            ((*tokens, number), rest[len(token) :])
            for number, token in enumerate(TOKENS[3:], start=3)
            if rest.startswith(token)
        ]
    return found


def best_alignment(network, vectors, tokens, symbols):
    """The log-probability of a row of tokens on its likeliest way through the frames."""
    vocabulary = Vocabulary(network)
    places = {0: 0.0}
    for vector in vectors:
        after = {}
        for place, score in places.items():
            for count in range(symbols + 1):
                context = reduce(vocabulary.context, tokens[:place], vocabulary.start)
                log_probs = vocabulary.scores(vector[None], [context])[0][0]
                stayed = score + float(log_probs[0, network.blank_id])
                after[place] = max(after.get(place, -math.inf), stayed)
                if place == len(tokens) or count == symbols:
                    break
                score += float(log_probs[0, tokens[place]])  # noqa: PLW2901
                place += 1  # noqa: PLW2901
        places = after
    return places.get(len(tokens), -math.inf)


@given(st.integers(0, 50), st.integers(2, 5))
@settings(max_examples=25, deadline=None)
def test_a_wide_search_finds_the_best_sentence(seed, frames):
    network = ToyNetwork(seed=seed, blank=0.5)
    vectors = outputs(seed, frames)
    spelled = SpelledSentences(Listed(*SENTENCES), TOKENS)
    found = found_in(vectors, spelled, Vocabulary(network))
    scores = {
        text: max(best_alignment(network, vectors, each, SYMBOLS) for each in spellings(text))
        for text in SENTENCES
    }
    possible = {text: score for text, score in scores.items() if score > -math.inf}
    assert set(found) == set(possible)
    assert list(found) == sorted(possible, key=possible.get, reverse=True)
    assert found == pytest.approx(possible)


@given(st.integers(0, 30))
@settings(max_examples=20, deadline=None)
def test_nothing_but_sentences_is_found(seed):
    network = ToyNetwork(seed=seed, blank=0.5)
    spelled = SpelledSentences(Listed(*SENTENCES), TOKENS)
    narrow = BeamSettings(beam=6, margin=10.0, token_gain=2.0, texts=4)
    found = found_in(outputs(seed, 12), spelled, Vocabulary(network), narrow)
    assert set(found) <= set(SENTENCES)


def test_what_takes_room_is_forgotten_between_utterances(monkeypatch):
    monkeypatch.setattr(biasing, "_KNOWN", 5)
    sentences = Listed(*SENTENCES)
    spelled = SpelledSentences(sentences, TOKENS)
    vocabulary, vectors = Vocabulary(ToyNetwork(blank=0.5)), outputs(1, 8)
    first = found_in(vectors, spelled, vocabulary)
    assert found_in(vectors, spelled, vocabulary) == first
    assert sentences.forgotten == 1


def hypothesis(text, log_prob):
    return Hypothesis(tuple(Word(word, 0.0, 0.0) for word in text.split()), log_prob)


def favoured(*hypotheses, priors=(), parts=(), settings=BY_WORDS):
    sentences = Listed(*SENTENCES)
    sentences.priors, sentences.parts = dict(priors), dict(parts)
    search = SentenceSearch(Vocabulary(ToyNetwork()), sentences, settings=settings)
    return search.favoured(
        [hypothesis(text, log_prob) for text, log_prob in hypotheses],
        {"b": 1.5},
    )


def test_a_sentence_is_favoured_by_its_words():
    long, short, other = favoured(("ade c", -5.0), ("a", -6.0), ("ade d", -5.5))
    assert (long.text, long.boost, long.sentence_boost) == ("ade c", 4.0, 4.0)
    assert long.log_prob == pytest.approx(-1.0)
    assert (short.text, short.sentence_boost) == ("a", FAVOUR.word)
    assert (other.text, other.sentence_boost, other.log_prob) == ("ade d", 0.0, -5.5)


WITH_FREE_WORDS = SentenceSettings(FAVOUR._replace(free_word=1.0))


def test_where_words_may_be_any_the_others_count():
    heard, parts = (
        (("ade fa b", -5.0), ("b fa fa", -4.0), ("a", -5.5)),
        {
            "ade fa b": (2, 1),
            "b fa fa": (1, 2),
        },
    )
    first, short, free = favoured(*heard, parts=parts, settings=WITH_FREE_WORDS)
    assert (first.text, first.sentence_boost) == ("ade fa b", 2 * FAVOUR.word - 1.0)
    assert (short.text, short.sentence_boost) == ("a", FAVOUR.word)
    assert (free.text, free.sentence_boost, free.log_prob) == ("b fa fa", 0.0, -4.0)
    only_the_sentence, *others = favoured(*heard, parts=parts)
    assert only_the_sentence.text == "a"
    assert not any(each.sentence_boost for each in others)


def test_what_cannot_be_the_best_is_not_asked_whose_words_it_has():
    far = ("ade fa b", -25.0)
    best, other = favoured(far, ("a", -5.0), parts={far[0]: (2, 1)}, settings=WITH_FREE_WORDS)
    assert (best.text, other.sentence_boost) == ("a", 0.0)


def test_what_a_name_was_given_is_part_of_it():
    (named,) = favoured(("b", -5.0))
    assert (named.boost, named.sentence_boost) == (FAVOUR.word, 0.5)
    assert named.log_prob == pytest.approx(-4.5)


def test_the_beginning_of_a_sentence_is_favoured_as_much():
    whole, begun = favoured(("ade c", -5.0), ("ade", -6.0))
    assert begun.sentence_boost == FAVOUR.word
    assert whole.sentence_boost == 2 * FAVOUR.word


@pytest.mark.parametrize("attentive", [False, True])
def test_the_recogniser_hears_a_sentence_rather_than_other_words(attentive):
    network = ToyNetwork(seed=7)
    network.whole_frames = 128
    if attentive:
        network.attention_decoder = ToyAttentionDecoder(network, sharpness=0.2)
    model = Model(network, WhisperFrontEnd(), max_symbols_per_frame=3)
    recogniser = TransducerRecogniser(model, SearchSettings())
    audio = (np.random.default_rng(0).standard_normal(16_000) * 4000).astype(np.int16)
    free = recognise(recogniser, audio)
    other = free.nbest[1]
    held = recognise(recogniser, audio, sentences=Listed(other.text, "ad b"))
    best = held.nbest[0]
    assert (best.text + " ").startswith(other.text + " ") or other.text.startswith(best.text + " ")
    assert best.boost == best.sentence_boost > 0
    alone = {each.text: each.log_prob for each in free.nbest}
    for each in held.nbest:
        if each.text in alone:
            assert each.log_prob - each.sentence_boost == pytest.approx(alone[each.text])
    assert sum(edge.sentence_boost for edge in held.lattice.edges) > 0
    favour = BY_BOTH.favour if attentive else BY_TRANSDUCER.favour
    assert best.sentence_boost >= min(favour.most, favour.word * len(best.words))


def test_what_is_clearly_a_sentence_is_not_searched_for(monkeypatch):
    searched = []
    searches = SentenceSearch.searches
    monkeypatch.setattr(
        SentenceSearch, "searches", lambda *args: searched.append(1) or searches(*args)
    )
    # The decoder proposes nothing, and nothing counts as badly heard.
    monkeypatch.setattr(joint_scorer, "PROPOSAL_THRESHOLD", -math.inf)
    monkeypatch.setattr(two_pass, "BADLY_HEARD", -math.inf)
    network = ToyNetwork(seed=7)
    network.whole_frames = 128
    network.attention_decoder = ToyAttentionDecoder(network, sharpness=0.2)
    model = Model(network, WhisperFrontEnd(), max_symbols_per_frame=3)
    recogniser = TransducerRecogniser(model, SearchSettings())
    audio = (np.random.default_rng(0).standard_normal(16_000) * 4000).astype(np.int16)
    free = recognise(recogniser, audio)

    def heard(clearly, *sentences):
        monkeypatch.setattr(two_pass, "CLEARLY_A_SENTENCE", clearly)
        searched.clear()
        found = recognise(recogniser, audio, sentences=Listed(*sentences))
        return bool(searched), found.text

    ahead = free.nbest[0].log_prob - free.nbest[1].log_prob
    assert heard(ahead - 0.01, free.text) == (False, free.text)
    assert heard(ahead + 0.01, free.text)[0]
    assert heard(ahead - 0.01, f"{free.text} b")[0]  # which only begins with it
    assert heard(ahead - 0.01, free.nbest[1].text)[0]


def test_what_follows_is_found_out_while_somebody_speaks():
    network = ToyNetwork(seed=7)
    network.whole_frames = 128
    model = Model(network, WhisperFrontEnd(), max_symbols_per_frame=3)
    recogniser = TransducerRecogniser(model, SearchSettings())
    audio = (np.random.default_rng(0).standard_normal(32_000) * 4000).astype(np.int16)
    sentences = Listed("ad b")
    stream = recogniser.open((), sentences)
    stream.accept(audio)
    assert not sentences.walked
    heard = stream.partial().text.split()
    assert sentences.walked == heard[: len(sentences.walked)] != []


def test_what_is_asked_for_often_comes_with_more_and_what_is_not_with_less():
    priors = {"ade c": -1.0, "a": 1.5, "b": 0.5, "ade d": 9.0}
    often, seldom, other = favoured(("ade c", -5.0), ("a", -5.0), ("ade d", -9.0), priors=priors)
    assert (often.text, often.sentence_boost) == ("a", FAVOUR.word + 1.5)
    assert (seldom.text, seldom.boost, seldom.sentence_boost) == ("ade c", 3.0, 3.0)
    assert seldom.log_prob == pytest.approx(-2.0)
    assert (other.log_prob, other.boost) == (-9.0, 0.0)
    (named,) = favoured(("b", -5.0), priors=priors)
    assert (named.boost, named.sentence_boost) == (FAVOUR.word + 0.5, 1.0)


def test_a_prior_counts_though_names_gave_as_much_as_a_sentence_gets():
    search = SentenceSearch(Vocabulary(ToyNetwork()), Listed(*SENTENCES), settings=BY_WORDS)
    search._sentences._sentences.priors = {"b": -0.5}
    named = replace(hypothesis("b", -5.0), boost=3.0)
    (found,) = search.favoured([named], {})
    assert (found.log_prob, found.boost, found.sentence_boost) == (-5.5, 2.5, -0.5)


IN_ORDER = replace(BY_WORDS, keeps_order=True)
HEARD = (("a", -3.0), ("ad b", -9.0), ("ade d", -4.0))


def in_order(found, priors=()):
    sentences = Listed(*SENTENCES)
    sentences.priors = dict(priors)
    search = SentenceSearch(Vocabulary(ToyNetwork()), sentences, settings=IN_ORDER)
    search._found = found
    return search.favoured([hypothesis(text, log_prob) for text, log_prob in HEARD], {})


def test_sentences_keep_the_order_of_the_search_where_that_is_wanted():
    whole, short, other = in_order({"ad b": 5.0, "a": 4.0})
    assert [whole.text, short.text, other.text] == ["ad b", "a", "ade d"]
    assert short.log_prob == whole.log_prob == -1.0
    assert whole.log_prob - whole.sentence_boost == whole.log_prob - whole.boost == -9.0
    assert (short.sentence_boost, other.sentence_boost) == (FAVOUR.word, 0.0)


def test_what_is_asked_for_often_changes_that_order():
    first, *_ = in_order({"ad b": 5.0, "a": 4.0}, priors={"a": 1.5})
    assert (first.text, first.log_prob) == ("a", 0.5)
