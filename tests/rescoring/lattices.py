"""Lattices, language models and servers for the tests of rescoring."""

import asyncio
import math
from contextlib import asynccontextmanager
from itertools import pairwise

from assistant.asr.result import RecognitionResult
from assistant.lattice.graph import Edge, Lattice, Node
from assistant.lattice.nbest import nbest
from assistant.rescoring.expansion import rescore
from assistant.rescoring.language_model import END_TAG, Extension
from assistant.rescoring.server import RescoringServer, ServerSettings

TOKEN = "a-token"  # noqa: S105


def lattice(*edges, step_s=0.3):
    """From (start, end, word, log_prob); the greatest node is the final one."""
    last = max(end for _, end, *_ in edges)
    nodes = tuple(Node(number, round(number * step_s, 3)) for number in range(last + 1))
    return Lattice(nodes, tuple(Edge(*edge) for edge in sorted(edges)), 0, last)


LIGHTS = lattice(
    (0, 1, "turn", -0.1),
    (0, 1, "tern", -0.2),
    (1, 2, "on", -0.5),
    (1, 2, "an", -0.4),
    (2, 3, "", -1.0),
    (3, 4, "lights", -0.3),
    (2, 4, "light", -1.4),
)
"""By sound "turn an lights" is best; people say "turn on lights"."""


def result(words):
    return RecognitionResult(nbest(words, 10), words, end_of_sentence=0.9, decode_ms=1.0)


class Bigrams:
    """Exact: the state is the last word. What is not listed is unlikely."""

    name = "bigrams"
    start = "<s>"

    def __init__(self, *sentences, unlisted=-5.0):
        pairs = [pair for line in sentences for pair in pairwise(["<s>", *line.split(), END_TAG])]
        self._log_probs = {
            pair: math.log(pairs.count(pair) / sum(first == pair[0] for first, _ in pairs))
            for pair in pairs
        }
        self._unlisted = unlisted
        self.asked = []

    def extend(self, queries):
        self.asked.append(len(queries))
        return [
            Extension(self._log_probs.get((query.state, query.word), self._unlisted), query.word)
            for query in queries
        ]


HOME = Bigrams("turn on lights", "turn on light", "turn off lights")


def at_home(lattices):
    """Rescores by what is said in a home."""
    return rescore(lattices, HOME, beam=8)


@asynccontextmanager
async def serving(rescore=at_home, tls=None, port=0, clock=None, host="127.0.0.1", **settings):
    """A rescoring server's URL."""
    server = RescoringServer(rescore, ServerSettings(**settings), clock)
    bound = await server.start(host, port, tls)
    try:
        yield f"{'https' if tls else 'http'}://{bound[0]}:{bound[1]}"
    finally:
        await server.close()


@asynccontextmanager
async def answering(reply, tls=None, host="127.0.0.1"):
    """A server that does to each connection what `reply(reader, writer)` does."""

    async def serve(reader, writer):
        try:
            await reader.readuntil(b"\r\n\r\n")
            await reply(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    yield f"{'https' if tls else 'http'}://{host}:{port}"
    server.close()
