"""The completion endpoint of llama.cpp's own server: a tiny model whose arithmetic is known."""

import itertools
import signal

import pytest

pytest.importorskip("gguf")
pytest.importorskip("xllamacpp")

from assistant.lattice.graph import log_sum_exp
from assistant.lattice.nbest import nbest
from assistant.rescoring.completion import _NAMES, _PROMPT, CompletionLanguageModel, Endpoint
from assistant.rescoring.expansion import rescore
from assistant.rescoring.language_model import END_TAG, NAME_TAG, LanguageModelError, Query
from assistant.rescoring.wire import pack_reweighted, unpack_reweighted
from tests.rescoring.lattices import lattice
from tests.rescoring.llama_server import TOKEN, started
from tests.rescoring.tiny_llama import CONTEXT, TinyLlama

CLOSE = 1e-3
"""Natural logarithms; the server computes with 32 bits."""


@pytest.fixture(scope="module")
def llama():
    return TinyLlama()


@pytest.fixture(scope="module")
def file(llama, tmp_path_factory):
    path = tmp_path_factory.mktemp("llama") / "tiny.gguf"
    llama.write(path)
    return path


@pytest.fixture(scope="module")
def url(file):
    with started(file) as (_, url):
        yield url


@pytest.fixture
def opened():
    """Opens language models, and closes them."""
    models = []

    def open_model(url, token=TOKEN, timeout_s=60.0):
        models.append(CompletionLanguageModel(Endpoint(url, token=token, timeout_s=timeout_s)))
        return models[-1]

    yield open_model
    for model in models:
        model.close()


def expected(llama, before, word):
    """What the weights say of a word after a text."""
    if word == NAME_TAG:
        return log_sum_exp(expected(llama, before, name) for name in _NAMES)
    return llama.log_prob(_PROMPT + before, "\n" if word == END_TAG else f" {word}")


def test_log_probabilities_are_those_of_the_weights(url, opened, llama):
    """Words of one token and of many, letters that are two tokens each, the end, a name.

    After the last of the texts the likeliest token is a part of a letter.
    """
    queries = [
        Query("", "turn"),
        Query("", "jazz"),
        Query(" turn", NAME_TAG),
        Query(" turn on", "lights"),
        Query(" turn on", END_TAG),
        Query(" turn on the lights o'", "jazz"),
    ]
    answers = opened(f"{url}/v1").extend(queries)
    for query, answer in zip(queries, answers, strict=True):
        assert answer.log_prob == pytest.approx(expected(llama, *query), abs=CLOSE), query


def test_the_likelier_text_is_preferred(url, opened, llama):
    """By sound all are alike."""
    pairs = (("turn", "tern"), ("on", "an"), ("lights", "light"))
    words = lattice(
        *((at, at + 1, word, 0.0) for at, pair in enumerate(pairs) for word in pair), step_s=0.3
    )
    texts = {
        " ".join(each): expected(llama, "", " ".join(each))
        + expected(llama, f" {' '.join(each)}", END_TAG)
        for each in itertools.product(*pairs)
    }
    (edges,) = rescore([words], opened(f"{url}/v1"), beam=8)
    back = nbest(unpack_reweighted(pack_reweighted(edges), words), len(texts))
    assert [each.text for each in back] == sorted(texts, key=lambda text: -texts[text])


def test_a_model_that_is_sure_leaves_no_tokens_of_no_probability(tmp_path, opened):
    """What has none is listed with the lowest float there is, and is no measure of the unlisted."""
    llama = TinyLlama(spread=200.0)
    llama.write(tmp_path / "sure.gguf")
    with started(tmp_path / "sure.gguf") as (_, url):
        (answer,) = opened(f"{url}/v1").extend([Query("", "tern")])
    assert -1e4 < answer.log_prob < 0


@pytest.mark.parametrize(
    ("path", "token", "before", "message"),
    [
        ("/v2", TOKEN, "", r"/v2/completions answers 404: .*; check rescorer\.language_model"),
        ("/v1", "wrong", "", r"answers 401: Invalid API Key; set rescorer\.completion_token"),
        ("/v1", TOKEN, " turn" * CONTEXT, "answers 400: .*exceeds the available context"),
    ],
)
def test_a_refusal_says_what_to_do(url, opened, path, token, before, message):  # noqa: PLR0917
    with pytest.raises(LanguageModelError, match=message):
        opened(url + path, token).extend([Query(before, "turn")])


def test_a_server_that_stops_half_way_is_said(file, opened):
    with started(file) as (process, url):
        patient, impatient = opened(f"{url}/v1"), opened(f"{url}/v1", timeout_s=0.2)
        patient.extend([Query("", "turn")])
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(LanguageModelError, match=r"cannot be asked: no answer within 0\.2 s"):
            impatient.extend([Query(" turn", "on")])
        process.kill()
        process.wait()
        with pytest.raises(LanguageModelError, match="cannot be asked: Cannot connect"):
            patient.extend([Query(" turn", "on")])
