"""What was decided at a final end-point, and the events that tell of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from assistant.asr.result import RecognitionResult
from assistant.dialogue.carried import Carried
from assistant.events import (
    Action,
    Directed,
    EndReason,
    Error,
    Event,
    FinalEndpoint,
    Intent,
    Latency,
    Rescored,
    SpokenBy,
    Where,
)
from assistant.lattice.graph import Lattice
from assistant.nlu.interpretation import Interpretation
from assistant.pipeline.rescorer import Account
from assistant.pipeline.speculation import Speculation
from assistant.pipeline.trigger import FollowUp
from assistant.pipeline.turn_state import Loudness
from assistant.presence.senses import Seen
from assistant.speaker.heard import HeardVoice
from assistant.whispering.detector import is_whisper


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """The final end-point: where, why, and what came before it."""

    source: str
    audio_s: float
    reason: EndReason
    speech_end_s: float | None
    """Where the last speech ended; `None` when there was none."""
    speculated_s: float | None
    """Where the speculation that still stands began."""
    audio_bytes: int = 0
    """What the recogniser heard of the utterance, in 16-bit samples."""
    follow_up: FollowUp | None = None
    """Why it counts, where it needed no wake word."""
    since_reply_s: float | None = None
    """How long after the end of a reply it began, where it followed one."""
    loudness: Loudness = field(default_factory=Loudness)
    speaker: HeardVoice | None = None
    """Whose voice it is in; `None` where nobody's is known."""
    whispered: float | None = None
    """The probability that it was whispered; `None` where nothing can tell."""
    seen: Seen = field(default_factory=Seen)
    """What is known of who was there."""
    secret: bool = False
    """Whether it may be a code, whose words nobody is told."""

    @property
    def softly(self) -> bool:
        """Whether it was whispered, and is to be answered as softly."""
        return is_whisper(self.whispered)

    @property
    def at(self) -> Where:
        """What all events of the decision have in common."""
        return {"source": self.source, "audio_s": self.audio_s}


@dataclass(frozen=True, slots=True)
class Decision:
    """The final result and what it means; nothing was acted on yet."""

    end: TurnEnd
    result: RecognitionResult
    meant: Interpretation
    sure: float
    """Confidence (0 to 1) that the words were heard right."""
    nlu_ms: float
    revised: bool
    """Whether the words are other than those of the speculation."""
    speculation: Speculation | None
    """The speculation, when its work is used."""
    begin_s: float
    """When the final end-point was there, by `time.perf_counter`."""
    directed: float | None = None
    """The probability that it was meant for this device, where it needed no wake word."""
    ignored: bool = False
    """Whether it was said to nobody here, as far as can be told: nothing comes of it."""


def rescored(end: TurnEnd, account: Account) -> Event:
    """That a server was asked for a second opinion."""
    return Rescored(
        **end.at,
        outcome=account.outcome.value,
        lattice_bytes=account.lattice_bytes,
        audio_bytes=end.audio_bytes,
        waited_ms=account.waited_ms,
    )


def final_endpoint(decision: Decision, lattice: Lattice | str | None) -> Iterator[Event]:
    """That the sentence is over, what was heard, and whether it is meant for this device."""
    yield FinalEndpoint(
        **decision.end.at,
        text=decision.result.text,
        confidence=decision.sure,
        nbest=tuple(
            {"text": each.text, "log_prob": each.log_prob, "boost": each.boost}
            for each in decision.result.nbest
        ),
        revised=decision.revised,
        reason=decision.end.reason,
        lattice=lattice,
        speaker=_spoken_by(decision.end.speaker),
        whispered=decision.end.whispered,
        somebody=decision.end.seen.somebody,
        facing=decision.end.seen.facing,
    )
    if decision.directed is not None:
        yield Directed(**decision.end.at, probability=decision.directed)


def _spoken_by(heard: HeardVoice | None) -> SpokenBy | None:
    return SpokenBy(heard.name, heard.probability) if heard else None


def intent(decision: Decision, meant: Interpretation) -> Event:
    """What is meant, with what is asked back."""
    return Intent(
        **decision.end.at,
        intent=meant.intent,
        slots=dict(meant.slots),
        confidence=meant.confidence,
        reused=decision.speculation is not None,
        reason=meant.reason or None,
        question=meant.question or None,
        then=tuple(map(_command, meant.then)) or None,
    )


def _command(meant: Interpretation) -> dict[str, object]:
    return {
        "intent": meant.intent,
        "slots": dict(meant.slots),
        "confidence": meant.confidence,
    }


def actions(end: TurnEnd, carried: Carried) -> Iterator[Event]:
    """What was done, command by command."""
    for each in carried.parts:
        if not each.plugin:
            continue
        if each.failed:
            yield Error(**end.at, code="plugin_failed", message=each.failed)
        yield Action(
            **end.at,
            plugin=each.plugin,
            success=each.outcome.success,
            targets=each.outcome.targets,
            changes=tuple(asdict(change) for change in each.outcome.changes),
        )


def latency(decision: Decision, speech_end_s: float, work_ms: float, action_ms: float) -> Event:
    """Where the time went."""
    end = decision.end
    return Latency(
        **end.at,
        speech_end_s=speech_end_s,
        speculative_endpoint_s=end.speculated_s,
        final_endpoint_s=end.audio_s,
        decode_ms=decision.result.decode_ms,
        nlu_ms=decision.nlu_ms,
        action_ms=action_ms,
        work_ms=work_ms,
        response_ms=1000 * (end.audio_s - speech_end_s) + work_ms,
    )
