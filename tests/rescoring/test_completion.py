"""A completion endpoint as llama.cpp's server, and others, have it, over real sockets."""

import asyncio
import math
import threading

import pytest
from aiohttp import web

from assistant.lattice.nbest import nbest
from assistant.rescoring.completion import CompletionLanguageModel, Endpoint
from assistant.rescoring.expansion import rescore
from assistant.rescoring.language_model import END_TAG, NAME_TAG, LanguageModelError, Query
from assistant.rescoring.wire import pack_reweighted, unpack_reweighted
from tests.rescoring.lattices import LIGHTS

SENTENCES = ["turn on lights", "turn on light", "call anna", "turning point"]


def next_tokens(line):
    """What goes on after a line: pieces of up to four letters, with their probabilities."""
    found = {}
    for sentence in SENTENCES:
        whole = f" {sentence}\n"
        if whole.startswith(line) and whole != line:
            piece = whole[len(line) :][:5].rstrip("\n") or "\n"
            end = piece.find(" ", 1)
            piece = piece if end < 0 else piece[:end]
            found[piece] = found.get(piece, 0) + 1
    total = sum(found.values()) + 1
    return {"?": math.log(1 / total)} | {
        piece: math.log(count / total) for piece, count in found.items()
    }


def llama_cpp(tokens):
    """As llama.cpp's server writes it."""
    listed = [
        {"id": number, "token": token, "bytes": list(token.encode()), "logprob": value}
        for number, (token, value) in enumerate(tokens.items())
    ]
    return {"content": [listed[0] | {"top_logprobs": listed}]}


def openai(tokens):
    """As OpenAI and vLLM do."""
    return {"tokens": ["?"], "token_logprobs": [tokens["?"]], "top_logprobs": [tokens]}


class CompletionServer:
    """A small server of the completion API, in a thread of its own."""

    def __init__(self, form=llama_cpp):
        self.form = form
        self.asked = []
        self.reply = None
        self.headers = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self):
        async def start():
            app = web.Application()
            app.router.add_post("/v1/completions", self._complete)
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
            self._ready.set()
            return runner

        runner = self._loop.run_until_complete(start())
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _complete(self, request):
        body = await request.json()
        self.headers.append(request.headers)
        assert not body.get("echo")
        line = body["prompt"].rsplit("\n-", 1)[1]
        self.asked.append(line)
        if self.reply is not None:
            return self.reply()
        choice = {"index": 0, "text": "?", "logprobs": self.form(next_tokens(line))}
        return web.json_response({"object": "text_completion", "choices": [choice]})


@pytest.fixture
def server():
    with CompletionServer() as server:
        yield server


@pytest.fixture
def model(server):
    model = CompletionLanguageModel(Endpoint(server.url))
    yield model
    model.close()


def probability(model, state, word):
    (extension,) = model.extend([Query(state, word)])
    return math.exp(extension.log_prob)


def test_a_word_is_read_token_by_token(model, server):
    """ " turn" is met three times of five; "ing" and the rest after it once of two."""
    assert probability(model, "", "turn") == pytest.approx(3 / 5)
    assert server.asked == [""]
    assert probability(model, " turn", "on") == pytest.approx(2 / 4)
    assert probability(model, " turn on", "lights") == pytest.approx(2 / 3 * 1 / 3)
    assert probability(model, " turn on light", END_TAG) == pytest.approx(1 / 3)


def test_a_word_that_is_not_listed_is_less_likely_than_all_that_are(model):
    assert probability(model, "", "tern") < 1 / 5


def test_texts_are_asked_about_once(model, server):
    queries = [Query("", word) for word in ("turn", "tern", "call")]
    model.extend(queries)
    model.extend(queries)
    assert server.asked == [""]


def test_a_name_s_tag_is_any_name(model):
    (extension,) = model.extend([Query(" call", NAME_TAG)])
    assert math.exp(extension.log_prob) > probability(model, " call", "anna")
    assert extension.state == " call anna"


@pytest.mark.parametrize("form", [llama_cpp, openai])
def test_a_lattice_is_rescored_by_it(server, model, form):
    server.form = form
    (edges,) = rescore([LIGHTS], model, beam=8)
    back = unpack_reweighted(pack_reweighted(edges), LIGHTS)
    assert nbest(back, 1)[0].text == "turn on lights"


def test_the_token_is_shown(server):
    model = CompletionLanguageModel(Endpoint(server.url, model="m", token="t"))  # noqa: S106
    model.extend([Query("", "turn")])
    model.close()
    assert server.headers[0]["Authorization"] == "Bearer t"


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (lambda: web.Response(status=401, text="no key"), "answers 401: no key"),
        (lambda: web.Response(text="hello"), "gives no log-probabilities"),
        (lambda: web.json_response({"choices": []}), "gives no log-probabilities"),
        (
            lambda: web.json_response({"choices": [{"logprobs": None}]}),
            "gives no log-probabilities",
        ),
    ],
)
def test_what_does_not_answer_so_is_said(server, model, reply, message):
    server.reply = reply
    with pytest.raises(LanguageModelError, match=message):
        model.extend([Query("", "turn")])


def test_nobody_there():
    model = CompletionLanguageModel(Endpoint("http://127.0.0.1:9/v1"))
    with pytest.raises(LanguageModelError, match="cannot be asked"):
        model.extend([Query("", "turn")])
    model.close()
