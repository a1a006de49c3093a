"""`assistant listen` over recordings: events, order, formats, paces."""

import asyncio
import io
import json
from contextlib import aclosing
from pathlib import Path

import pytest
import soundfile

from assistant.app.assembly import Listening, make_pipeline
from assistant.app.household import make_household
from assistant.audio.file import FileSource
from assistant.config import Settings, WakeSettings
from assistant.pipeline.worker import Worker

DEMO = Path(__file__).parents[2] / "demo"
LIGHT = DEMO / "01-kitchen-light.ogg"
WAKES = Settings(wake=WakeSettings(words=("alexa",)))


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("wake: {words: [alexa]}\n")
    return path


def test_that_nobody_says_the_wake_word_is_told(assistant, scripted):
    scripted()
    ran = assistant("listen", LIGHT)
    assert (ran.status, ran.events) == (0, [])
    assert ran.err == (
        f"assistant: {LIGHT}: nobody says okay nabu; see wake.words, or use --no-wake\n"
    )


def test_a_command_in_the_order_of_the_contract(assistant, scripted, config):
    scripted()
    ran = assistant("listen", "--config", config, LIGHT)
    assert ran.status == 0
    assert ran.types() == [
        "wake_detected",
        "speech_started",
        "speculative_endpoint",
        "speculation_ready",
        "final_endpoint",
        "intent",
        "action",
        "reply",
        "latency",
    ]
    assert {event["source"] for event in ran.events} == {str(LIGHT)}
    action = next(event for event in ran.events if event["type"] == "action")
    assert action["targets"] == ["light.kitchen"]
    assert action["changes"][0]["after"] == "on"
    positions = [event["audio_s"] for event in ran.events]
    assert positions == sorted(positions)


def test_without_wake_word_speech_opens(assistant, scripted):
    scripted()
    ran = assistant("listen", "--no-wake", LIGHT)
    assert ran.types()[0] == "speech_started"
    assert "wake_detected" not in ran.types()


@pytest.mark.parametrize(("least", "acts"), [(0.0, True), (1.0, False)])
def test_what_may_be_meant_for_it_is_judged_before_it_is_acted_on(
    assistant, scripted, tmp_path, least, acts
):
    scripted()
    config = tmp_path / "judging.yaml"
    config.write_text(f"conversation: {{directedness: {least}}}\n")
    ran = assistant("listen", "--config", config, "--no-wake", "--directed", LIGHT)
    types = ran.types()
    assert types.index("final_endpoint") + 1 == types.index("directed") == types.index("intent") - 1
    probabilities = [each["probability"] for each in ran.events if each["type"] == "directed"]
    intents = [event["intent"] for event in ran.events if event["type"] == "intent"]
    assert len(probabilities) == len(intents)
    assert all(0.0 < each < 1.0 for each in probabilities)
    assert set(intents) == {"HassTurnOn" if acts else None}
    assert ("action" in types, "reply" in types) == (acts, acts)


def test_nothing_is_judged_where_it_is_not_in_doubt(assistant, scripted):
    scripted()
    assert "directed" not in assistant("listen", "--no-wake", LIGHT).types()
    ran = assistant("listen", "--directed", LIGHT)
    assert (ran.status, ran.events) == (2, [])
    assert "add --no-wake" in ran.err


def test_who_was_there_counts(assistant, scripted, tmp_path):
    scripted()
    told = []
    for facing in ("true", "null", "false"):
        seen = tmp_path / "seen.jsonl"
        seen.write_text(f'{{"audio_s": 0, "facing": {facing}}}\n')
        ran = assistant("listen", "--no-wake", "--directed", "--presence", seen, LIGHT)
        events = {event["type"]: event for event in ran.events}
        assert json.dumps(events["final_endpoint"].get("facing")) == facing
        told.append(events["directed"]["probability"])
    assert told == sorted(told, reverse=True)
    assert len(set(told)) == 3
    seen.write_text("no\n")
    ran = assistant("listen", "--presence", seen, LIGHT)
    assert ran.status == 2
    assert "line 1: write a JSON object" in ran.err


def test_each_file_finds_the_home_as_it_was(assistant, scripted, config):
    scripted()
    ran = assistant("listen", "--config", config, LIGHT, LIGHT)
    first, second = [event for event in ran.events if event["type"] == "action"]
    assert first["changes"] == second["changes"] != []


def test_the_home_s_names_are_favoured(assistant, scripted, config):
    recogniser = scripted()
    assistant("listen", "--config", config, LIGHT)
    called, command = ({phrase.text for phrase in bias} for bias in recogniser.bias)
    assert called == {"alexa"}
    assert {"Kitchen light", "Living room"} <= command


def test_the_lattice_is_shown_where_asked_for(assistant, scripted, config):
    scripted()
    ran = assistant("listen", "--config", config, "--lattice", LIGHT)
    (final,) = [event for event in ran.events if event["type"] == "final_endpoint"]
    assert set(final["lattice"]) == {"nodes", "edges", "start", "final"}
    assert set(final["lattice"]["edges"][0]) >= {"from", "to", "word", "log_prob", "posterior"}


def test_raw_audio_on_standard_input(assistant, scripted, monkeypatch):
    scripted()
    samples, _ = soundfile.read(LIGHT, dtype="int16")

    class Input:
        buffer = io.BytesIO(samples.tobytes())

    monkeypatch.setattr("sys.stdin", Input())
    ran = assistant("listen", "--no-wake", "-")
    assert ran.status == 0
    assert "action" in ran.types()
    assert {event["source"] for event in ran.events} == {"-"}


class JumpingClock:
    """Whoever waits for it finds the time passed."""

    def __init__(self):
        self.now_s = 0.0

    def now(self):
        return self.now_s

    async def sleep(self, duration_s):
        self.now_s += duration_s
        await asyncio.sleep(0)


def test_both_paces_take_the_same_decisions(scripted, understanding):
    recogniser = scripted()

    async def events(source):
        worker, house = Worker(), make_household(WAKES, understanding=understanding)
        pipeline = make_pipeline(WAKES, house, recogniser, worker, Listening())
        async with aclosing(pipeline.events(source)) as happened:
            heard = [json.loads(event.to_json()) async for event in happened]
        worker.close()
        return [
            {name: value for name, value in event.items() if not name.endswith("_ms")}
            for event in heard
        ]

    clock = JumpingClock()
    realtime = asyncio.run(events(FileSource(LIGHT, "realtime", clock)))
    assert clock.now_s > 4.5, "it waited for the audio"
    assert realtime == asyncio.run(events(FileSource(LIGHT, "fast")))
    assert len(realtime) > 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["listen"], "SOURCE"),
        (["listen", "--pace", "slow", "x.wav"], "choose from"),
        (["listen", "--lattice=dot", "x.wav"], "invalid choice: 'dot'"),
        (["listen", "--config", "gone.yaml", "x.wav"], "gone.yaml"),
    ],
)
def test_bad_usage(assistant, arguments, message):
    ran = assistant(*arguments)
    assert ran.status == 2
    assert message in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        (["--lattice=svg", LIGHT], "<svg"),
        (["--lattice", "svg", LIGHT], "<svg"),
        (["--lattice", "slf", LIGHT], "VERSION=1.0"),
        ([LIGHT, "--lattice", "slf"], "VERSION=1.0"),
        ([LIGHT, "--lattice", "json"], {"nodes", "edges", "start", "final"}),
        ([LIGHT, "--lattice"], {"nodes", "edges", "start", "final"}),
    ],
)
def test_the_form_of_a_lattice_is_taken_wherever_it_stands(
    assistant, scripted, config, arguments, begins
):
    scripted()
    ran = assistant("listen", "--config", config, *arguments)
    (final,) = [event for event in ran.events if event["type"] == "final_endpoint"]
    shown = final["lattice"]
    assert shown.startswith(begins) if isinstance(begins, str) else set(shown) == begins
