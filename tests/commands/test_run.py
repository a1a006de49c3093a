"""The service from end to end: a satellite speaks, and hears the answer."""

import asyncio
import logging

import pytest
import soundfile

pytest.importorskip("wyoming", reason="the extra `wyoming` is not installed")

from wyoming.asr import Transcript
from wyoming.audio import AudioChunk

from assistant.app.systemd import AudioWatchdog, Notifier
from assistant.audio.source import SAMPLE_RATE
from assistant.commands import run
from assistant.config import AudioSettings, HomeSettings, RepliesSettings, Settings, WakeSettings
from assistant.events import Reply
from assistant.reply.chimes import Chime, sound_of
from tests.satellite_device import Device


@pytest.fixture
async def device(unused_tcp_port):
    device = Device(unused_tcp_port)
    await device.start()
    yield device
    await device.stop()


async def heard_there(device, sounds):
    """What the satellite is sent: a transcript and so many sounds, in whatever order."""
    said, played = [], [b""]
    while len(played) <= sounds or not said:
        event = await device.next("transcript", "audio-chunk", "audio-stop")
        if Transcript.is_type(event.type):
            said.append(Transcript.from_event(event).text)
        elif AudioChunk.is_type(event.type):
            played[-1] += AudioChunk.from_event(event).audio
        else:
            played.append(b"")
    return said, played[:-1]


async def test_a_command_from_a_satellite_is_answered_there(device, tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    settings = Settings(
        audio=AudioSettings(satellite=device.url),
        wake=WakeSettings(words=("alexa",)),
        replies=RepliesSettings(engine="none"),
        home=HomeSettings(area="Attic"),
    )
    notifier = Notifier(None)
    ios = run.audio_ios(settings, AudioWatchdog(notifier, None))
    serving = asyncio.create_task(run._serve(settings, ios, notifier))
    await device.next("run-satellite", limit_s=60)
    samples, rate = soundfile.read("demo/01-kitchen-light.ogg", dtype="int16")
    assert rate == SAMPLE_RATE
    await device.play(samples)
    (said,), played = await heard_there(device, sounds=2)
    assert "kitchen" in said
    assert caplog.text.count("there is no area 'Attic' (home.area); there are Kitchen") == 1
    assert played == [sound_of(each).samples.tobytes() for each in (Chime.WAKE, Chime.SUCCESS)]
    (warning,) = [each for each in caplog.records if run.DEMO_HOME in each.getMessage()][:1]
    assert (warning.levelname, warning.name) == ("WARNING", "assistant.commands.run")
    assert f"answer: Turned on the Kitchen light. {run.DEMO_HOME}\n" in caplog.text
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def replies(*texts):
    for text in texts:
        yield Reply(source="mic", audio_s=1.0, text=text)


@pytest.mark.parametrize(
    ("note", "first"), [(run.DEMO_HOME, f"One. {run.DEMO_HOME}"), ("", "One.")]
)
async def test_only_the_first_answer_says_what_home_it_is(note, first):
    said = [event.text async for event in run._noted(replies("One.", "Two."), note)]
    assert said == [first, "Two."]
