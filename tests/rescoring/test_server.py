"""The rescoring server over real sockets."""

import asyncio
import threading

import aiohttp
import pytest

from assistant.lattice.nbest import nbest
from assistant.rescoring.batching import Batcher, BatchLimits, BusyError
from assistant.rescoring.client import PATH
from assistant.rescoring.language_model import LanguageModelError
from assistant.rescoring.wire import pack_lattice, unpack_reweighted
from tests.hand_clock import HandClock
from tests.rescoring.lattices import LIGHTS, TOKEN, at_home, serving

MESSAGE = pack_lattice(LIGHTS)
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


async def post(http, url, body=MESSAGE, headers=BEARER):
    async with http.post(url + PATH, data=body, headers=headers) as response:
        return response.status, await response.read()


async def figures(http, url):
    async with http.get(url + "/metrics") as response:
        lines = (await response.text()).splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


async def test_a_lattice_goes_in_and_comes_out_weighed_anew(http):
    async with serving(token=TOKEN) as url:
        status, body = await post(http, url)
    assert status == 200
    assert nbest(unpack_reweighted(body, LIGHTS), 1)[0].text == "turn on lights"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}]
)
async def test_without_the_token_nothing_is_done(http, headers):
    async with serving(token=TOKEN) as url:
        status, body = await post(http, url, headers=headers)
        assert (status, body) == (401, b"the token is not right\n")
        assert (await figures(http, url))['hearth_rescorer_requests_total{status="401"}'] == "1.0"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"turn on the lights", 400),
        (MESSAGE[:-3], 400),
        (bytes(70_000), 413),
    ],
)
async def test_garbage_is_refused_and_the_server_goes_on(http, body, status):
    async with serving(token=TOKEN) as url:
        assert (await post(http, url, body))[0] == status
        assert (await post(http, url))[0] == 200


async def test_health_and_figures_need_no_token(http):
    async with serving(token=TOKEN) as url:
        await post(http, url)
        async with http.get(url + "/healthz") as response:
            assert (response.status, await response.text()) == (200, "ok\n")
        found = await figures(http, url)
    assert found['hearth_rescorer_requests_total{status="200"}'] == "1.0"
    assert found["hearth_rescorer_received_bytes_total"] == str(float(len(MESSAGE)))
    assert found["hearth_rescorer_request_seconds_count"] == "1.0"
    assert found["hearth_rescorer_batch_size_sum"] == "1.0"


async def test_a_language_model_that_is_gone_is_said_and_the_server_goes_on(http):
    broken = [True]

    def rescore(lattices):
        if broken.pop() if broken else False:
            raise LanguageModelError("it is not there")
        return at_home(lattices)

    async with serving(rescore) as url:
        assert await post(http, url) == (502, b"it is not there\n")
        assert (await post(http, url))[0] == 200


class Slow:
    """Rescores when it is let."""

    def __init__(self):
        self.begun = threading.Semaphore(0)
        self.let = threading.Semaphore(0)
        self.batches = []

    def __call__(self, lattices):
        self.batches.append(len(lattices))
        self.begun.release()
        assert self.let.acquire(timeout=10)
        return at_home(lattices)

    async def wait_until_begun(self):
        assert await asyncio.to_thread(self.begun.acquire, timeout=10)


async def test_what_arrives_meanwhile_is_the_next_batch(http):
    slow = Slow()
    async with serving(slow) as url:
        first = asyncio.create_task(post(http, url))
        await slow.wait_until_begun()
        rest = [asyncio.create_task(post(http, url)) for _ in range(5)]
        await waiting(http, url, 6)
        slow.let.release(2)
        answers = await asyncio.gather(first, *rest)
    assert [status for status, _ in answers] == [200] * 6
    assert slow.batches == [1, 5]


async def waiting(http, url, count):
    """Until so many requests have arrived."""
    async with asyncio.timeout(10):
        received = "hearth_rescorer_received_bytes_total"
        while float((await figures(http, url))[received]) < count * len(MESSAGE):
            pass


async def test_more_than_may_wait_are_refused_at_once(http):
    slow = Slow()
    async with serving(slow, limits=BatchLimits(waiting=2)) as url:
        first = asyncio.create_task(post(http, url))
        await slow.wait_until_begun()
        rest = [asyncio.create_task(post(http, url)) for _ in range(5)]
        await waiting(http, url, 6)
        slow.let.release(2)
        answers = [status for status, _ in await asyncio.gather(first, *rest)]
    assert sorted(answers) == [200, 200, 200, 503, 503, 503]


async def test_it_stops_after_it_has_answered(http):
    slow = Slow()
    async with serving(slow) as url:
        asked = asyncio.create_task(post(http, url))
        await slow.wait_until_begun()
        asyncio.get_running_loop().call_later(0.05, slow.let.release)
    assert (await asked)[0] == 200
    with pytest.raises(aiohttp.ClientConnectorError):
        await post(http, url)


async def test_a_thousand_clients_at_once(http):
    """All are answered, with a result or a refusal; nobody is left hanging."""
    async with serving(limits=BatchLimits(waiting=200, time_s=60)) as url:
        async with asyncio.timeout(60):
            answers = await asyncio.gather(*(post(http, url) for _ in range(1000)))
        statuses = [status for status, _ in answers]
        assert set(statuses) <= {200, 503}
        assert statuses.count(200) >= 200
        assert (await post(http, url))[0] == 200


async def test_what_has_waited_too_long_is_not_computed():
    clock, slow = HandClock(), Slow()
    batcher = Batcher(slow, BatchLimits(time_s=1.0), clock)
    batcher.start()
    first = asyncio.create_task(batcher.rescore(LIGHTS))
    await slow.wait_until_begun()
    late = asyncio.create_task(batcher.rescore(LIGHTS))
    await clock.turn(1.5)
    slow.let.release()
    assert await first
    with pytest.raises(BusyError, match="too long"):
        await late
    assert slow.batches == [1]
    await batcher.close()


async def test_who_has_gone_is_not_served():
    slow = Slow()
    batcher = Batcher(slow, BatchLimits(), HandClock())
    batcher.start()
    first = asyncio.create_task(batcher.rescore(LIGHTS))
    await slow.wait_until_begun()
    gone = asyncio.create_task(batcher.rescore(LIGHTS))
    last = asyncio.create_task(batcher.rescore(LIGHTS))
    await asyncio.sleep(0)
    gone.cancel()
    slow.let.release(2)
    await asyncio.gather(first, last)
    assert slow.batches == [1, 1]
    await batcher.close()


async def test_closing_tells_those_who_wait():
    slow = Slow()
    batcher = Batcher(slow, BatchLimits(), HandClock())
    batcher.start()
    first = asyncio.create_task(batcher.rescore(LIGHTS))
    await slow.wait_until_begun()
    waits = asyncio.create_task(batcher.rescore(LIGHTS))
    await asyncio.sleep(0)
    slow.let.release()
    await batcher.close()
    outcomes = await asyncio.gather(first, waits, return_exceptions=True)
    assert all(isinstance(outcome, BusyError) for outcome in outcomes)
