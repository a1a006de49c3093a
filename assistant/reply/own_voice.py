"""Where in the audio Hearth itself is heard, so that it does not wake from its own reply.

Places are seconds of audio, as all decisions are: a sound that begins when `now_s` of audio have
been heard is in the audio from there on, for as long as it lasts and a little longer.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator
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
        self._text = ""

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
    def speaking(self, length_s: float, text: str = "") -> Iterator[None]:
        """A sound of this length with these words is played within; if that fails, unheard."""
        if self.now_s >= self._until_s:
            self._from_s, self._text = self.now_s, ""
        self._text = f"{self._text} {text}".strip()
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

    @property
    def text(self) -> str:
        """The words that may be heard now; empty where none are."""
        return self._text if self.covers(self.now_s) else ""

    @property
    def sounds(self) -> bool:
        """Whether anything is being played."""
        return self._speaking

    @property
    def speaks(self) -> bool:
        """Whether words are being played."""
        return self._speaking and bool(self._text)

    def says(self, words: Iterable[str], at_s: float) -> bool:
        """Whether it may be Hearth that says one of some words at this place.

        What it does not say has been said by somebody else: nobody has to wait for the end of an
        answer. Of several words the last tells them from what is said often.
        """
        own = set(re.findall(r"\w+", self._text.casefold()))
        return self.covers(at_s) and any(word.casefold().split()[-1] in own for word in words)

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
