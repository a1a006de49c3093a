"""Where in the audio Hearth itself is heard, so that it does not wake from its own reply.

Places are seconds of audio, as all decisions are: a sound that begins when `now_s` of audio have
been heard is in the audio from there on, for as long as it lasts and a little longer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from assistant.audio.source import SAMPLE_RATE, AudioSource, Frame

TAIL_S = 0.5
"""Echo of the room, delay of the loudspeaker, and audio that waited to be taken."""


class OwnVoice:
    """Knows which part of one stream of audio holds Hearth's own sounds."""

    def __init__(self, tail_s: float = TAIL_S) -> None:
        self._tail_s = tail_s
        self._samples = 0
        self._from_s = 0.0
        self._until_s = 0.0
        self._speaking = False

    def over(self, source: AudioSource) -> AudioSource:
        """The same source, its samples counted as they are heard."""
        return _Counted(source, self)

    def hear(self, samples: int) -> None:
        """So many more samples were heard."""
        self._samples += samples

    @property
    def now_s(self) -> float:
        """How much audio was heard."""
        return self._samples / SAMPLE_RATE

    @contextmanager
    def speaking(self, length_s: float) -> Iterator[None]:
        """A sound of this length is played within; one that fails is not heard."""
        if self.now_s >= self._until_s:
            self._from_s = self.now_s
        self._until_s = max(self._until_s, self.now_s + length_s + self._tail_s)
        self._speaking = True
        try:
            yield
        except BaseException:
            self._until_s = self.now_s + self._tail_s
            raise
        else:
            self._until_s = max(self._until_s, self.now_s + self._tail_s)
        finally:
            self._speaking = False

    def covers(self, at_s: float) -> bool:
        """Whether what was heard at this place may be Hearth itself."""
        return self._from_s < at_s and (self._speaking or at_s <= self._until_s)


class _Counted:
    """A source whose samples are counted."""

    def __init__(self, source: AudioSource, own_voice: OwnVoice) -> None:
        self.name = source.name
        self._source = source
        self._own_voice = own_voice

    async def frames(self) -> AsyncIterator[Frame]:
        """The frames of the source."""
        async for frame in self._source.frames():
            self._own_voice.hear(frame.size)
            yield frame
