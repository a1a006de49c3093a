"""The client against servers that fail in every way: the user has the local result, in time."""

import asyncio
import logging
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from assistant.pipeline.rescorer import RescoringError, RescoringOutcome
from assistant.rescoring.batching import BatchLimits
from assistant.rescoring.client import Client, RescoringEndpoint, trust
from assistant.rescoring.remote import RemoteRescorer, RescoringPolicy
from assistant.rescoring.wire import pack_lattice, pack_reweighted
from tests.hand_clock import HandClock
from tests.rescoring.lattices import LIGHTS, TOKEN, answering, at_home, lattice, result, serving

HEARD = result(LIGHTS)
OTHER = result(lattice((0, 1, "turn", -0.1), (1, 2, "off", -0.2), (2, 3, "lights", -0.1)))
ANSWER = pack_reweighted(at_home([LIGHTS])[0])


class Asked:
    """A client of a server, with a clock that the test advances."""

    def __init__(self, url, early=True, names=(), token=TOKEN, trusted=True):
        self.clock = HandClock()
        policy = RescoringPolicy(deadline_s=0.15, early=early, names=lambda: names)
        self.rescorer = RemoteRescorer(
            Client(RescoringEndpoint(url, token, trusted)), policy, self.clock
        )

    async def __aenter__(self):
        await self.rescorer.start()
        return self

    async def __aexit__(self, *_):
        await self.rescorer.close()
        running = {task.get_coro().__qualname__ for task in asyncio.all_tasks()}
        assert "Client.rescore" not in running, "a request is left over"

    async def settle(self, heard=HEARD):
        """The outcome, without any time passing."""
        return await self.rescorer.open().settle(heard)

    async def settle_late(self, heard=HEARD):
        """The outcome when the deadline passes."""
        settling = asyncio.create_task(self.settle(heard))
        async with asyncio.timeout(10):
            while not self.clock.waits_s:  # noqa: ASYNC110 - until it waits for the clock
                await asyncio.sleep(0)
            assert not settling.done()
            await self.clock.turn(0.15)
            return await settling


def is_local(outcome, how):
    assert outcome.result is HEARD
    assert outcome.account.outcome is how
    assert outcome.account.lattice_bytes == len(pack_lattice(LIGHTS))
    return True


async def test_the_result_is_the_better_one():
    async with serving(token=TOKEN) as url, Asked(url) as asked:
        outcome = await asked.settle()
    assert outcome.account.outcome is RescoringOutcome.USED
    assert outcome.result.text == "turn on lights"
    assert outcome.result.end_of_sentence == HEARD.end_of_sentence
    edges = outcome.result.lattice.edges
    assert sum(edge.posterior for edge in edges if edge.start == 0) == pytest.approx(1.0)


async def test_server_down():
    async with answering(None) as url:
        pass
    async with Asked(url) as asked:
        assert is_local(await asked.settle(), RescoringOutcome.FAILED)


async def test_server_slow():
    """It answers, but after the deadline."""
    late = asyncio.Event()

    async def reply(_, writer):
        await late.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER)
        await writer.drain()

    async with answering(reply) as url, Asked(url) as asked:
        assert is_local(await asked.settle_late(), RescoringOutcome.LATE)
        late.set()


async def test_server_hangs_half_way():
    never = asyncio.Event()

    async def reply(_, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER[:9])
        await writer.drain()
        await never.wait()

    async with answering(reply) as url, Asked(url) as asked:
        assert is_local(await asked.settle_late(), RescoringOutcome.LATE)
        never.set()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + ANSWER[:9],
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + bytes(1_100_000),
    ],
)
async def test_garbage(said):
    async def reply(_, writer):
        writer.write(said)
        await writer.drain()

    async with answering(reply) as url, Asked(url) as asked:
        assert is_local(await asked.settle(), RescoringOutcome.FAILED)


async def test_wrong_token(caplog):
    async with serving(token=TOKEN) as url, Asked(url, token="wrong") as asked:  # noqa: S106
        assert is_local(await asked.settle(), RescoringOutcome.FAILED)
    assert "set rescoring.token to the server's" in caplog.text


async def test_lattice_too_large():
    async with serving(token=TOKEN, most_bytes=20) as url, Asked(url) as asked:
        assert is_local(await asked.settle(), RescoringOutcome.FAILED)


@pytest.fixture
def authority():
    return trustme.CA()


def certified(authority, **validity):
    """A server's side of TLS, and how its authority is trusted."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", **validity).configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


async def test_over_tls(authority):
    tls, trusted = certified(authority)
    async with serving(token=TOKEN, tls=tls) as url, Asked(url, trusted=trusted) as asked:
        assert url.startswith("https")
        assert (await asked.settle()).account.outcome is RescoringOutcome.USED


async def test_expired_certificate(authority, caplog):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    tls, trusted = certified(authority, not_before=yesterday - timedelta(1), not_after=yesterday)
    async with serving(token=TOKEN, tls=tls) as url, Asked(url, trusted=trusted) as asked:
        assert is_local(await asked.settle(), RescoringOutcome.FAILED)
    assert "certificate has expired" in caplog.text


async def test_a_stranger_s_certificate(authority, caplog):
    tls, _ = certified(authority)
    async with serving(token=TOKEN, tls=tls) as url, Asked(url) as asked:
        assert is_local(await asked.settle(), RescoringOutcome.FAILED)
    assert "not to be trusted" in caplog.text


def test_a_certificate_that_is_none(tmp_path):
    with pytest.raises(RescoringError, match=r"gone\.pem is no certificate"):
        trust(tmp_path / "gone.pem")


async def test_an_early_request_is_the_only_one_when_the_words_stay():
    counted = []

    def rescore(lattices):
        counted.extend(lattices)
        return at_home(lattices)

    async with serving(rescore, token=TOKEN) as url, Asked(url) as asked:
        rescoring = asked.rescorer.open()
        rescoring.begin(HEARD)
        outcome = await rescoring.settle(HEARD)
    assert outcome.account.outcome is RescoringOutcome.USED
    assert outcome.account.lattice_bytes == len(pack_lattice(LIGHTS))
    assert len(counted) == 1


async def test_a_revised_lattice_replaces_the_request():
    async with serving(token=TOKEN) as url, Asked(url) as asked:
        rescoring = asked.rescorer.open()
        rescoring.begin(OTHER)
        outcome = await rescoring.settle(HEARD)
    assert outcome.result.text == "turn on lights"
    sent = len(pack_lattice(LIGHTS)) + len(pack_lattice(OTHER.lattice))
    assert outcome.account.lattice_bytes == sent


async def test_not_early_if_it_is_not_wanted():
    async with serving(token=TOKEN) as url, Asked(url, early=False) as asked:
        rescoring = asked.rescorer.open()
        rescoring.begin(OTHER)
        outcome = await rescoring.settle(HEARD)
    assert outcome.account.lattice_bytes == len(pack_lattice(LIGHTS))


async def test_a_dropped_utterance_leaves_no_request():
    hang = asyncio.Event()

    async def reply(*_):
        await hang.wait()

    async with answering(reply) as url, Asked(url) as asked:
        rescoring = asked.rescorer.open()
        rescoring.begin(HEARD)
        await asyncio.sleep(0)
        await rescoring.cancel()
        hang.set()


async def test_silence_is_sent_to_nobody():
    silence = result(lattice((0, 1, "", -0.1)))
    async with Asked("http://127.0.0.1:9") as asked:
        outcome = await asked.settle(silence)
    assert outcome.account is None
    assert outcome.result is silence


async def test_names_stay_here_and_come_back():
    seen = []
    said = lattice((0, 1, "call", -0.1), (1, 2, "siobhan", -0.4), (1, 2, "driving", -0.3))

    def rescore(lattices):
        seen.extend(edge.word for each in lattices for edge in each.edges)
        return at_home(lattices)

    async with serving(rescore, token=TOKEN) as url, Asked(url, names=["Siobhán"]) as asked:
        outcome = await asked.settle(result(said))
    assert sorted(seen) == ["<name>", "call", "driving"]
    texts = {each.text for each in outcome.result.nbest}
    assert texts == {"call siobhan", "call driving"}


async def test_a_server_that_is_gone_is_left_alone_for_a_while(caplog):
    caplog.set_level(logging.INFO)
    async with answering(None) as url:
        pass
    async with Asked(url) as asked:
        for _ in range(3):
            assert (await asked.settle()).account.outcome is RescoringOutcome.FAILED
        assert (await asked.settle()).account is None
        assert sum("cannot be reached" in line for line in caplog.messages) == 1
        port = int(url.rsplit(":", 1)[1])
        async with serving(token=TOKEN, port=port):
            assert (await asked.settle()).account is None
            await asked.clock.turn(61)
            assert (await asked.settle()).account.outcome is RescoringOutcome.USED
    assert "the rescoring server answers again" in caplog.text


async def test_a_thousand_clients_at_once():
    """Whoever is refused has the local result, and the server goes on."""
    limits = BatchLimits(waiting=200, time_s=60)
    async with serving(token=TOKEN, limits=limits) as url, asyncio.timeout(60):
        asked = [Asked(url) for _ in range(1000)]
        await asyncio.gather(*(each.rescorer.start() for each in asked))
        outcomes = await asyncio.gather(*(each.settle() for each in asked))
        await asyncio.gather(*(each.rescorer.close() for each in asked))
        async with Asked(url) as last:
            assert (await last.settle()).account.outcome is RescoringOutcome.USED
    assert len(outcomes) == 1000
    for outcome in outcomes:
        used = outcome.account.outcome is RescoringOutcome.USED
        assert outcome.result.text == ("turn on lights" if used else HEARD.text)
