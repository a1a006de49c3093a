"""`assistant wyoming`: Hearth as a service for Home Assistant and other Wyoming clients."""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

from assistant.app.assembly import favoured, favoured_sentences
from assistant.app.household import Household, make_household, state_folder
from assistant.app.recognition import load_recogniser
from assistant.commands import UsageError, bound, print_line, settings_of
from assistant.config import Settings
from assistant.config.extras import install_command
from assistant.pipeline.worker import Worker
from assistant.wake import factory as wake
from assistant.wake.detector import WakeDetector

try:
    from assistant.wyoming.announcement import announced
    from assistant.wyoming.description import describe
    from assistant.wyoming.server import Server
    from assistant.wyoming.session import Services
except ImportError as error:
    message = f"this needs an extra ({error}): {install_command('wyoming')}"
    raise UsageError(message) from None

_HIGHEST_PORT = 65535


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop; prints one line with the address when ready."""
    if not 0 <= args.port <= _HIGHEST_PORT:
        raise UsageError(f"there is no port {args.port}; choose one from 0 to {_HIGHEST_PORT}")
    asyncio.run(serve(settings_of(args), args.host, args.port))
    return 0


async def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    worker = Worker()
    house = await worker.run(make_household, settings, state=state_folder())
    try:
        await house.start()
        server = Server(await _services(settings, worker, house))
        address = await bound(server.start(host, port), host, port)
        print_line(f"tcp://{address[0]}:{address[1]}")
        async with announced(*address):
            await stop.wait()
        await server.close()
    finally:
        await house.close()
        worker.close()


async def _services(settings: Settings, worker: Worker, house: Household) -> Services:
    recogniser = await worker.run(load_recogniser, settings)
    chosen = settings.wake

    def detector(names: Sequence[str] | None) -> WakeDetector:
        return wake.create(
            chosen.engine, names or chosen.words, chosen.threshold, chosen.refractory_s
        )

    return Services(
        info=describe(recogniser.name, tuple(Path(word).stem for word in chosen.words)),
        worker=worker,
        recogniser=recogniser,
        detector=detector,
        household=house,
        bias=lambda: favoured(settings, house),
        sentences=lambda: favoured_sentences(settings, house),
    )
