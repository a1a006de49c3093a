"""Found by a real browser of zeroconf, over the loopback interface."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest

pytest.importorskip("zeroconf", reason="the extra `wyoming` is not installed")

from zeroconf import IPVersion, ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from assistant.wyoming.announcement import SERVICE, announced

LIMIT_S = 30


def on_loopback():
    return AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)


@asynccontextmanager
async def browsing():
    browser = Browser()
    try:
        yield browser
    finally:
        await browser.close()


class Browser:
    """Looks for Wyoming services as Home Assistant does."""

    def __init__(self):
        self.changes = asyncio.Queue()
        self._own = on_loopback()
        self._browser = AsyncServiceBrowser(self._own.zeroconf, SERVICE, handlers=[self._changed])

    def _changed(self, zeroconf, service_type, name, state_change):
        self.changes.put_nowait((name, state_change))

    async def until(self, name, state_change):
        async with asyncio.timeout(LIMIT_S):
            while await self.changes.get() != (name, state_change):
                pass

    async def resolve(self, name):
        """Port and address of a service.

        python-zeroconf puts the records of an answer in no fixed order; in some orders the request
        misses the address and waits on, though the cache has it: the next request finds it there.
        """
        info = AsyncServiceInfo(SERVICE, name)
        async with asyncio.timeout(LIMIT_S):
            while not await info.async_request(self._own.zeroconf, 500):
                pass
        return info

    async def close(self):
        await self._browser.async_cancel()
        await self._own.async_close()


async def test_it_is_found_while_it_serves():
    async with browsing() as browser:
        async with announced("127.0.0.1", 10_300, on_loopback()) as name:
            await browser.until(name, ServiceStateChange.Added)
            info = await browser.resolve(name)
            assert info.port == 10_300
            assert info.addresses == [socket.inet_aton("127.0.0.1")]
        await browser.until(name, ServiceStateChange.Removed)


async def test_two_in_one_network_have_two_names():
    # The second one listens before the first one says its name.
    one, two = on_loopback(), on_loopback()
    async with (
        browsing() as browser,
        announced("127.0.0.1", 10_300, one) as first,
        announced("127.0.0.1", 10_301, two) as second,
    ):
        assert first != second
        infos = [await browser.resolve(name) for name in (first, second)]
        assert [info.port for info in infos] == [10_300, 10_301]


async def test_what_only_this_device_reaches_is_not_announced():
    async with announced("127.0.0.1", 10_300) as name:
        assert name == ""


async def test_a_network_that_cannot_be_told_is_survived(caplog):
    async with announced("no address", 10_300, on_loopback()) as name:
        assert name == ""
    assert "not announced in the network" in caplog.text
