"""End-pointers that wait for a pause, which is as long as the words make it.

Countdowns in audio time; no clock, no thread, no side effect. The joint decision: the words choose
how long a pause must be ("set the lamp to" waits for more, "turn on the lamp" does not), and how
likely it is that the turn is over shortens it, unless the words are plainly unfinished. That is
known by the words and the voice; where no voice tells, by the recogniser's end-of-sentence token.
The speculative end-pointer waits less and may be wrong; the final one is surer, and also gives up
when nobody speaks or nobody stops.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from assistant.endpointing.completeness import Completeness
from assistant.endpointing.endpointer import EndpointFeatures
from assistant.endpointing.turn_evidence import probability
from assistant.events import EndReason


@dataclass(frozen=True, slots=True)
class Waits:
    """How long a pause ends a sentence, by how complete the words are."""

    complete_s: float
    likely_s: float
    unsure_s: float
    open_s: float
    incomplete_s: float
    end_of_sentence_share: float = 0.4
    """How much of the wait falls away when the recogniser is certain that the sentence ended."""
    turn_end_share: float = 0.5
    """The same when words and voice together are certain that the turn is over."""

    def required_s(self, features: EndpointFeatures) -> float:
        """The pause that is long enough for these features."""
        base_s = {
            Completeness.COMPLETE: self.complete_s,
            Completeness.LIKELY: self.likely_s,
            Completeness.UNSURE: self.unsure_s,
            Completeness.OPEN: self.open_s,
            Completeness.INCOMPLETE: self.incomplete_s,
        }[features.completeness]
        if features.completeness is not Completeness.COMPLETE:
            base_s *= features.patience
        if features.completeness in {Completeness.OPEN, Completeness.INCOMPLETE}:
            return base_s  # The words know better than the recogniser.
        return base_s * (1.0 - self._falls_away(features))

    def _falls_away(self, features: EndpointFeatures) -> float:
        if features.turn_end is None:
            return self.end_of_sentence_share * features.end_of_sentence
        return self.turn_end_share * probability(features.completeness, features.turn_end)


@dataclass(frozen=True, slots=True)
class Style:
    """The waits of both end-pointers under one word."""

    speculative: Waits
    final: Waits


# The final open and incomplete waits are above 1.2 s, so that a pause for thought cuts nobody off.
STYLES = {
    "quick": Style(Waits(0.14, 0.20, 0.26, 0.30, 0.50), Waits(0.34, 0.46, 0.60, 0.80, 1.10)),
    "normal": Style(Waits(0.16, 0.26, 0.36, 0.40, 0.70), Waits(0.45, 0.80, 1.10, 1.30, 1.60)),
    # With half of a wait falling away, one more was cut off in the patient style.
    "patient": Style(
        Waits(0.30, 0.40, 0.50, 0.60, 1.00, turn_end_share=0.4),
        Waits(0.75, 1.20, 1.60, 2.00, 2.40, turn_end_share=0.4),
    ),
}


@dataclass(frozen=True, slots=True)
class SpeculativeEndpointer:
    """Believes early that the sentence is over. Needs words: there is nothing to guess without."""

    waits: Waits

    def decide(self, features: EndpointFeatures) -> EndReason | None:
        """Why the sentence is probably over at this frame, if it is."""
        over = features.has_words and features.silence_s >= self.waits.required_s(features)
        return EndReason.PAUSE if over else None


@dataclass(frozen=True, slots=True)
class FinalEndpointer:
    """Decides that the sentence is over, or that there is none."""

    waits: Waits
    no_speech_timeout_s: float = 5.0
    max_utterance_s: float = 15.0

    def decide(self, features: EndpointFeatures) -> EndReason | None:
        """Why the utterance ends at this frame, if it does."""
        if features.spoken_s >= self.max_utterance_s:
            return EndReason.TOO_LONG
        quiet = features.silence_s >= self.waits.required_s(features)
        if features.has_words:
            return EndReason.PAUSE if quiet else None
        # A cough is no command, nor is the last syllable of the wake word: go on waiting.
        waited = features.heard_s >= self.no_speech_timeout_s
        return EndReason.NO_SPEECH if waited and (quiet or not features.spoken_s) else None


def with_waits(
    style: Style,
    speculative_s: float | None = None,
    final_s: float | None = None,
    incomplete_s: float | None = None,
) -> Style:
    """A style with some waits replaced: a complete sentence's, and the final incomplete one's.

    Those of likely, unsure and open sentences keep their proportion to that of a complete one.
    """
    final = _scaled(style.final, final_s)
    return Style(
        _scaled(style.speculative, speculative_s),
        replace(final, incomplete_s=max(final.open_s, incomplete_s or style.final.incomplete_s)),
    )


def _scaled(waits: Waits, complete_s: float | None) -> Waits:
    if complete_s is None:
        return waits
    factor = complete_s / waits.complete_s
    open_s = waits.open_s * factor
    return replace(
        waits,
        complete_s=complete_s,
        likely_s=waits.likely_s * factor,
        unsure_s=waits.unsure_s * factor,
        open_s=open_s,
        incomplete_s=max(waits.incomplete_s, open_s),
    )
