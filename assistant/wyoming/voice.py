"""Speech from a Wyoming server, such as wyoming-piper, which keeps its voice loaded."""

from __future__ import annotations

import numpy as np
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.tts import Synthesize, SynthesizeVoice

from assistant.reply.sound import Sound
from assistant.reply.voice import ReplyError
from assistant.wyoming.wire import Peer, WyomingError

_IDLE_S = 20.0
_LONGEST_BYTES = 32 * 1024 * 1024
"""Some minutes of speech: no answer is as long."""
_INT16 = 2


class WyomingVoice:
    """A `Voice`. Connects again for each answer, so a server that was restarted does no harm."""

    def __init__(self, url: str, name: str | None = None) -> None:
        self._url = url
        self._voice = SynthesizeVoice(name=name) if name else None

    async def speak(self, text: str) -> Sound:
        """The text, spoken; raises `ReplyError`."""
        try:
            peer = await Peer.connect(self._url, _IDLE_S)
            try:
                await peer.send(Synthesize(text=text, voice=self._voice))
                return await _speech(peer)
            finally:
                await peer.close()
        except (WyomingError, ValueError, KeyError, TypeError) as error:
            raise ReplyError(f"no speech from {self._url}: {error}") from None


async def _speech(peer: Peer) -> Sound:
    start = AudioStart(rate=0, width=0, channels=0)
    audio = bytearray()
    while True:
        event = await peer.receive()
        if AudioStart.is_type(event.type):
            start = AudioStart.from_event(event)
        elif AudioChunk.is_type(event.type):
            audio += AudioChunk.from_event(event).audio
        elif AudioStop.is_type(event.type):
            break
        elif Error.is_type(event.type):
            raise WyomingError(Error.from_event(event).text)
        if len(audio) > _LONGEST_BYTES:
            raise WyomingError("it does not stop speaking")
    if start.width != _INT16 or start.rate <= 0 or start.channels <= 0:
        raise WyomingError(f"its audio has {start.width} bytes a sample, not {_INT16}")
    step = _INT16 * start.channels
    samples = np.frombuffer(bytes(audio[: len(audio) // step * step]), "<i2")
    return Sound(np.ascontiguousarray(samples[:: start.channels]), start.rate)
