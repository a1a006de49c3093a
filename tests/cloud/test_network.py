"""Client and server in two network namespaces, 300 ms and one packet in ten lost between them."""

import asyncio
import threading
import time
from contextlib import contextmanager

import pytest

from assistant.audio.clock import MonotonicClock
from assistant.cloud.client import Client, Server
from assistant.cloud.remote import Manners, RemoteRescorer
from assistant.rescoring import Outcome
from tests.cloud import lossy_link
from tests.cloud.lattices import LIGHTS, TOKEN, result, serving

HEARD = result(LIGHTS)
UTTERANCES = 40
LEEWAY_S = 2.0
"""For a machine that is busy with other things."""

pytestmark = pytest.mark.skipif(bool(lossy_link.missing()), reason=lossy_link.missing() or "-")


@contextmanager
def served(link):
    """A rescoring server on the far side; its URL."""
    loop = asyncio.new_event_loop()
    ready, stop = threading.Event(), asyncio.Event()
    url = []

    async def serve():
        async with serving(token=TOKEN, host=link.SERVER) as where:
            url.append(where)
            ready.set()
            await stop.wait()

    def run():
        lossy_link.enter(link.server)
        loop.run_until_complete(serve())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    yield url[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()


def asked(link, url, deadline_s):
    """The outcomes of utterances on the near side, each with a connection of its own."""
    outcomes = []

    async def ask():
        manners = Manners(deadline_s=deadline_s, early=True, names=tuple)
        rescorer = RemoteRescorer(Client(Server(url, TOKEN)), manners, MonotonicClock())
        await rescorer.start()
        began = time.monotonic()
        outcome = await rescorer.open().settle(HEARD)
        outcomes.append((outcome, time.monotonic() - began))
        await rescorer.close()

    async def ask_all():
        await asyncio.gather(*(ask() for _ in range(UTTERANCES)))

    def run():
        lossy_link.enter(link.client)
        asyncio.run(ask_all())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return outcomes


@pytest.mark.parametrize("deadline_s", [0.15, 2.0])
def test_nobody_waits_beyond_the_deadline(deadline_s):
    """A request takes 1.2 s here at least: two ways for the connection, two for itself."""
    with lossy_link.LossyLink(delay_s=0.3, loss=0.1) as link, served(link) as url:
        outcomes = asked(link, url, deadline_s)
    assert link.lost
    assert len(outcomes) == UTTERANCES
    for outcome, waited_s in outcomes:
        used = outcome.account.outcome is Outcome.USED
        assert waited_s < deadline_s + LEEWAY_S
        assert outcome.result.text == ("turn on lights" if used else HEARD.text)
    answered = sum(outcome.account.outcome is Outcome.USED for outcome, _ in outcomes)
    assert answered == 0 if deadline_s < 1 else answered > 0
