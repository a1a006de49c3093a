"""A Wyoming satellite for tests: a real server of the protocol's own package."""

import asyncio
from functools import partial

import numpy as np
from wyoming.audio import AudioChunk, AudioStop
from wyoming.ping import Ping, Pong
from wyoming.server import AsyncEventHandler, AsyncServer
from wyoming.snd import Played

from assistant.audio.source import FRAME_SAMPLES


class Device:
    """The satellite's side: what it is sent, and a way to send."""

    def __init__(self, port):
        self.url = f"tcp://127.0.0.1:{port}"
        self.received = asyncio.Queue()
        self.handler = None
        self.answers_pings = True
        self._server = None

    async def start(self):
        self._server = AsyncServer.from_uri(self.url)
        await self._server.start(partial(Handler, self))

    async def stop(self):
        if self.handler is not None:
            self.handler.writer.close()
        if self._server is not None:
            await self._server.stop()

    async def send(self, *events):
        for event in events:
            await self.handler.write_event(event.event())

    async def speak(self, *values):
        """Send 10 ms of each value."""
        await self.play(np.repeat(np.array(values, np.int16), FRAME_SAMPLES))

    async def play(self, samples):
        """Send int16 [n]."""
        for at in range(0, len(samples), FRAME_SAMPLES):
            audio = samples[at : at + FRAME_SAMPLES].tobytes()
            await self.send(AudioChunk(rate=16_000, width=2, channels=1, audio=audio))

    async def next(self, *types, limit_s=10):
        """The next event of one of the types that it is sent."""
        async with asyncio.timeout(limit_s):
            while (event := await self.received.get()).type not in types:
                pass
        return event


class Handler(AsyncEventHandler):
    def __init__(self, device, *args):
        super().__init__(*args)
        self.device = device

    async def handle_event(self, event):
        self.device.handler = self
        if Ping.is_type(event.type) and self.device.answers_pings:
            await self.write_event(Pong().event())
        if AudioStop.is_type(event.type):
            await self.write_event(Played().event())
        self.device.received.put_nowait(event)
        return True
