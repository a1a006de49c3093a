"""Rooms of the service: what is announced where, and what is a room's own."""

import asyncio
import shutil
import sys
from contextlib import aclosing
from dataclasses import replace

import pytest

from assistant.app.household import make_household
from assistant.app.rooms import AudioIO, Rooms
from assistant.app.systemd import AudioWatchdog, Notifier
from assistant.audio.echo import EchoCancelled
from assistant.commands.run import audio_ios
from assistant.config import RepliesSettings, Settings, load
from assistant.config.hearing import AudioSettings, SourceSettings
from assistant.config.limits import SettingError
from assistant.config.settings import ConversationSettings
from assistant.dialogue.dispatcher import nothing_before
from assistant.events import Reply
from assistant.plugins.room import ROOM
from assistant.reply.streamed import StreamedPlayer
from tests.hand_clock import settle
from tests.scripted import ArraySource, spoken

SETTINGS = Settings(replies=RepliesSettings(silent=True))


class Elsewhere:
    async def play(self, sound):
        pass


def rooms(tmp_path, *players):
    ios = [
        AudioIO(ArraySource(spoken(("quiet", 0.1))), player, room=f"room {number}", area=None)
        for number, player in enumerate(players)
    ]
    made = Rooms(SETTINGS, ios, tmp_path)
    said = []
    for room in made.rooms:
        name = room.audio_io.room
        room.speaker.announce = lambda text, name=name: said.append((name, text))
    return made, said


def test_an_announcement_goes_to_all_rooms_once_for_each_loudspeaker(tmp_path):
    made, said = rooms(tmp_path, None, None, Elsewhere())
    made.announce("Dinner!")
    assert said == [("room 0", "Dinner!"), ("room 2", "Dinner!")]


async def test_what_was_asked_for_in_a_room_is_announced_there(tmp_path):
    made, said = rooms(tmp_path, None, Elsewhere())

    async def timer():
        await asyncio.sleep(0)
        made.announce("Your timer is over.")

    async def asked():
        ROOM.set("room 1")
        return asyncio.create_task(timer())

    await (await asyncio.create_task(asked()))
    assert said == [("room 1", "Your timer is over.")]


@pytest.fixture(scope="module")
def house():
    return make_household(Settings())


def test_the_lights_are_those_of_the_room_that_hears_it(house):
    kitchen = house.in_room("Kitchen", nothing_before)
    bedroom = house.in_room("Bedroom", nothing_before)
    said = "turn on the lights"
    assert kitchen.conversation.interpret_text(said).targets == ("light.kitchen", "light.counter")
    assert bedroom.conversation.interpret_text(said).targets == (
        "light.bedroom",
        "light.bedside_lamp",
    )


async def test_what_was_said_in_a_room_counts_there_alone(house):
    await house.start()
    kitchen = house.in_room("Kitchen", nothing_before)
    bedroom = house.in_room("Bedroom", nothing_before)
    meant = kitchen.conversation.interpret_text("turn on the desk lamp")
    await kitchen.dispatcher.carry_out(meant, "turn on the desk lamp")
    assert kitchen.conversation.interpret_text("the office one").answers
    assert not bedroom.conversation.interpret_text("the office one").answers


async def test_a_yes_counts_in_the_room_that_was_asked(house):
    await house.start()

    async def say(room, text, confidence=1.0):
        ROOM.set(room)
        meant = house.understanding.interpret_text(text).with_confidence(confidence)
        return (await house.dispatcher.carry_out(meant, text)).outcome.reply

    def there(*said):
        return asyncio.create_task(say(*said))

    assert "Then say yes" in await there("kitchen", "unlock the front door", 0.1)
    assert await there("bedroom", "yes") == "There is nothing to say yes to."
    assert await there("kitchen", "yes") == "Unlocked the Front door."
    await settle()


def test_two_sources_of_one_name_are_refused():
    with pytest.raises(SettingError, match="a name of its own"):
        AudioSettings(sources=(SourceSettings(name="a"), SourceSettings(name="a")))


@pytest.mark.parametrize("ear", [{}, {"device": "Jabra"}, {"satellite": "tcp://hall:10700"}])
def test_two_sources_of_one_ear_are_refused(ear):
    with pytest.raises(SettingError, match="a device or satellite of its own"):
        AudioSettings(sources=(SourceSettings(name="a", **ear), SourceSettings(name="b", **ear)))


ECHO = Settings(audio=AudioSettings(echo_cancellation="webrtc", echo_reference="own"))


def test_without_echo_cancellation_a_room_hears_its_source_itself(tmp_path):
    audio_io = AudioIO(ArraySource(spoken(("quiet", 0.1))), Elsewhere())
    (room,) = Rooms(SETTINGS, [audio_io], tmp_path).rooms
    assert room.audio_io.source is audio_io.source
    settings = replace(SETTINGS, conversation=ConversationSettings(barge_in=True))
    assert Rooms(settings, [audio_io], tmp_path).rooms[0].volume


def test_where_echo_cancellation_lacks_its_package_the_service_goes_on(
    tmp_path, monkeypatch, caplog
):
    monkeypatch.setitem(sys.modules, "livekit.rtc.apm", None)
    audio_io = AudioIO(ArraySource(spoken(("quiet", 0.1))))
    (room,) = Rooms(ECHO, [audio_io], tmp_path).rooms
    assert room.audio_io.source is audio_io.source
    assert "its own voice stays in what it hears" in caplog.text
    assert "[echo]" in caplog.text
    assert room.volume is None, "it would interrupt itself"


def test_with_echo_cancellation_a_room_knows_what_it_plays(tmp_path):
    pytest.importorskip("livekit.rtc.apm", reason="the extra `echo` is not installed")
    audio_io = AudioIO(ArraySource(spoken(("quiet", 0.1))))
    (room,) = Rooms(ECHO, [audio_io], tmp_path).rooms
    assert isinstance(room.audio_io.source, EchoCancelled)
    assert room.volume is not None
    if shutil.which("aplay") or shutil.which("paplay"):
        assert isinstance(room.speaker._player, StreamedPlayer)


async def test_what_waits_behind_echo_cancellation_waits_for_the_pipeline(tmp_path):
    pytest.importorskip("livekit.rtc.apm", reason="the extra `echo` is not installed")
    audio_io = AudioIO(ArraySource(spoken(("quiet", 3.0))), waiting_s=lambda: 1.0)
    (room,) = Rooms(ECHO, [audio_io], tmp_path).rooms
    async with aclosing(room.source.frames()) as frames:
        await anext(frames)
        await settle()
        assert room.audio_io.waiting_s() == pytest.approx(4.0, abs=0.05)


async def test_a_room_knows_who_is_there_by_its_own_sensor(tmp_path, house):
    """A bedroom whose window counts as somebody, and a kitchen where nobody is."""
    file = tmp_path / "config.yaml"
    file.write_text(
        """
        conversation: {presence: {entity: binary_sensor.kitchen_window}, follow_up_s: 3}
        audio:
          sources:
            - {name: kitchen, satellite: "tcp://127.0.0.1:9"}
            - name: bedroom
              satellite: "tcp://127.0.0.1:7"
              presence: {entity: binary_sensor.bedroom_window}
        replies: {silent: true}
        """
    )
    settings = load(file)
    ios = audio_ios(settings, AudioWatchdog(Notifier(None), None))
    made = Rooms(settings, ios, tmp_path)
    await made.start(house)
    try:
        assert [room.senses.seen().somebody for room in made.rooms] == [False, True]
        for room in made.rooms:
            room.follow_ups.after(Reply(source="mic", audio_s=0.0, text="Done."), 1.0)
        assert [room.follow_ups.may_begin(2.0) for room in made.rooms] == [False, True]
    finally:
        await made.close()
