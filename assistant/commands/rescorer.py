"""`assistant rescorer`: the rescoring server."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import ssl

from assistant.commands import UsageError, bound, print_line, settings_of
from assistant.config import Settings
from assistant.config.rescoring import RescorerSettings, leaves_device
from assistant.rescoring.factory import make_rescore, server_settings
from assistant.rescoring.server import RescoringServer

_LOG = logging.getLogger(__name__)
_HIGHEST_PORT = 65535


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop; prints one line with the address when ready."""
    if not 0 <= args.port <= _HIGHEST_PORT:
        raise UsageError(f"there is no port {args.port}; choose one from 0 to {_HIGHEST_PORT}")
    settings = settings_of(args)
    if leaves_device(f"http://{_bracketed(args.host)}") and settings.rescorer.token is None:
        raise UsageError(
            f"anyone who reaches {args.host} could use this server: write `rescorer: {{token: "
            "!secret rescorer_token}` into the configuration, or serve only this device"
        )
    asyncio.run(serve(settings, args.host, args.port))
    return 0


async def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; then answer those that wait, and leave."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    rescore = await asyncio.to_thread(make_rescore, settings)
    server = RescoringServer(rescore, server_settings(settings.rescorer))
    tls = _tls(settings.rescorer)
    address = await bound(server.start(host, port, tls), host, port)
    if tls is None and leaves_device(f"http://{_bracketed(address[0])}"):
        _LOG.warning("no certificate: something before this server has to speak TLS with clients")
    print_line(f"{'http' if tls is None else 'https'}://{_bracketed(address[0])}:{address[1]}")
    await stop.wait()
    await server.close()


def _tls(settings: RescorerSettings) -> ssl.SSLContext | None:
    if settings.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"{settings.certificate} and {settings.key} are no certificate and its key ({error}):"
            " set rescorer.certificate and rescorer.key to PEM files"
        ) from None
    return context


def _bracketed(host: str) -> str:
    """A host as it is written in a URL."""
    return f"[{host}]" if ":" in host else host
