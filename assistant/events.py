"""Every event that flows through Hearth; read top to bottom it is the story of one utterance.

Times are seconds of audio heard by the stream's source, never wall-clock time. Durations that
were measured on the clock end in `_ms`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, ClassVar, Final, Self, TypedDict

from assistant.lattice.graph import Lattice

HIDDEN: Final = "[hidden]"
"""Stands for words that nobody is told: they may be a code."""


class Where(TypedDict):
    """What places an event: the first two fields of each, for `SomeEvent(**where, ...)`."""

    source: str
    audio_s: float


@dataclass(frozen=True, slots=True)
class SpokenBy:
    """Who says something, by the voice."""

    name: str | None
    """`None`: a guest, or nobody can tell; `null` in JSON."""
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What all events share."""

    type: ClassVar[str]

    source: str
    """Name of the audio source: a file, `mic`, `-`."""
    audio_s: float
    """Position in the audio at which the decision was taken."""

    def hidden(self) -> Self:
        """The same without what was said in it."""
        return self

    def to_json(self) -> str:
        """One line of JSON: `type`, `source`, `audio_s`, then the fields.

        A field with a default of `None` is left out when it is `None`; without a default, `null`
        is a statement ("no intent").
        """
        values: dict[str, Any] = {"type": self.type}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None and field.default is None:
                continue
            values[field.name] = _plain(value)
        return json.dumps(values, ensure_ascii=False)


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Lattice):
        return value.to_json()
    if isinstance(value, SpokenBy):
        known = {"name": value.name, "probability": round(value.probability, 4)}
        return known if value.name is not None else None
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeDetected(Event):
    """Someone said the wake word."""

    type: ClassVar[str] = "wake_detected"
    wake_word: str
    probability: float
    whispered: float | None = None
    """The probability that it was whispered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Yielded(Event):
    """The wake word was heard here, too, but better by another source, which answers."""

    type: ClassVar[str] = "yielded"
    to: str
    """That source's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted(Event):
    """Somebody said words while Hearth spoke, which falls silent and listens."""

    type: ClassVar[str] = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechStarted(Event):
    """Speech began in an open utterance."""

    type: ClassVar[str] = "speech_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialTranscript(Event):
    """What has been understood so far, while the user speaks."""

    type: ClassVar[str] = "partial_transcript"
    text: str

    def hidden(self) -> Self:
        """Without the words."""
        return replace(self, text=HIDDEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeculativeEndpoint(Event):
    """The fast end-pointer believes that the sentence is over."""

    type: ClassVar[str] = "speculative_endpoint"
    text: str
    confidence: float

    def hidden(self) -> Self:
        """Without the words."""
        return replace(self, text=HIDDEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeculationReady(Event):
    """Understanding of the speculative lattice is done; nothing has been acted on."""

    type: ClassVar[str] = "speculation_ready"
    intent: str | None
    slots: dict[str, Any]
    nlu_ms: float

    def hidden(self) -> Self:
        """Without the slots, which hold words."""
        return replace(self, slots={})


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeculationReset(Event):
    """The speculation is thrown away: speech goes on, or the final lattice says otherwise."""

    type: ClassVar[str] = "speculation_reset"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescored(Event):
    """A server was asked for a second opinion on the words; it was sent a lattice, no audio."""

    type: ClassVar[str] = "rescored"
    outcome: str
    """`used`, `late` or `failed`."""
    lattice_bytes: int
    """What was sent."""
    audio_bytes: int
    """What the utterance's audio would have been, in 16-bit samples."""
    waited_ms: float
    """From the final end-point to the outcome."""


class EndReason(StrEnum):
    """Why an utterance is over."""

    PAUSE = "pause"
    NO_SPEECH = "no_speech"
    TOO_LONG = "too_long"
    END_OF_AUDIO = "end_of_audio"


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalEndpoint(Event):
    """The sentence is over."""

    type: ClassVar[str] = "final_endpoint"
    text: str
    confidence: float
    nbest: tuple[dict[str, Any], ...]
    revised: bool
    reason: EndReason
    lattice: Lattice | str | None = None
    speaker: SpokenBy | None = None
    """Left out where nobody's voice is known."""
    whispered: float | None = None
    """The probability that it was whispered."""
    somebody: bool | None = None
    """Whether somebody is in the room, where a sensor tells."""
    facing: bool | None = None
    """Whether somebody faces the device, where a camera tells."""

    def hidden(self) -> Self:
        """Without the words."""
        return replace(self, text=HIDDEN, nbest=(), lattice=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Directed(Event):
    """How likely something that was said without the wake word is meant for this device."""

    type: ClassVar[str] = "directed"
    probability: float


NOT_MEANT = "not meant for this device"
"""The reason of an intent that is none because somebody else was spoken to: nothing is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent(Event):
    """What the user wants; `intent` is `None` when nothing was understood."""

    type: ClassVar[str] = "intent"
    intent: str | None
    slots: dict[str, Any]
    confidence: float
    reused: bool
    reason: str | None = None
    """Why the meaning is not that of the best text, where it is not."""
    question: str | None = None
    """What is asked back; nothing is acted on then."""
    then: tuple[dict[str, Any], ...] | None = None
    """Further commands of the same sentence: intent, slots and confidence of each."""

    def hidden(self) -> Self:
        """Without what holds words."""
        return replace(self, slots={}, reason=None, question=None, then=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Event):
    """What was done in the home."""

    type: ClassVar[str] = "action"
    plugin: str
    success: bool
    targets: tuple[str, ...]
    changes: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Event):
    """What Hearth answers."""

    type: ClassVar[str] = "reply"
    text: str
    asks: str | None = None
    """What it asks for, if anything: `yes`, `which`, `more` or `code`; the answer needs no wake
    word."""
    softly: bool | None = None
    """`True`: it answers a whisper, and is to be said as softly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency(Event):
    """Where the time went. `response_ms`: last sample of speech to the action, waiting included."""

    type: ClassVar[str] = "latency"
    speech_end_s: float
    speculative_endpoint_s: float | None
    final_endpoint_s: float
    decode_ms: float
    """The recogniser's work on the whole utterance, most of it done while they speak."""
    nlu_ms: float
    action_ms: float
    work_ms: float
    """From the final end-point to the action's dispatch."""
    response_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Error(Event):
    """Something went wrong that the person at the device should know."""

    type: ClassVar[str] = "error"
    code: str
    message: str
