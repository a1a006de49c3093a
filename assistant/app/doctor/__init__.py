"""`assistant doctor`: looks at everything that Hearth depends on, and says what to do.

Each check gives findings and never raises: what it cannot find out is a finding too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator

from assistant.app.doctor import cameras, files, hearing, house, models, people
from assistant.app.doctor.finding import Finding, Verdict
from assistant.audio.capture import Driver
from assistant.audio.portaudio import PortAudio
from assistant.config.settings import Settings

__all__ = ["Finding", "Verdict", "examine", "healthy"]


async def examine(
    settings: Settings, driver: Callable[[], Driver] = PortAudio
) -> tuple[Finding, ...]:
    """All findings, in the order of the configuration."""

    async def slow(check: Callable[[], Iterator[Finding]]) -> list[Finding]:
        return await asyncio.to_thread(lambda: list(check()))

    return (
        *files.configuration(settings),
        *await slow(lambda: hearing.microphone(settings, driver)),
        *await slow(lambda: hearing.echo_cancellation(settings.audio)),
        *await slow(lambda: cameras.cameras(settings)),
        *await slow(lambda: hearing.wake_words(settings)),
        *await slow(lambda: models.recogniser(settings)),
        *await slow(lambda: models.edge(settings)),
        *house.contacts(settings),
        *await slow(lambda: people.voices(settings)),
        *await slow(lambda: people.other_voices(settings)),
        *await slow(people.whispers),
        *await house.rescoring(settings),
        *await slow(lambda: hearing.replies(settings.replies)),
        *await house.household(settings),
        *files.folders(settings),
    )


def healthy(findings: Iterable[Finding]) -> bool:
    """Whether nothing is wrong; hints may be there."""
    return all(finding.verdict is not Verdict.PROBLEM for finding in findings)
