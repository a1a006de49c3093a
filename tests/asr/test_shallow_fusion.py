"""Names are boosted along their letters, and what they have not earned is taken back."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assistant.asr.biasing.name_tree import ELSEWHERE, LIST_COST
from assistant.asr.biasing.shallow_fusion import ShallowFusion
from assistant.asr.result import BiasPhrase
from tests.asr.toy_network import TOKENS

STRENGTH = 0.5
WORDS = st.text("adef", min_size=1, max_size=4).map(lambda rest: "f" + rest)
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


def by_letters(texts):
    """Every letter is as improbable as any other."""
    return [float(len(text.replace(" ", ""))) for text in texts]


def fusion(names, tokens=(*TOKENS, "▁de", "▁f", "a", "b", "ad", "▁fa", "▁d", "▁e")):
    return ShallowFusion(tokens, [BiasPhrase(name) for name in names], STRENGTH, by_letters)


def cut_at_random(text, tokens, draw):
    """A random way to cut a text into tokens."""
    rest, cut = "▁" + text.replace(" ", "▁"), []
    while rest:
        fitting = [i for i, token in enumerate(tokens) if token and rest.startswith(token)]
        token = draw(st.sampled_from(fitting))
        cut.append(token)
        rest = rest[len(tokens[token]) :]
    return cut


def total(fused, tokens):
    """All boosts for a whole utterance."""
    state, given_ = fused.start, 0.0
    for token in tokens:
        given_ += fused.boost(state, token)
        state = fused.next(state, token)
    return given_ + fused.finish(state)


def times_said(name, text):
    words, said = name.split(), text.split()
    return sum(said[i : i + len(words)] == words for i in range(len(said)))


@given(st.data(), st.lists(NAMES, min_size=1, max_size=6, unique=True), NAMES, NAMES)
def test_only_whole_names_keep_their_boost(data, names, before, after):
    said = data.draw(st.sampled_from(names))
    fused = fusion(names)
    text = data.draw(st.sampled_from([said, f"{before} {said}", f"{said} {after}", before, after]))
    tokens = cut_at_random(text, fused._spelling.tokens, data.draw)
    found = [name for name in names for _ in range(times_said(name, text))]
    assume(len(found) <= 1)
    worth = STRENGTH * by_letters(found)[0] - LIST_COST * math.log(len(names)) if found else 0
    assert total(fused, tokens) == pytest.approx(max(0.0, worth), abs=1e-4)


@given(st.data(), st.lists(NAMES, min_size=1, max_size=6), NAMES)
def test_every_cut_into_tokens_gives_the_same(data, names, text):
    fused = fusion(names)
    one = cut_at_random(text, fused._spelling.tokens, data.draw)
    other = cut_at_random(text, fused._spelling.tokens, data.draw)
    assert total(fused, one) == pytest.approx(total(fused, other), abs=1e-4)


LETTERS = tuple("▁" + c for c in "abcdefghijklmnopqrstuvwxyz") + tuple("abcdefghijklmnopqrstuvwxyz")


def spell(text):
    word_by_word = [["▁" + word[0], *word[1:]] for word in text.split()]
    return [LETTERS.index(piece) for word in word_by_word for piece in word]


def boost_of(names, text, **weights):
    phrases = [BiasPhrase(name, weights.get(name, 1.0)) for name in names]
    return total(ShallowFusion(LETTERS, phrases, STRENGTH, by_letters), spell(text))


def test_a_name_is_boosted_letter_by_letter():
    fused = ShallowFusion(LETTERS, [BiasPhrase("Siobhan")], STRENGTH, by_letters)
    state, steps = 0, []
    for token in spell("siobhan"):
        steps.append(fused.boost(state, token))
        state = fused.next(state, token)
    assert steps == pytest.approx([STRENGTH] * 7)
    wrong = LETTERS.index("x")
    assert fused.boost(state, wrong) == pytest.approx(-7 * STRENGTH)


def test_words_begin_and_end_with_the_name():
    assert boost_of(["lamp"], "lamp") > 0
    assert boost_of(["lamp"], "lampoon") == pytest.approx(0)
    assert boost_of(["lamp"], "headlamp") == pytest.approx(0)
    assert boost_of(["lamp"], "the lamp off") == pytest.approx(boost_of(["lamp"], "lamp"))


def test_a_name_is_not_favoured_for_being_said_again():
    assert boost_of(["garage", "bob"], "garage garage garage") == pytest.approx(
        boost_of(["garage", "bob"], "garage")
    )
    assert boost_of(["garage", "garage door"], "garage garage door") == pytest.approx(
        boost_of(["garage", "garage door"], "garage")
    )
    names = ["shopping list", "bob"]
    assert boost_of(names, "shopping list shopping list") == pytest.approx(
        boost_of(names, "shopping list")
    )
    once, both = (boost_of(["garage", "bob"], text) for text in ("garage", "garage bob garage"))
    assert both > 2 * once


def test_a_shorter_name_within_a_broken_longer_one_counts():
    names = ["living room lamp", "living room", "room heater"]
    assert boost_of(names, "living room") > 0
    assert boost_of(names, "living room table") == pytest.approx(boost_of(names, "living room"))
    assert boost_of(names, "living room lamp") > boost_of(names, "living room")
    assert boost_of(["big room lamp", "room heater"], "big room heater") > 0


def test_a_name_within_an_unfinished_one_counts_at_the_end():
    assert boost_of(["kotatsu lamp shade", "lamp shade"], "kotatsu lamp shade") > 0
    alone = boost_of(["kotatsu lampshade", "lamp"], "lamp")
    assert boost_of(["kotatsu lampshade", "lamp"], "kotatsu lamp") == pytest.approx(alone)
    assert alone > 0


def test_names_of_common_short_words_only_are_not_boosted():
    assert boost_of(["the one", "on", "all of it"], "on") == 0
    assert boost_of(["On The Up", "zed"], "on the up") == pytest.approx(0)


def test_one_of_many_names_is_worth_less():
    many = [f"s{a}{b}neth" for a in "abcdefgh" for b in "klmnopqr"]
    assert 0 < boost_of(many, "sakneth") < 0.7 * boost_of(["sakneth"], "sakneth")
    assert boost_of([*many, "sak"], "sak") == pytest.approx(0, abs=1e-6)


def test_what_is_expected_anyway_needs_less_help():
    costs = {"kitchen": 2.0, "kotatsu": 20.0, "zed": 0.1}
    phrases = [BiasPhrase(name) for name in costs]
    fused = ShallowFusion(LETTERS, phrases, STRENGTH, lambda texts: [costs[t] for t in texts])
    off = LIST_COST * math.log(3)
    assert total(fused, spell("kotatsu")) == pytest.approx(STRENGTH * 20 - off)
    assert total(fused, spell("kitchen")) == pytest.approx(STRENGTH * 2 - off)
    assert total(fused, spell("zed")) == 0


def fused_sentence(phrases, text):
    return total(ShallowFusion(LETTERS, phrases, STRENGTH, by_letters), spell(text))


def test_a_name_is_likelier_after_some_words():
    siobhan = BiasPhrase("Siobhan", after=("call", "tell"))
    anywhere = fused_sentence([BiasPhrase("Siobhan")], "siobhan")
    assert fused_sentence([siobhan], "call siobhan") == pytest.approx(anywhere)
    assert fused_sentence([siobhan], "please tell siobhan") == pytest.approx(anywhere)
    for text in ("siobhan", "like siobhan", "recall siobhan", "call on siobhan", "caller siobhan"):
        assert fused_sentence([siobhan], text) == pytest.approx(ELSEWHERE * anywhere)


def test_words_before_a_name_may_begin_or_end_names():
    names = [
        BiasPhrase("Siobhan", after=("call",)),
        BiasPhrase("callisto", after=("the",)),
        BiasPhrase("red call", after=("the",)),
    ]
    full = fused_sentence(names[:1] * 3, "call siobhan")
    assert fused_sentence(names, "call siobhan") == pytest.approx(full)
    assert fused_sentence(names, "the siobhan") == pytest.approx(ELSEWHERE * full)
    long = fused_sentence(names, "the red call")
    assert fused_sentence(names, "the red call siobhan") == pytest.approx(long + full)


def test_a_name_may_be_said_otherwise_than_it_is_spelt():
    phrases = [BiasPhrase("Siobhan Walsh", sounds_like=("shivawn walsh", "shi-vawn"))]
    fused = ShallowFusion(LETTERS, phrases, STRENGTH, by_letters)
    assert total(fused, spell("shivawn walsh")) == pytest.approx(
        total(fused, spell("siobhan walsh"))
    )
    assert fused.written("shivawn") == "siobhan"
    assert fused.written("walsh") == "walsh"
    one = ShallowFusion(
        LETTERS, [BiasPhrase("Aoife", sounds_like=("ee-fa",))], STRENGTH, by_letters
    )
    assert one.written("eefa") == "aoife"
    assert total(one, spell("eefa")) > 0


def test_weight_scales():
    plain = boost_of(["hyggelampe"], "hyggelampe")
    assert boost_of(["hyggelampe"], "hyggelampe", hyggelampe=2.0) == pytest.approx(2 * plain)


def test_names_are_read_as_the_recogniser_writes_them():
    assert boost_of(["Café Łódź 2"], "cafe lodz two") > 0
    assert boost_of(["O'Brien & Co."], "o") == pytest.approx(0, abs=1e-6)
    assert boost_of(["!!!", ""], "a") == 0


def test_a_thousand_names_are_made_ready_in_one_go():
    """How long that takes is printed by `tools/measure_names.py`."""
    asked = []

    def improbability(texts):
        asked.append(len(texts))
        return by_letters(texts)

    phrases = [BiasPhrase(f"fa {'ade'[n % 3]} {n}") for n in range(1000)]
    ShallowFusion(LETTERS, phrases, STRENGTH, improbability).onward([0])
    assert asked == [1000]


def test_tokens_of_the_same_letters_are_boosted_alike():
    fused = fusion(["fade"], tokens=("<blk>", "▁fa", "de", "▁fa", "de"))
    assert fused.boost(fused.start, 1) == fused.boost(fused.start, 3) > 0
    begun = fused.next(fused.start, 3)
    assert fused.boost(begun, 2) == fused.boost(begun, 4) > 0
