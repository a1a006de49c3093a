"""Being found in the network: DNS-SD over multicast DNS (RFC 6762, RFC 6763)."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from zeroconf import Error as ZeroconfError
from zeroconf import IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from assistant.wyoming.server import is_local

_LOG = logging.getLogger(__name__)
SERVICE = "_wyoming._tcp.local."
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
_SOMEWHERE = ("192.0.2.1", 9)
"""An address for documentation: asking the way to it sends nothing."""


@asynccontextmanager
async def announced(
    host: str, port: int, zeroconf: AsyncZeroconf | None = None
) -> AsyncIterator[str]:
    """While it lasts, Home Assistant finds us, if the network reaches us at all.

    Gives the name under which it does, empty if it does not: a network without multicast is a line
    in the log. Where another Hearth has the name already, ours gets a number.
    """
    if zeroconf is None and is_local(host):
        yield ""
        return
    async with AsyncExitStack() as ends:
        name = ""
        try:
            own = zeroconf or AsyncZeroconf(ip_version=IPVersion.V4Only)
            ends.push_async_callback(own.async_close)
            name = await _register(own, host, port)
            ends.push_async_callback(own.async_unregister_all_services)
        except (OSError, ZeroconfError) as error:
            _LOG.warning("not announced in the network: %s", error)
        yield name


async def _register(zeroconf: AsyncZeroconf, host: str, port: int) -> str:
    address = _own_address() if host in _EVERYWHERE else host
    info = ServiceInfo(SERVICE, f"hearth.{SERVICE}", port, addresses=[socket.inet_aton(address)])
    await (await zeroconf.async_register_service(info, allow_name_change=True))
    _LOG.info("announced in the network as %s at %s port %d", info.name, address, port)
    return info.name


def _own_address() -> str:
    """The address by which others reach this device."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(_SOMEWHERE)
        return str(asking.getsockname()[0])
