"""One utterance, driven by audio: order of events, speculation, giving up."""

import asyncio
import gc
import weakref
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import pytest

from assistant.audio.source import SAMPLE_RATE
from assistant.dialogue.dispatcher import Dispatcher
from assistant.endpointing.completeness import Completeness
from assistant.endpointing.endpointer import Endpointing
from assistant.endpointing.pauses import STYLES, FinalEndpointer, SpeculativeEndpointer
from assistant.events import EndReason
from assistant.home.model import Change, HomeError
from assistant.nlu.interpretation import Interpretation
from assistant.pipeline.pipeline import Pipeline
from assistant.pipeline.rescorer import Account, RescoredResult, RescoringOutcome
from assistant.pipeline.responder import Responder
from assistant.pipeline.trigger import SpeechTrigger
from assistant.pipeline.utterance import UtteranceServices
from assistant.pipeline.worker import Worker
from assistant.plugins.api import Outcome as Done
from assistant.plugins.api import PluginContext
from tests.scripted import ArraySource, LoudnessVad, Script, ScriptedRecogniser, result, spoken

COMMAND = [("turn", 0.6), ("on", 0.8), ("the", 0.9), ("light", 1.2)]
AUDIO = spoken(("quiet", 0.5), ("speech", 1.0), ("quiet", 2.0))


class Words:
    """Understands every sentence that has a verb and an object: `light` is the object."""

    def __init__(self):
        self.asked = []

    def interpret(self, nbest):
        text = nbest[0].text
        self.asked.append(text)
        if "light" not in text:
            return Interpretation(text=text, intent=None)
        intent = "HassTurnOff" if "off" in text.split() else "HassTurnOn"
        return Interpretation(text, intent, {"name": "light"}, ("light.one",), 0.9)


class Switch:
    name = "switch"

    def __init__(self, error=None):
        self.log = []
        self.error = error
        self.release = None

    def intents(self):
        return ("HassTurnOn", "HassTurnOff")

    async def prepare(self, interpretation):
        self.log.append("prepare " + interpretation.intent)
        if self.release is not None:
            try:
                await self.release.wait()
            except asyncio.CancelledError:
                self.log.append("prepare cancelled")
                self.release.set()
                raise

    async def act(self, interpretation):
        self.log.append("act " + interpretation.intent)
        if self.error:
            raise self.error
        return Done(True, "Done.", ("light.one",), (Change("light.one", "state", "off", "on"),))


def completeness(text):
    return Completeness.COMPLETE if text.endswith("light") else Completeness.INCOMPLETE


class Room:
    """A pipeline around a script."""

    def __init__(self, *scripts, style="normal", plugin=None, rest=None, rescorer=None, **final):
        self.worker = Worker()
        self.plugin = plugin or Switch()
        self.words = Words()
        waits = STYLES[style]
        endpointing = Endpointing(
            SpeculativeEndpointer(waits.speculative),
            FinalEndpointer(waits.final, **final),
            completeness,
        )
        responder = Responder(
            self.worker,
            self.words,
            Dispatcher(
                lambda intent: self.plugin if intent in self.plugin.intents() else rest,
                PluginContext(None).ask,
            ),
            rescorer=rescorer,
        )
        self.pipeline = Pipeline(
            services=UtteranceServices(self.worker, endpointing, responder),
            recogniser=ScriptedRecogniser(*scripts),
            trigger=lambda: SpeechTrigger(LoudnessVad()),
            voice=LoudnessVad,
            bias=tuple,
        )

    async def hear(self, audio):
        async with aclosing(self.pipeline.events(ArraySource(audio))) as events:
            heard = [event async for event in events]
        assert len(asyncio.all_tasks()) == 1, "a task is left over"
        self.worker.close()
        return heard


def types(events):
    return [event.type for event in events if event.type != "partial_transcript"]


def one(events, kind):
    (found,) = [event for event in events if event.type == kind]
    return found


WHOLE = [
    "speech_started",
    "speculative_endpoint",
    "speculation_ready",
    "final_endpoint",
    "intent",
    "action",
    "reply",
    "latency",
]


async def test_a_command_from_speech_to_reply():
    room = Room(Script(COMMAND))
    events = await room.hear(AUDIO)
    assert types(events) == WHOLE
    assert one(events, "final_endpoint").text == "turn on the light"
    assert one(events, "final_endpoint").revised is False
    assert one(events, "intent").reused is True
    assert one(events, "action").changes == (
        {"device": "light.one", "attribute": "state", "before": "off", "after": "on"},
    )
    assert room.plugin.log == ["prepare HassTurnOn", "act HassTurnOn"]
    assert room.words.asked == ["turn on the light"], "the speculation's work is reused"


async def test_what_the_first_utterance_would_wait_for_is_done_before():
    room = Room(Script([]), Script(COMMAND))
    asked = []
    room.pipeline = replace(room.pipeline, bias=lambda: asked.append("names") or ())
    await room.pipeline.prepare()
    assert asked == ["names"]
    assert types(await room.hear(AUDIO)) == WHOLE, "nothing of it is an utterance"


async def test_times_are_those_of_the_audio():
    events = await Room(Script(COMMAND)).hear(AUDIO)
    latency = one(events, "latency")
    assert latency.speech_end_s == 1.5
    assert latency.final_endpoint_s == one(events, "final_endpoint").audio_s
    early_ms = 1000 * (latency.final_endpoint_s - latency.speculative_endpoint_s)
    assert early_ms >= 150
    waited_ms = 1000 * (latency.final_endpoint_s - latency.speech_end_s)
    assert latency.response_ms == pytest.approx(waited_ms + latency.work_ms)
    assert latency.response_ms < 700
    positions = [event.audio_s for event in events]
    assert positions == sorted(positions)


async def test_words_are_shown_while_she_speaks():
    events = await Room(Script(COMMAND)).hear(AUDIO)
    partials = [event for event in events if event.type == "partial_transcript"]
    assert partials[0].text == "turn"
    assert partials[0].audio_s < 1.5
    assert partials[-1].text == "turn on the light"


async def test_nothing_happens_before_the_final_endpoint():
    room = Room(Script(COMMAND))
    audio = spoken(("quiet", 0.5), ("speech", 1.0), ("quiet", 0.26))
    async with aclosing(room.pipeline.events(ArraySource(audio))) as events:
        async for event in events:
            if event.type == "final_endpoint":
                break
            assert "act HassTurnOn" not in room.plugin.log
    assert "act HassTurnOn" not in room.plugin.log
    room.worker.close()


async def test_going_on_after_the_speculation_resets_it():
    script = Script([*COMMAND, ("and", 1.9), ("the", 2.0), ("other", 2.1), ("light", 2.3)])
    room = Room(script)
    events = await room.hear(
        spoken(("quiet", 0.5), ("speech", 1.0), ("quiet", 0.3), ("speech", 0.8), ("quiet", 2.0))
    )
    assert types(events) == [
        "speech_started",
        "speculative_endpoint",
        "speculation_ready",
        "speculation_reset",
        *WHOLE[1:],
    ]
    assert one(events, "speculation_reset").reason == "speech goes on"
    assert one(events, "final_endpoint").text == "turn on the light and the other light"
    assert room.plugin.log.count("act HassTurnOn") == 1


async def test_several_rounds_in_one_utterance():
    words = [("a", 0.6), ("light", 1.0), ("light", 1.7), ("light", 2.4)]
    stretches = [("quiet", 0.5), ("speech", 0.7), ("quiet", 0.26), ("speech", 0.5)]
    audio = spoken(*stretches, ("quiet", 0.26), ("speech", 0.5), ("quiet", 1.5))
    events = await Room(Script(words)).hear(audio)
    assert types(events).count("speculative_endpoint") == 3
    assert types(events).count("speculation_reset") == 2
    assert types(events).count("action") == 1


@pytest.mark.parametrize(("rounds", "speculations"), [(7, 7), (8, 8), (12, 8)])
async def test_speculations_of_one_utterance_are_bounded(rounds, speculations):
    words = [("light", 0.7 + 0.76 * at) for at in range(rounds)]
    audio = spoken(("quiet", 0.5), *[("speech", 0.5), ("quiet", 0.26)] * rounds, ("quiet", 2.0))
    events = await Room(Script(words)).hear(audio)
    assert types(events).count("speculative_endpoint") == speculations
    assert one(events, "final_endpoint").text == " ".join(["light"] * rounds)
    assert one(events, "intent").reused is (rounds == speculations)
    assert types(events).count("action") == 1


class ByItself:
    """An end-pointer of another kind: so many words are enough, whatever the pause."""

    def __init__(self, most_s):
        self._most_s = most_s

    def decide(self, features):
        over = features.has_words and features.spoken_s >= self._most_s
        return EndReason.PAUSE if over else None


async def test_another_end_pointer_needs_no_other_pipeline():
    room = Room(Script(COMMAND))
    services = room.pipeline.services
    other = replace(services.endpointing, speculative=ByItself(1.0), final=ByItself(1.1))
    room.pipeline = replace(room.pipeline, services=replace(services, endpointing=other))
    events = await room.hear(AUDIO)
    assert types(events) == WHOLE
    assert one(events, "speculative_endpoint").audio_s == pytest.approx(1.5, abs=0.021)
    assert one(events, "final_endpoint").audio_s == pytest.approx(1.6, abs=0.021)
    assert one(events, "final_endpoint").reason is EndReason.PAUSE
    assert '"reason": "pause"' in one(events, "final_endpoint").to_json()


async def test_where_audio_waits_the_words_are_looked_at_once_when_all_is_over(caplog):
    waiting_s = [0.0]
    room = Room(*(Script(COMMAND, final="turn on the light please") for _ in range(3)))
    services = replace(room.pipeline.services, waiting_s=lambda: waiting_s[0])
    room.pipeline = replace(room.pipeline, services=services)
    kinds = []
    async with aclosing(room.pipeline.events(ArraySource(np.tile(AUDIO, 3)))) as events:
        async for event in events:
            kinds.append(event.type)
            if event.type == "latency":  # Late in the second of three commands.
                waiting_s[0] = 0.8 if kinds.count("latency") == 1 else 0.1
            if event.type == "final_endpoint":
                assert event.text == "turn on the light please"
    room.worker.close()
    told = [kind for kind in kinds if kind in {"speculative_endpoint", "final_endpoint"}]
    assert told == [*WHOLE[1:4:2], "final_endpoint", *WHOLE[1:4:2]]
    assert kinds.count("action") == 3
    (told,) = [record.message for record in caplog.records if "keep up" in record.message]
    assert "0.8 s of audio wait" in told


async def test_a_prepare_that_hangs_is_cancelled_when_speech_goes_on():
    room = Room(Script([*COMMAND, ("off", 2.0)]))
    room.plugin.release = asyncio.Event()

    heard = await room.hear(
        spoken(("quiet", 0.5), ("speech", 1.0), ("quiet", 0.3), ("speech", 0.8), ("quiet", 3.0))
    )
    assert "prepare cancelled" in room.plugin.log
    assert "speculation_reset" in types(heard)
    assert room.plugin.log.count("act HassTurnOff") == 1


async def test_a_final_result_that_means_something_else_is_done_again():
    room = Room(Script(COMMAND, final="turn off the light"))
    events = await room.hear(AUDIO)
    assert types(events) == [*WHOLE[:3], "speculation_reset", *WHOLE[3:]]
    assert one(events, "final_endpoint").revised is True
    assert one(events, "intent").reused is False
    assert room.plugin.log == ["prepare HassTurnOn", "act HassTurnOff"]


async def test_other_words_with_the_same_meaning_reuse_the_speculation():
    room = Room(Script(COMMAND, final="turn on a light"))
    events = await room.hear(AUDIO)
    assert types(events) == WHOLE
    assert one(events, "final_endpoint").revised is True
    assert one(events, "intent").reused is True


@pytest.mark.parametrize("pause_s", [0.3, 0.6, 0.9, 1.2])
async def test_a_pause_in_an_incomplete_sentence_cuts_nobody_off(pause_s):
    said = [("turn", 0.5), ("on", 0.7), ("the", 0.9), ("light", 1.5 + pause_s)]
    room = Room(Script(said, end_of_sentence=0.9))
    audio = spoken(
        ("quiet", 0.5), ("speech", 0.8), ("quiet", pause_s), ("speech", 0.5), ("quiet", 2.5)
    )
    events = await room.hear(audio)
    assert one(events, "final_endpoint").text == "turn on the light"
    assert one(events, "final_endpoint").audio_s > 1.8 + pause_s


async def test_speech_that_means_nothing_is_said_to_mean_nothing():
    events = await Room(Script([("blue", 0.8), ("cheese", 1.2)])).hear(AUDIO)
    assert one(events, "intent").intent is None
    assert '"intent": null' in one(events, "intent").to_json()
    assert "action" not in types(events)
    assert "understand" in one(events, "reply").text


def far(length_s):
    """Somebody 18 dB quieter than those who speak here."""
    return np.full(round(length_s * SAMPLE_RATE), 1007, np.int16)


async def test_a_voice_from_farther_away_does_not_hold_the_user_up():
    words = [*COMMAND, *[("news", 2.0 + index / 2) for index in range(30)]]
    audio = np.concatenate([spoken(("quiet", 0.5), ("speech", 1.0)), far(8.0)])
    events = await Room(Script(words)).hear(audio)
    final = next(event for event in events if event.type == "final_endpoint")
    assert final.reason == "pause"
    assert final.audio_s < 2.2


async def test_speaking_more_softly_towards_the_end_cuts_nobody_off():
    room = Room(Script([*COMMAND[:-1], ("light", 2.4)]))
    soft = np.full(round(1.0 * SAMPLE_RATE), 8000 // 3, np.int16)  # 9.5 dB less
    quiet = spoken(("quiet", 2.0))
    events = await room.hear(np.concatenate([spoken(("speech", 1.0)), soft, quiet]))
    assert one(events, "final_endpoint").text == "turn on the light"
    assert one(events, "latency").speech_end_s == pytest.approx(2.0, abs=0.03)


async def test_nobody_stops():
    words = [(f"word{index}", 0.5 + index / 2) for index in range(60)]
    room = Room(Script(words), max_utterance_s=4.0)
    events = await room.hear(spoken(("quiet", 0.5), ("speech", 6.0)))
    first_end = next(event for event in events if event.type == "final_endpoint")
    assert first_end.audio_s == pytest.approx(4.5, abs=0.03)
    assert first_end.reason == "too_long"


async def test_noise_without_words_is_given_up_after_the_timeout():
    room = Room(Script([]), no_speech_timeout_s=3.0)
    events = await room.hear(spoken(("quiet", 0.5), ("speech", 0.4), ("quiet", 5.0)))
    assert one(events, "final_endpoint").audio_s == pytest.approx(3.2, abs=0.1)
    assert one(events, "reply").text == "I did not hear anything."
    assert one(events, "final_endpoint").reason == "no_speech"


async def test_audio_that_ends_in_mid_sentence_is_answered():
    events = await Room(Script(COMMAND)).hear(spoken(("quiet", 0.5), ("speech", 1.0)))
    assert one(events, "final_endpoint").text == "turn on the light"
    assert one(events, "final_endpoint").reason == "end_of_audio"
    assert one(events, "action").success


async def test_a_home_that_refuses_is_an_answer():
    plugin = Switch(error=HomeError("The light does not answer. Is it plugged in?"))
    events = await Room(Script(COMMAND), plugin=plugin).hear(AUDIO)
    assert one(events, "action").success is False
    assert one(events, "reply").text == "The light does not answer. Is it plugged in?"


class NotHere(Switch):
    """Knows nothing of what is named."""

    def __init__(self, name, replies=()):
        super().__init__()
        self.name = name
        self.replies = dict(replies)

    async def prepare(self, interpretation):
        pass

    async def act(self, interpretation):
        self.log.append((interpretation.text, interpretation.intent, interpretation.confidence))
        reply = self.replies.get(interpretation.text)
        return Done(reply is not None, reply or f"{self.name} has none.", not_here=reply is None)


async def test_what_a_plugin_knows_nothing_of_is_done_by_who_takes_the_rest():
    rest = NotHere("rest", {"turn on the light": "Disco it is."})
    room = Room(Script(COMMAND), plugin=NotHere("first"), rest=rest)
    events = await room.hear(AUDIO)
    assert types(events) == WHOLE
    assert (one(events, "intent").intent, one(events, "action").plugin) == ("HassTurnOn", "rest")
    assert (one(events, "action").success, one(events, "reply").text) == (True, "Disco it is.")
    assert rest.log == [("turn on the light", None, 0.0)]


async def test_what_who_takes_the_rest_refuses_too_is_answered_by_the_first():
    room = Room(Script(COMMAND), plugin=NotHere("first"), rest=NotHere("rest"))
    events = await room.hear(AUDIO)
    assert (one(events, "action").plugin, one(events, "action").success) == ("first", False)
    assert one(events, "reply").text == "first has none."


async def test_what_is_only_speculated_on_is_given_to_nobody():
    rest = NotHere("rest")
    room = Room(Script(COMMAND, final="turn off the light"), plugin=NotHere("first"), rest=rest)
    await room.hear(AUDIO)
    assert [said for said, *_ in rest.log] == ["turn off the light"]


async def test_a_plugin_that_breaks_does_not_break_the_pipeline():
    plugin = Switch(error=ZeroDivisionError("oops"))
    events = await Room(Script(COMMAND), plugin=plugin).hear(AUDIO)
    assert one(events, "error").code == "plugin_failed"
    assert one(events, "action").success is False
    assert types(events)[-1] == "latency"


async def test_how_it_is_said_tells_when_it_is_over_in_every_utterance_of_a_stream():
    """Three commands in one stream: the voice ends, or may go on, or nothing is known of it."""
    voices = (6.0, -6.0, None)
    room = Room(*(Script(COMMAND, turn_end=odds) for odds in voices))
    events = await room.hear(np.concatenate([AUDIO] * len(voices)))
    waited_s = [
        round(event.audio_s - 3.5 * number - 1.5, 2)
        for number, event in enumerate(e for e in events if e.type == "final_endpoint")
    ]
    waits = STYLES["normal"].final
    assert waited_s == pytest.approx(
        [
            waits.complete_s * (1 - waits.turn_end_share),
            waits.complete_s,
            waits.complete_s * (1 - 0.9 * waits.end_of_sentence_share),
        ],
        abs=0.021,
    )


async def test_who_pauses_long_is_waited_for_in_the_next_utterance():
    """The second time she says what is no command yet; after it the words are still unfinished."""
    slow = spoken(("quiet", 0.5), ("speech", 0.5), ("quiet", 1.2), ("speech", 0.5), ("quiet", 3.0))
    begun = spoken(("quiet", 0.5), ("speech", 0.5), ("quiet", 4.0))
    room = Room(Script([("turn", 0.6), ("light", 2.4)]), Script([("turn", 0.6)]))
    usual = room.pipeline.services.endpointing.usual
    events = await room.hear(np.concatenate([slow, begun]))
    assert usual.patience > 1.05
    end_s = [event.audio_s for event in events if event.type == "final_endpoint"][1]
    waited_s = end_s - len(slow) / SAMPLE_RATE - 1.0
    incomplete_s = STYLES["normal"].final.incomplete_s
    assert waited_s == pytest.approx(usual.patience * incomplete_s, abs=0.021)


async def test_talk_that_is_not_meant_for_it_teaches_no_pauses(monkeypatch):
    room = Room(Script([("turn", 0.4), ("light", 2.0)]))
    services = room.pipeline.services
    decide = services.responder.decide

    async def ignored(*heard):
        return replace(await decide(*heard), ignored=True)

    monkeypatch.setattr(services.responder, "decide", ignored)
    await room.hear(spoken(*[("speech", 0.5), ("quiet", 1.2)] * 2, ("quiet", 2.0)))
    assert services.endpointing.usual.patience == 1.0


async def test_one_utterance_after_the_other():
    room = Room(Script(COMMAND), Script([("blue", 0.8)]))
    events = await room.hear(spoken(*[("quiet", 0.5), ("speech", 1.0), ("quiet", 3.0)] * 2))
    assert types(events).count("final_endpoint") == 2
    assert [event.intent for event in events if event.type == "intent"] == ["HassTurnOn", None]


class SecondOpinion:
    """Hears other words than the recogniser did, and notes what it is shown."""

    def __init__(self, words, account=None):
        self.words = words
        self.account = account
        self.log = []

    def open(self):
        self.log.append("open")
        return self

    def begin(self, heard):
        self.log.append(f"begin {heard.text}")

    async def settle(self, heard):
        self.log.append(f"settle {heard.text}")
        return RescoredResult(result(self.words.split()), self.account)

    async def cancel(self):
        self.log.append("cancel")


SENT = Account(RescoringOutcome.USED, lattice_bytes=99, waited_ms=3.0)


async def test_a_second_opinion_is_what_is_understood():
    other = SecondOpinion("turn off the light", SENT)
    room = Room(Script(COMMAND), rescorer=other)
    events = await room.hear(AUDIO)
    assert types(events) == [*WHOLE[:3], "rescored", "speculation_reset", *WHOLE[3:]]
    assert one(events, "final_endpoint").text == "turn off the light"
    assert one(events, "final_endpoint").revised is True
    assert room.plugin.log == ["prepare HassTurnOn", "act HassTurnOff"]
    told = one(events, "rescored")
    assert (told.outcome, told.lattice_bytes) == ("used", 99)
    heard_s = one(events, "final_endpoint").audio_s
    assert 32_000 * (heard_s - 0.5) <= told.audio_bytes <= 32_000 * heard_s
    assert other.log[:3] == ["open", "begin turn on the light", "settle turn on the light"]
    assert set(other.log[3:]) == {"cancel"}


async def test_a_second_opinion_that_agrees_costs_nothing():
    room = Room(Script(COMMAND), rescorer=SecondOpinion("turn on the light"))
    events = await room.hear(AUDIO)
    assert types(events) == WHOLE
    assert one(events, "intent").reused is True


async def test_when_speech_goes_on_the_second_opinion_is_asked_anew():
    script = Script([*COMMAND, ("and", 1.9), ("the", 2.0), ("other", 2.1), ("light", 2.3)])
    whole = "turn on the light and the other light"
    other = SecondOpinion(whole)
    room = Room(script, rescorer=other)
    await room.hear(
        spoken(("quiet", 0.5), ("speech", 1.0), ("quiet", 0.3), ("speech", 0.8), ("quiet", 2.0))
    )
    assert other.log[:3] == ["open", "begin turn on the light", "cancel"]
    assert other.log[3:6] == ["open", f"begin {whole}", f"settle {whole}"]


async def test_what_an_utterance_heard_is_forgotten_with_it():
    """At once, not whenever the garbage collector comes: it is some megabytes."""
    room = Room(Script(COMMAND))
    opened, open_stream = [], room.pipeline.recogniser.open

    def watched(*args):
        stream = open_stream(*args)
        opened.append(weakref.ref(stream))
        return stream

    room.pipeline.recogniser.open = watched
    gc.disable()
    try:
        await room.hear(AUDIO)
    finally:
        gc.enable()
    assert opened
    assert [stream() for stream in opened] == [None] * len(opened)
