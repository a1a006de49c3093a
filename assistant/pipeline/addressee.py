"""Who was spoken to: puts together what is known of an utterance that needed no wake word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from assistant.pipeline.decision import TurnEnd
from assistant.pipeline.directedness import SHIPPED, Judge, Signs
from assistant.pipeline.trigger import FollowUp
from assistant.speaker.heard import HeardVoice

LAST_S: Final = 60.0
"""A command that is longer ago, in seconds of audio, says nothing of who speaks now."""

Likeness = Callable[[HeardVoice | None, HeardVoice | None], float | None]


def _nobody_compares(_one: HeardVoice | None, _other: HeardVoice | None) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Addressee:
    """Tells whether something is meant for this device: from a probability of `least` on."""

    least: float = 0.0
    likeness: Likeness = _nobody_compares
    judge: Judge = SHIPPED

    def probability(self, words: Signs, end: TurnEnd, last: TurnEnd | None) -> float:
        """That it is meant, by what its words say, and by the last command if there is one."""
        signs = replace(
            words,
            asked=end.follow_up is FollowUp.ANSWER,
            since_reply_s=end.since_reply_s,
            over_noise_db=end.loudness.over_noise_db,
            facing=end.seen.facing,
            somebody=end.seen.somebody,
        )
        if last is not None and end.audio_s - last.audio_s <= LAST_S:
            signs = replace(
                signs,
                likeness=self.likeness(end.speaker, last.speaker),
                nearer_db=end.loudness.above_db(last.loudness),
            )
        return self.judge.probability(signs)
