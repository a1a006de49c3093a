"""Any language model behind an OpenAI-compatible completion endpoint, llama.cpp's server included.

The endpoint is asked for the likeliest next tokens after a text, which every such server gives
(`logprobs`; https://platform.openai.com/docs/api-reference/completions). Probabilities of the
prompt itself (`echo`) would take fewer requests, but llama.cpp's server does not give them: it
takes the option and lists the new token alone. A word is read token by token: of the listed tokens,
the longest that the word goes on with. A word that cannot be read so was less likely than all that
were listed.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from assistant.lattice.graph import log_sum_exp
from assistant.rescoring.language_model import (
    END_TAG,
    NAME_TAG,
    Extension,
    LanguageModelError,
    Query,
)

_LISTED: Final = 500
"""Tokens asked for after each text; some servers list fewer."""
_TOGETHER: Final = 16
_KEPT: Final = 20_000
"""Texts whose next tokens are remembered."""
_UNLISTED: Final = 1.0
"""How much less likely (natural log) than the last listed token an unlisted one is taken to be."""
_IMPOSSIBLE: Final = -1e30
"""What is below has no probability: llama.cpp's server writes the lowest float for it."""
_WHOLE_LETTERS: Final = {"grammar": "root ::= [ -~]+"}
"""Makes llama.cpp's server write ASCII, as for a token that is a part of a letter it lists nothing.
What it lists are the probabilities before the grammar."""
_SAID: Final = 200
"""Letters of a server's explanation that are shown."""
_ADVICE: Final = {
    401: "set rescorer.completion_token to the server's",
    403: "set rescorer.completion_token to the server's",
    404: "check rescorer.language_model and rescorer.completion_model",
}
_PROMPT: Final = (
    "What people say to the voice assistant in their home, one request a line.\n"
    "- turn on the kitchen light\n"
    "- what is the weather in boston tomorrow\n"
    "- remind me to call my mother at half past five\n"
    "- play some jazz\n"
    "-"
)
_NAMES: Final = ("anna", "david", "emma", "john", "maria", "michael", "sarah", "tom")
"""What a name's tag may stand for; the first stands for it in the text after it."""

Tokens = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the language model is."""

    url: str
    """Of the API, such as http://127.0.0.1:8080/v1."""
    model: str | None = None
    token: str | None = None
    timeout_s: float = 2.0
    """For one answer."""

    @property
    def address(self) -> str:
        """The URL of completions."""
        return self.url.rstrip("/").removesuffix("/completions") + "/completions"


class CompletionLanguageModel:
    """Implements `LanguageModel`; a state is the text so far.

    Use it from one thread, which runs no event loop: it has one of its own.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = endpoint.model or endpoint.url
        self.start: Hashable = ""
        self._endpoint = endpoint
        self._loop = asyncio.new_event_loop()
        self._session: aiohttp.ClientSession | None = None
        self._next: dict[str, Tokens] = {}

    def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            self._loop.run_until_complete(self._session.close())
        self._loop.close()

    def extend(self, queries: Sequence[Query]) -> list[Extension]:
        """The answer to each query; raises `LanguageModelError`."""
        if len(self._next) > _KEPT:
            self._next.clear()
        read = [[(str(query.state), text) for text in _texts(query.word)] for query in queries]
        scores = self._loop.run_until_complete(self._read(itertools.chain.from_iterable(read)))
        return [
            Extension(
                log_sum_exp(scores[each] for each in ways), _state(str(query.state), query.word)
            )
            for query, ways in zip(queries, read, strict=True)
        ]

    async def _read(self, asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], float]:
        """The log-probability of each (text so far, text to come)."""
        scores = dict.fromkeys(asked, 0.0)
        reading = {each: each for each in scores}
        while reading:
            await self._ask({before for before, _ in reading.values()})
            going_on = {}
            for each, (before, rest) in reading.items():
                log_prob, length = _step(self._next[before], rest)
                scores[each] += log_prob
                if length < len(rest):
                    going_on[each] = (before + rest[:length], rest[length:])
            reading = going_on
        return scores

    async def _ask(self, texts: Iterable[str]) -> None:
        """Find out what may come next after texts, where that is not known yet."""
        new = [text for text in texts if text not in self._next]
        limit = asyncio.Semaphore(_TOGETHER)

        async def ask(text: str) -> None:
            async with limit:
                self._next[text] = await self._tokens(text)

        await asyncio.gather(*map(ask, new))

    async def _tokens(self, text: str) -> Tokens:
        """The likeliest tokens after a text, with their log-probabilities."""
        body: dict[str, Any] = {
            "prompt": _PROMPT + text,
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": _LISTED,
        }
        if self._endpoint.model:
            body["model"] = self._endpoint.model
        try:
            answer = await self._answer(body)
            if not answer["choices"][0]["logprobs"]:
                answer = await self._answer(body | _WHOLE_LETTERS)
            return _listed(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            why = str(error) or f"no answer within {self._endpoint.timeout_s:g} s"
            raise LanguageModelError(f"{self._endpoint.url} cannot be asked: {why}") from None
        except (ValueError, TypeError, LookupError, AttributeError):
            raise LanguageModelError(
                f"{self._endpoint.url} gives no log-probabilities of tokens"
            ) from None

    async def _answer(self, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        try:
            return await self._asked(body)
        except aiohttp.ServerDisconnectedError:
            # It closed a kept connection as we used it; asking again does no harm.
            return await self._asked(body)

    async def _asked(self, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        async with self._opened().post(self._endpoint.address, json=body) as response:
            if response.status != 200:  # noqa: PLR2004 - OK
                raise LanguageModelError(
                    _refusal(self._endpoint.address, response.status, await response.text())
                )
            return await response.json(content_type=None)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            token = self._endpoint.token
            self._session = aiohttp.ClientSession(
                headers={"Authorization": f"Bearer {token}"} if token else None,
                timeout=aiohttp.ClientTimeout(self._endpoint.timeout_s),
            )
        return self._session


def _listed(answer: Any) -> Tokens:  # noqa: ANN401 - JSON
    """The tokens in an answer, in OpenAI's older form or the one that llama.cpp has.

    Several tokens may be the same text: with bytes to fall back to, each letter is there twice.
    """
    found = answer["choices"][0]["logprobs"]
    if "content" in found:
        pairs = [(each["token"], each["logprob"]) for each in found["content"][0]["top_logprobs"]]
    else:
        pairs = list(found["top_logprobs"][0].items())
    alike: dict[str, list[float]] = {}
    for token, log_prob in pairs:
        if token and _IMPOSSIBLE < float(log_prob) < math.inf:
            alike.setdefault(str(token), []).append(float(log_prob))
    tokens = {text: log_sum_exp(log_probs) for text, log_probs in alike.items()}
    if not tokens:
        raise ValueError("no tokens")
    return tokens


def _refusal(address: str, status: int, said: str) -> str:
    """Why a server gives no answer, in its own words where it has any, and what to do."""
    try:
        why = str(json.loads(said)["error"]["message"])
    except (ValueError, TypeError, LookupError):
        why = said
    advice = f"; {_ADVICE[status]}" if status in _ADVICE else ""
    return f"{address} answers {status}: {why[:_SAID].strip()}{advice}"


def _step(tokens: Tokens, rest: str) -> tuple[float, int]:
    """The token that a text goes on with: its log-probability and its length."""
    known = [token for token in tokens if rest.startswith(token)]
    if known:
        token = max(known, key=len)
        return tokens[token], len(token)
    return min(tokens.values()) - _UNLISTED, len(rest)


def _texts(word: str) -> list[str]:
    """What a query's word looks like in the text; a tag may look in several ways."""
    if word == END_TAG:
        return ["\n"]
    return [f" {name}" for name in _NAMES] if word == NAME_TAG else [f" {word}"]


def _state(before: str, word: str) -> str:
    if word == END_TAG:
        return before
    return f"{before} {_NAMES[0] if word == NAME_TAG else word}"
