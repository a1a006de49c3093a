"""Why there is no connection to Home Assistant, and what to do about it."""

from __future__ import annotations

import asyncio
import errno
import ssl
from http import HTTPStatus
from http.client import HTTP_PORT
from urllib.parse import urlsplit

import aiohttp

_PROBE_S = 2.0
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"})
"""What OpenSSL calls an answer that is no TLS; which of them depends on its version."""


async def why(error: BaseException, url: str) -> str:
    """What is wrong with a URL that could not be connected to, for people."""
    if isinstance(error, aiohttp.ClientSSLError) and _reason(error) in _NOT_TLS:
        return (
            f"There is no HTTPS at {url}: write `http://` in `url`, unless you meant the port of "
            "something that has a certificate."
        )
    if _hangs_up(error) and await _speaks_tls(url):
        return f"What is at {url} speaks HTTPS only: write `https://` in `url`."
    return _otherwise(error, url)


def _reason(error: aiohttp.ClientSSLError) -> str:
    return str(getattr(error.os_error, "reason", None))


def _hangs_up(error: BaseException) -> bool:
    """Whether a server may have met plain HTTP where it expects TLS."""
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return error.status == HTTPStatus.BAD_REQUEST
    reset = isinstance(error, OSError) and error.errno == errno.ECONNRESET
    return reset or isinstance(error, aiohttp.ServerDisconnectedError)


async def _speaks_tls(url: str) -> bool:
    address = urlsplit(url)
    if address.scheme != "http":
        return False
    anyone = ssl.create_default_context()
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE  # nothing is sent
    try:
        async with asyncio.timeout(_PROBE_S):
            port = address.port or HTTP_PORT
            _, writer = await asyncio.open_connection(address.hostname, port, ssl=anyone)
    except (OSError, ValueError, TimeoutError):
        return False
    writer.close()
    return True


def _otherwise(error: BaseException, url: str) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return (
            f"The certificate of {url} is not trusted. If Home Assistant signed it itself, set "
            "`certificate` to its file; else use the address that the certificate is for."
        )
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return f"There is no Home Assistant at {url} (HTTP {error.status}): check the address."
    if isinstance(error, TimeoutError):
        return f"Home Assistant at {url} does not answer: check the address and the network."
    if isinstance(error, ValueError | TypeError | aiohttp.InvalidURL):
        return f"There is no Home Assistant at {url} ({error}): check the address."
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"Home Assistant cannot be reached at {url} ({reason}): is it running?"
