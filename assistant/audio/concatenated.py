"""Sources in a row, as one stream: what a microphone would bring."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from assistant.audio.source import SAMPLE_RATE, AudioSource, Frame


class Concatenated:
    """One source after the other, without a gap."""

    def __init__(self, name: str, sources: Sequence[AudioSource]) -> None:
        self.name = name
        self._sources = sources
        self.begins_s: list[float] = []
        """Where each source began, of those that were begun."""

    async def frames(self) -> AsyncIterator[Frame]:
        """The frames of all sources."""
        samples = 0
        for source in self._sources:
            self.begins_s.append(samples / SAMPLE_RATE)
            async for frame in source.frames():
                samples += frame.size
                yield frame
