"""Found by a real browser of zeroconf, over the loopback interface."""

import asyncio
import socket

import pytest

pytest.importorskip("zeroconf", reason="the extra `wyoming` is not installed")

from zeroconf import DNSQuestionType, IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from assistant.wyoming.announcement import SERVICE, announced


def on_loopback():
    return AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)


async def find(name, within_ms=5000):
    browser = on_loopback()
    info = AsyncServiceInfo(SERVICE, name)
    # Asked for by multicast: an answer to one socket may go to the other one on this port.
    answered = await info.async_request(
        browser.zeroconf, within_ms, question_type=DNSQuestionType.QM
    )
    await browser.async_close()
    return info if answered else None


async def found(name):
    """What a browser finds; a busy machine loses multicast between two sockets on loopback."""
    info = await find(name)
    return info or pytest.skip("multicast over loopback is not delivered here")


async def test_it_is_found_while_it_serves():
    async with announced("127.0.0.1", 10_300, on_loopback()) as name:
        info = await found(name)
        assert info.port == 10_300
        assert info.addresses == [socket.inet_aton("127.0.0.1")]
    assert await find(name, within_ms=1000) is None


async def test_two_in_one_network_have_two_names():
    async with (
        announced("127.0.0.1", 10_300, on_loopback()) as first,
        announced("127.0.0.1", 10_301, on_loopback()) as second,
    ):
        assert first != second
        infos = await asyncio.gather(found(first), found(second))
        assert [info.port for info in infos] == [10_300, 10_301]


async def test_what_only_this_device_reaches_is_not_announced():
    async with announced("127.0.0.1", 10_300) as name:
        assert name == ""


async def test_a_network_that_cannot_be_told_is_survived(caplog):
    async with announced("no address", 10_300, on_loopback()) as name:
        assert name == ""
    assert "not announced in the network" in caplog.text
