"""Client and server in two network namespaces, 300 ms and one packet in ten lost between them."""

import asyncio
import ssl
import threading
import time
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from assistant.audio.clock import MonotonicClock
from assistant.pipeline.rescorer import RescoringOutcome
from assistant.rescoring.batching import BatchLimits
from assistant.rescoring.client import Client, RescoringEndpoint
from assistant.rescoring.remote import RemoteRescorer, RescoringPolicy
from assistant.rescoring.wire import pack_reweighted
from tests.rescoring import lossy_link
from tests.rescoring.lattices import LIGHTS, TOKEN, answering, at_home, result, serving

HEARD = result(LIGHTS)
ANSWER = pack_reweighted(at_home([LIGHTS])[0])
LEEWAY_S = 10.0
"""For a machine that is busy with other things; what hangs here hangs for ever."""
TIME_ENOUGH_S = 8.0
"""A deadline that an answer keeps on a busy machine, too, be some packets lost."""

pytestmark = pytest.mark.skipif(bool(lossy_link.missing()), reason=lossy_link.missing() or "-")


@pytest.fixture
def link():
    with lossy_link.LossyLink(delay_s=0.3, loss=0.1) as link:
        yield link
        assert link.lost


@contextmanager
def far_side(link, serving):
    """What an asynchronous context gives that is entered on the far side."""
    ready, stop = threading.Event(), asyncio.Event()
    given = []

    async def serve():
        async with serving as here:
            given.extend((asyncio.get_running_loop(), here))
            ready.set()
            await stop.wait()

    def run():
        lossy_link.enter(link.server)
        asyncio.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(30)
        yield given[1]
    finally:
        given[0].call_soon_threadsafe(stop.set)
        thread.join()


def asked(link, servers, deadline_s):
    """The outcome and the seconds of an utterance for each server, all at once, on the near side.

    Each has a connection of its own.
    """
    outcomes = []

    async def ask(server):
        policy = RescoringPolicy(deadline_s=deadline_s, early=True, names=tuple)
        rescorer = RemoteRescorer(Client(server), policy, MonotonicClock())
        await rescorer.start()
        began = time.monotonic()
        outcome = await rescorer.open().settle(HEARD)
        waited_s = time.monotonic() - began
        await rescorer.close()
        return outcome, waited_s

    async def ask_all():
        outcomes.extend(await asyncio.gather(*map(ask, servers)))

    def run():
        lossy_link.enter(link.client)
        asyncio.run(ask_all())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert len(outcomes) == len(servers)
    return outcomes


def is_right(outcome):
    """Whether the words are the better ones exactly where an answer was used."""
    used = outcome.account.outcome is RescoringOutcome.USED
    return outcome.result.text == ("turn on lights" if used else HEARD.text)


@pytest.mark.parametrize("deadline_s", [0.15, TIME_ENOUGH_S])
def test_nobody_waits_beyond_the_deadline(link, deadline_s):
    """A request takes 1.2 s here at least: two ways for the connection, two for itself."""
    with far_side(link, serving(token=TOKEN, host=link.SERVER)) as url:
        outcomes = asked(link, 40 * [RescoringEndpoint(url, TOKEN)], deadline_s)
    for outcome, waited_s in outcomes:
        assert waited_s < deadline_s + LEEWAY_S
        assert is_right(outcome)
    answered = sum(outcome.account.outcome is RescoringOutcome.USED for outcome, _ in outcomes)
    assert answered == 0 if deadline_s < 1 else answered > 0


@asynccontextmanager
async def failing(host, authority):
    """Servers that fail in every way, by the way in which they do."""
    never = asyncio.Event()

    async def say_nothing(*_):
        await never.wait()

    async def hang_half_way(_, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER[:9])
        await never.wait()

    async def talk_nonsense(_, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        await writer.drain()

    yesterday = datetime.now(UTC) - timedelta(days=1)
    expired = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(
        host, not_before=yesterday - timedelta(1), not_after=yesterday
    ).configure_cert(expired)
    async with answering(None, host=host) as gone:
        pass
    async with AsyncExitStack() as stack:
        stack.callback(never.set)
        enter = stack.enter_async_context
        yield {
            "down": gone,
            "slow": await enter(answering(say_nothing, host=host)),
            "hanging half-way": await enter(answering(hang_half_way, host=host)),
            "garbage": await enter(answering(talk_nonsense, host=host)),
            "wrong token": await enter(serving(token="another", host=host)),  # noqa: S106
            "expired certificate": await enter(serving(token=TOKEN, tls=expired, host=host)),
            "lattice too large": await enter(serving(token=TOKEN, most_bytes=20, host=host)),
        }


def test_however_a_server_fails_the_local_result_is_there_in_time(link):
    """Each is asked ten times, as a lost packet may make any failure a late one."""
    deadline_s, times = TIME_ENOUGH_S, 10
    authority = trustme.CA()
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    with far_side(link, failing(link.SERVER, authority)) as urls:
        servers = [
            RescoringEndpoint(url, TOKEN, trusted) for url in urls.values() for _ in range(times)
        ]
        outcomes = asked(link, servers, deadline_s)
    for outcome, waited_s in outcomes:
        assert waited_s < deadline_s + LEEWAY_S
        assert outcome.result is HEARD
    for number, way in enumerate(urls):
        found = {
            outcome.account.outcome
            for outcome, _ in outcomes[times * number : times * (number + 1)]
        }
        assert found <= {RescoringOutcome.LATE, RescoringOutcome.FAILED}
        assert (RescoringOutcome.FAILED in found) is (way not in {"slow", "hanging half-way"}), way


def test_a_thousand_clients_at_once_over_the_link(link):
    """All in one event loop, which alone takes seconds."""
    limits = BatchLimits(waiting=200)
    with far_side(link, serving(token=TOKEN, host=link.SERVER, limits=limits)) as url:
        outcomes = asked(link, 1000 * [RescoringEndpoint(url, TOKEN)], deadline_s=2.0)
        assert all(is_right(outcome) for outcome, _ in outcomes)
        after = asked(link, 20 * [RescoringEndpoint(url, TOKEN)], TIME_ENOUGH_S)
    assert any(outcome.account.outcome is RescoringOutcome.USED for outcome, _ in after)
