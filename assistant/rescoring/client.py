"""Asks a rescoring server: a lattice goes out over HTTP, and comes back rescored."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from assistant.lattice.graph import Lattice
from assistant.pipeline.rescorer import RescoringError
from assistant.rescoring.wire import MOST_BYTES, WireError, unpack_reweighted

PATH: Final = "/v1/rescore"
CONTENT_TYPE: Final = "application/vnd.hearth.lattice"
_TOTAL_S = 10.0
"""After so long a request is given up for good, whatever its deadline."""
_KEEP_ALIVE_S = 60.0
"""Less than the server's, so that no request goes down a connection that is being closed."""

_NEEDLESS: Final = ("Accept", "Accept-Encoding", "User-Agent")
"""Headers that would be half of what is sent."""

_REASONS: Final = {
    401: "the server refuses the token: set rescoring.token to the server's",
    404: "there is no rescoring server at this address: check rescoring.url",
    413: "the server finds the lattice too large",
    429: "the server is busy",
    502: "the server's language model gives no answer: its log says why",
    503: "the server is busy",
}


@dataclass(frozen=True, slots=True)
class RescoringEndpoint:
    """Where a rescoring server is, and how it is believed."""

    url: str
    token: str | None = None
    trust: ssl.SSLContext | bool = True
    """Whom to trust: everyone the system trusts, or a context with a certificate of one's own."""

    @property
    def address(self) -> str:
        """The URL that lattices are sent to."""
        return self.url.rstrip("/").removesuffix(PATH) + PATH


def trust(certificate: Path | None) -> ssl.SSLContext | bool:
    """Everyone the system trusts, or only a certificate; raises `RescoringError`."""
    if certificate is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(certificate))
    except (OSError, ssl.SSLError) as error:
        raise RescoringError(
            f"{certificate} is no certificate ({error}): set rescoring.certificate to a PEM file"
        ) from None


class Client:
    """Sends lattices to one server; open and close it in the same event loop."""

    def __init__(self, server: RescoringEndpoint) -> None:
        self.server = server
        self._session: aiohttp.ClientSession | None = None

    def open(self) -> None:
        """Make ready; nothing is connected yet."""
        headers = {"Content-Type": CONTENT_TYPE}
        if self.server.token:
            headers["Authorization"] = f"Bearer {self.server.token}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(keepalive_timeout=_KEEP_ALIVE_S, limit=4),
            headers=headers,
            skip_auto_headers=_NEEDLESS,
            timeout=aiohttp.ClientTimeout(_TOTAL_S),
        )

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()

    async def rescore(self, message: bytes, lattice: Lattice) -> Lattice:
        """Send a packed lattice; `lattice`, with all its words and times, comes back rescored.

        Raises:
            RescoringError: the server cannot be reached, refuses, or answers with garbage.

        """
        if self._session is None:
            raise RescoringError("not connected")
        try:
            async with self._session.post(
                self.server.address, data=message, ssl=self.server.trust, allow_redirects=False
            ) as response:
                if response.status != 200:  # noqa: PLR2004 - OK
                    raise RescoringError(_refusal(response.status))
                answer = await _read(response)
            return unpack_reweighted(answer, lattice)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise RescoringError(_why(error, self.server.url)) from None
        except (WireError, ValueError) as error:
            raise RescoringError(f"{self.server.url} answers with garbage: {error}") from None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body; a server may not send more than is ever needed."""
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > MOST_BYTES:
            raise WireError("the answer does not end")
    return bytes(body)


def _refusal(status: int) -> str:
    return _REASONS.get(status, f"the server answers with status {status}")


def _why(error: BaseException, url: str) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"the certificate of {url} is not to be trusted: {error.certificate_error}"
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return f"{url} does not speak TLS as it should: {error}"
    if isinstance(error, TimeoutError):
        return f"{url} does not answer"
    return f"{url} cannot be reached: {error or type(error).__name__}"
