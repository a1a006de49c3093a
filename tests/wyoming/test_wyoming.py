"""The service spoken to by the protocol's own client."""

import asyncio
import contextlib
import json
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("wyoming", reason="the extra `wyoming` is not installed")

from wyoming.asr import Transcribe, Transcript, TranscriptChunk
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.handle import Handled, NotHandled
from wyoming.info import Describe, Info
from wyoming.intent import Intent, NotRecognized, Recognize
from wyoming.wake import Detect, Detection, NotDetected

from assistant.app.household import Household
from assistant.app.speakers import make_voices
from assistant.audio.clock import HeardTime, MonotonicClock
from assistant.audio.file import read_samples
from assistant.audio.vad import SileroVad
from assistant.home.demo import DemoHome
from assistant.nlu.sentence_files import SentenceFolder
from assistant.pipeline.identification import Identification
from assistant.pipeline.worker import Worker
from assistant.rescoring.client import Client, RescoringEndpoint
from assistant.rescoring.remote import RemoteRescorer, RescoringPolicy
from assistant.rescoring.wire import pack_lattice
from assistant.speaker.profiles import Profile
from assistant.speaker.speech import speech_of
from assistant.wake import factory as wake
from assistant.wyoming.audio import ChunkReader
from assistant.wyoming.description import describe
from assistant.wyoming.server import Server, ServerLimits
from assistant.wyoming.session import Services
from tests.household import build
from tests.rescoring.lattices import LIGHTS, TOKEN, result, serving
from tests.scripted import Script, ScriptedRecogniser

DEMO = Path(__file__).parents[2] / "demo"
SLT = ("01-kitchen-light.ogg", "07-thermostat.ogg")
SCRIPT = Script([("turn", 0.3), ("on", 0.6), ("the", 0.9), ("kitchen", 1.2), ("light", 1.5)])


class LatticeRecogniser(ScriptedRecogniser):
    """Shows the words of a script, and ends with a lattice."""

    def __init__(self, script, lattice):
        super().__init__(script)
        self.lattice = lattice

    def open(self, bias=(), sentences=None, anchor=None):
        stream = super().open(bias)
        stream.finish = lambda: result(self.lattice)
        return stream


class Running:
    def __init__(self, recogniser=None, home=None, **household):
        self.house = build(home=home)
        self.recogniser = recogniser or ScriptedRecogniser(SCRIPT)
        self.worker = Worker()
        words = ("alexa", "okay_nabu")
        household = Household(
            self.house.home,
            self.house.registry,
            SentenceFolder(None),
            self.house.understanding,
            self.house.dispatcher,
            self.house.conversation,
            HeardTime(),
            **household,
        )
        services = Services(
            info=describe("scripted", words),
            worker=self.worker,
            recogniser=self.recogniser,
            detector=lambda names: wake.create("micro", names or words),
            household=household,
            bias=self.favoured,
        )
        self.collected_in = []
        self.server = Server(services, ServerLimits(connections=2, idle_s=5))
        self.port = 0

    def favoured(self):
        self.collected_in.append(threading.current_thread().name)
        return ()

    async def client(self):
        client = AsyncTcpClient("127.0.0.1", self.port)
        await client.connect()
        return client


@pytest.fixture
async def running():
    running = Running()
    _, running.port = await running.server.start("127.0.0.1", 0)
    yield running
    await running.server.close()
    running.worker.close()


async def speak(client, samples, rate=16_000, cut=3200):
    """Send int16 [n] or [n, channels] as a satellite does, in chunks of `cut` bytes."""
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    form = {"rate": rate, "width": 2, "channels": channels}
    await client.write_event(AudioStart(**form).event())
    audio = samples.tobytes()
    for at in range(0, len(audio), cut):
        await client.write_event(AudioChunk(**form, audio=audio[at : at + cut]).event())
    await client.write_event(AudioStop().event())


async def answers(client, last, limit_s=20):
    """All events up to one of the types `last`."""
    found = []
    async with asyncio.timeout(limit_s):
        while not found or found[-1].type not in last:
            event = await client.read_event()
            assert event is not None, "the server hung up"
            found.append(event)
    return found


async def test_it_describes_itself(running):
    client = await running.client()
    await client.write_event(Describe().event())
    info = Info.from_event(await client.read_event())
    assert info.asr[0].supports_transcript_streaming
    assert [model.name for model in info.wake[0].models] == ["alexa", "okay_nabu"]
    assert info.handle[0].supports_home_control
    await client.disconnect()


async def test_words_come_while_they_are_spoken_and_then_as_a_whole(running):
    client = await running.client()
    await client.write_event(Transcribe(transcript_names=["Siobhan"]).event())
    await speak(client, np.zeros(32_000, np.int16))
    events = await answers(client, {"transcript-stop"})
    kinds = [event.type for event in events]
    assert kinds[0] == "transcript-start"
    assert kinds[-2:] == ["transcript", "transcript-stop"]
    chunks = [TranscriptChunk.from_event(e).text for e in events if e.type == "transcript-chunk"]
    assert len(chunks) > 1
    assert "".join(chunks) == Transcript.from_event(events[-2]).text == "turn on the kitchen light"
    assert [phrase.text for phrase in running.recogniser.bias[0]] == ["Siobhan"]
    (thread,) = running.collected_in
    assert thread.startswith("hearth")  # the worker: files may be read
    await client.disconnect()


@contextlib.asynccontextmanager
async def rescoring(url):
    """The service, its recogniser unsure of "turn an lights", with a rescoring server at a URL."""
    policy = RescoringPolicy(deadline_s=10, early=True, names=tuple)
    rescorer = RemoteRescorer(Client(RescoringEndpoint(url, TOKEN)), policy, MonotonicClock())
    await rescorer.start()
    script = Script([("turn", 0.3), ("an", 0.6), ("lights", 0.9)])
    running = Running(LatticeRecogniser(script, LIGHTS), rescorer=rescorer)
    _, running.port = await running.server.start("127.0.0.1", 0)
    try:
        yield running
    finally:
        await running.server.close()
        await rescorer.close()
        running.worker.close()


async def transcribed(running):
    """The transcript of one utterance, and its words as they were streamed."""
    client = await running.client()
    await speak(client, np.zeros(32_000, np.int16))
    events = await answers(client, {"transcript-stop"})
    await client.disconnect()
    chunks = [TranscriptChunk.from_event(e).text for e in events if e.type == "transcript-chunk"]
    return Transcript.from_event(events[-2]).text, "".join(chunks)


async def test_a_rescoring_server_has_a_second_opinion_on_the_words(caplog):
    caplog.set_level("INFO")
    async with serving(token=TOKEN) as url, rescoring(url) as running:
        assert await transcribed(running) == ("turn on lights", "turn on lights")
    sent = len(pack_lattice(LIGHTS))
    assert f"rescoring: used; {sent} bytes sent, its audio has 64000" in caplog.text


async def test_without_the_rescoring_server_the_words_stay(caplog):
    async with serving(token=TOKEN) as url:
        pass
    async with rescoring(url) as running:
        assert await transcribed(running) == ("turn an lights", "turn an lights")
    assert "not rescored" in caplog.text


async def test_who_speaks_is_in_the_context(tmp_path):
    voices = make_voices(tmp_path)
    speech = [speech_of(await read_samples(str(DEMO / name)), SileroVad()) for name in SLT]
    embeddings = tuple(x for each in speech for x in voices.learned_from(each, 0))
    voices.profiles.put(Profile("Anna", voices.model, embeddings))
    running = Running(identification=Identification(voices))
    _, running.port = await running.server.start("127.0.0.1", 0)
    client = await running.client()
    for name, speaker in (("12-garage.ogg", "Anna"), ("03-blinds.ogg", None)):
        await client.write_event(Transcribe().event())
        await client.write_event(AudioStart(16_000, 2, 1).event())
        samples = await read_samples(str(DEMO / name))
        await client.write_event(AudioChunk(16_000, 2, 1, samples.tobytes()).event())
        await client.write_event(AudioStop().event())
        while not Transcript.is_type((event := await client.read_event()).type):
            pass
        said_by = Transcript.from_event(event).context["speaker"]
        assert (said_by and said_by["name"]) == speaker
    await client.disconnect()
    await running.server.close()
    running.worker.close()


async def test_two_utterances_follow_each_other_on_one_connection(running):
    client = await running.client()
    for _ in range(2):
        await speak(client, np.zeros(32_000, np.int16))
        events = await answers(client, {"transcript-stop"})
        assert Transcript.from_event(events[-2]).text == "turn on the kitchen light"
    await client.disconnect()


@pytest.mark.parametrize("cut", [3200, 2047, 321])
async def test_a_wake_word_is_detected_where_it_is(running, cut):
    samples, rate = soundfile.read("demo/01-kitchen-light.ogg", dtype="int16")
    client = await running.client()
    await client.write_event(Detect(names=["alexa"]).event())
    await speak(client, samples, rate, cut)
    events = await answers(client, {"detection", "not-detected"})
    found = Detection.from_event(events[-1])
    assert found.name == "alexa"
    assert 200 < found.timestamp < 2000
    await client.disconnect()


async def test_no_wake_word_is_said_too(running):
    client = await running.client()
    await client.write_event(Detect().event())
    await speak(client, np.zeros(16_000, np.int16))
    (event,) = await answers(client, {"detection", "not-detected"})
    assert NotDetected.is_type(event.type)
    await client.disconnect()


async def test_a_text_is_carried_out(running):
    client = await running.client()
    await client.write_event(Transcript(text="turn on the kitchen light").event())
    handled = Handled.from_event(await client.read_event())
    assert handled.text == "Turned on the Kitchen light."
    assert await running.house.state("light.kitchen") == "on"
    await client.write_event(Transcript(text="purple monkey").event())
    refused = NotHandled.from_event(await client.read_event())
    assert refused.text == "Sorry, I did not understand that."
    await client.disconnect()


class AgentHome(DemoHome):
    """The demo home, with an agent of its own."""

    async def process(self, text):
        return f"Did {text}."


async def test_a_text_about_what_the_home_lacks_is_the_homes_own_agents():
    running = Running(home=AgentHome())
    _, running.port = await running.server.start("127.0.0.1", 0)
    client = await running.client()
    await client.write_event(Transcript(text="Turn on the disco").event())
    assert Handled.from_event(await client.read_event()).text == "Did Turn on the disco."
    await client.disconnect()
    await running.server.close()
    running.worker.close()


async def test_a_text_unlocks_only_after_a_yes(running):
    client = await running.client()
    await client.write_event(Transcript(text="unlock the front door").event())
    asked = NotHandled.from_event(await client.read_event())
    assert asked.text == "Did you ask me to unlock the Front door? Then say yes."
    assert await running.house.state("lock.front_door") == "locked"
    await client.write_event(Transcript(text="yes").event())
    assert Handled.from_event(await client.read_event()).text == "Unlocked the Front door."
    await client.disconnect()


async def test_speech_without_end_is_not_kept(running, caplog):
    client = await running.client()
    with contextlib.suppress(ConnectionError):
        await speak(client, np.zeros(301 * 16_000, np.int16), cut=320_000)
    while (event := await client.read_event()) is not None:
        assert event.type in ("transcript-start", "transcript-chunk", "error")
        last = event
    assert "speech of more than 300 s" in Error.from_event(last).text
    assert "speech of more than 300 s" in caplog.text


async def test_a_text_is_understood_without_being_carried_out(running):
    client = await running.client()
    await client.write_event(Recognize(text="turn on the kitchen light").event())
    intent = Intent.from_event(await client.read_event())
    assert intent.name == "HassTurnOn"
    assert {each.name: each.value for each in intent.entities} == {
        "name": "Kitchen light",
        "targets": ["light.kitchen"],
    }
    assert await running.house.state("light.kitchen") == "off"
    await client.write_event(Recognize(text="purple monkey").event())
    assert NotRecognized.is_type((await client.read_event()).type)
    await client.disconnect()


GARBAGE = [
    b"",
    b"\n",
    b"not json\n",
    b"[1, 2]\n",
    b"{}\n",
    b'{"type": 7}\n',
    b'{"type": "transcript", "data": {}}\n',
    b'{"type": "transcript", "data_length": 99999999999}\n',
    b'{"type": "audio-chunk", "payload_length": -5}\n',
    b'{"type": "audio-chunk", "payload_length": "many"}\n',
    b"x" * 200_000,
    json.dumps(
        {"type": "audio-start", "data": {"rate": 0, "width": 2, "channels": 1}}
    ).encode() + b"\n" + json.dumps(
        {"type": "audio-chunk", "data": {"rate": 0, "width": 3, "channels": 0},
         "payload_length": 2}
    ).encode() + b"\nab",
    b'{"type": "detect", "data": {"names": ["nobody"]}}\n{"type": "audio-start", "data": {}}\n',
]  # fmt: skip


async def test_garbage_never_ends_the_service(running):
    for garbage in GARBAGE:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(garbage)
        writer.write_eof()
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionError):
                await reader.read()
        writer.close()
    client = await running.client()
    await client.write_event(Describe().event())
    assert (await client.read_event()).type == "info"
    await client.disconnect()


async def test_there_is_a_limit_to_clients(running, caplog):
    first, second = await running.client(), await running.client()
    await second.write_event(Describe().event())
    await second.read_event()
    third = await running.client()
    assert await third.read_event() is None
    assert "already 2 clients" in caplog.text
    await first.disconnect()
    await second.disconnect()
    await asyncio.sleep(0.05)
    again = await running.client()
    await again.write_event(Describe().event())
    assert (await again.read_event()).type == "info"
    await again.disconnect()


@pytest.mark.parametrize("rounds", range(4))
async def test_who_leaves_as_the_service_ends_is_let_go_without_a_fuss(running, rounds, caplog):
    client = await running.client()
    await client.write_event(Describe().event())
    await client.read_event()
    await client.disconnect()
    for _ in range(rounds):
        await asyncio.sleep(0)
    await running.server.close()
    await asyncio.sleep(0)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_who_is_connected_when_the_service_ends_is_let_go_without_a_fuss(running, caplog):
    client = await running.client()
    await client.write_event(Describe().event())
    await client.read_event()
    await running.server.close()
    assert await client.read_event() is None
    await client.disconnect()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_being_reachable_from_elsewhere_is_said(running, caplog):
    server = Server(running.server._services)
    await server.start("0.0.0.0", 0)  # noqa: S104
    assert "anyone who reaches 0.0.0.0" in caplog.text
    await server.close()


WAVE = np.sin(np.linspace(0, 60, 1600)) * 0.5


def stereo(width):
    """The wave on two channels, as bytes of a width."""
    samples = (WAVE * (2 ** (8 * width - 1) - 1)).astype("<i4")
    if width == 1:
        samples += 128
    each = np.column_stack((samples, samples)).astype("<i4").reshape(-1, 1)
    return each.view(np.uint8)[:, :width].tobytes()


def read_in_chunks(audio, size, **form):
    """What a reader makes of audio that comes in chunks of some bytes, to its end."""
    reader = ChunkReader()
    chunks = [audio[at : at + size] for at in range(0, len(audio), size)]
    read = [reader.read(AudioChunk(**form, audio=chunk)) for chunk in chunks]
    return np.concatenate([*read, reader.end()])


@pytest.mark.parametrize("size", [7, 321, 999, 2047, 100_000])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_audio_of_every_width_is_read_alike_wherever_it_is_cut(width, size):
    read = read_in_chunks(stereo(width), size, rate=16_000, width=width, channels=2)
    assert read.size == WAVE.size
    assert np.abs(read - WAVE * 32768).max() < (600 if width == 1 else 4)


def test_half_a_sample_at_the_end_of_a_stream_is_not_part_of_the_next():
    reader, samples = ChunkReader(), (WAVE * 32767).astype("<i2")
    form = {"rate": 16_000, "width": 2, "channels": 1}
    reader.read(AudioChunk(**form, audio=samples.tobytes()[:-1]))
    assert reader.end().size == 0
    assert (reader.read(AudioChunk(**form, audio=samples.tobytes())) == samples).all()


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (AudioChunk(rate=16_000, width=5, channels=1, audio=b"12345"), "5 bytes"),
        (AudioChunk(rate=1, width=2, channels=1, audio=b"12"), "audio of 1 Hz"),
        (AudioChunk(rate=16_000, width=2, channels=0, audio=b"12"), "0 channels"),
    ],
)
async def test_what_cannot_be_read_is_refused_with_an_error(running, event, why):
    client = await running.client()
    await client.write_event(event.event())
    error = Error.from_event(await client.read_event())
    assert why in error.text
    assert error.code == "refused"
    assert await client.read_event() is None
    await client.disconnect()


async def test_an_event_that_lacks_something_is_refused_with_an_error(running, caplog):
    client = await running.client()
    await client.write_event(Event("transcript", {}))
    assert Error.from_event(await client.read_event()).text == "an event lacks 'text'"
    assert "let go of 127.0.0.1: an event lacks 'text'" in caplog.text
    await client.disconnect()


def test_a_rate_of_its_own_is_resampled():
    reader = ChunkReader()
    silence = np.zeros(4800, np.int16).tobytes()
    read = [
        reader.read(AudioChunk(rate=48_000, width=2, channels=1, audio=silence)) for _ in range(10)
    ]
    read.append(reader.end())
    assert sum(map(len, read)) == 16_000
