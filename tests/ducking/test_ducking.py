"""When volumes go down and up, what happens if that fails, and players of the home."""

import asyncio
import json

import pytest

from assistant.ducking.ducking import AGAIN_S, LONGEST_S, Ducking
from assistant.ducking.home_players import HomePlayers
from assistant.ducking.ledger import Ledger, Lowered
from assistant.ducking.mixer import MixerError
from assistant.events import (
    NOT_MEANT,
    Intent,
    Reply,
    SpeechStarted,
    WakeDetected,
    Yielded,
)
from tests.hand_clock import settle
from tests.household import HandClock, build

AT = {"source": "mic", "audio_s": 1.0}
WOKEN = WakeDetected(**AT, wake_word="alexa", probability=0.9)
DONE = Reply(**AT, text="Done.")
IGNORED = Intent(**AT, intent=None, slots={}, confidence=0.0, reused=False, reason=NOT_MEANT)
ASKED = Reply(**AT, text="Which one?", asks="which")


class Shelf:
    """A mixer of some things that play."""

    name = "shelf"

    def __init__(self, **volumes):
        self.volumes = volumes
        self.error = None
        self.stuck = ""

    async def playing(self):
        if self.error:
            raise self.error
        return dict(self.volumes)

    async def volume(self, id_):
        if self.error:
            raise self.error
        return self.volumes.get(id_)

    async def set(self, id_, volume):
        if id_ == self.stuck:
            raise MixerError("it is stuck")
        self.volumes[id_] = volume


class Stage:
    def __init__(self, shelf, file=None, answer_s=0.0):
        self.shelf, self.clock = shelf, HandClock()
        self.ducking = Ducking(Ledger(file), 0.5, answer_s, self.clock)
        self.ducking.mixers = [shelf]

    async def after(self, *events):
        for event in events:
            self.ducking.follow(event)
        await settle()
        await settle()
        return self.shelf.volumes


async def test_down_for_speech_and_up_when_the_reply_has_ended():
    stage = Stage(Shelf(radio=0.8, film=0.4))
    assert await stage.after(WOKEN, SpeechStarted(**AT)) == {"radio": 0.4, "film": 0.2}
    assert await stage.after(DONE) == {"radio": 0.4, "film": 0.2}
    stage.ducking.ended(DONE, 2.0)
    assert await stage.after() == {"radio": 0.8, "film": 0.4}


async def test_after_a_question_it_stays_down_for_the_answer():
    stage = Stage(Shelf(radio=0.8), answer_s=8.0)
    await stage.after(WOKEN)
    stage.ducking.ended(ASKED, 2.0)
    assert await stage.after() == {"radio": 0.4}
    await stage.clock.turn(8.0)
    assert await stage.after() == {"radio": 0.8}


async def test_speech_that_was_for_somebody_else_gives_it_back():
    stage = Stage(Shelf(radio=0.8))
    await stage.after(SpeechStarted(**AT))
    assert await stage.after(IGNORED) == {"radio": 0.8}


async def test_while_an_answer_is_waited_for_other_speech_does_not_give_it_back():
    stage = Stage(Shelf(radio=0.8), answer_s=8.0)
    await stage.after(WOKEN)
    stage.ducking.ended(ASKED, 2.0)
    assert await stage.after(SpeechStarted(**AT), IGNORED) == {"radio": 0.4}
    await stage.clock.turn(8.0)
    assert await stage.after() == {"radio": 0.8}


async def test_nothing_stays_down_for_good():
    stage = Stage(Shelf(radio=0.8))
    assert await stage.after(WOKEN) == {"radio": 0.4}
    await stage.clock.turn(LONGEST_S)
    assert await stage.after() == {"radio": 0.8}


async def test_what_changed_meanwhile_is_left_as_it_is():
    stage = Stage(Shelf(radio=0.8, film=0.4))
    await stage.after(WOKEN)
    stage.shelf.volumes["radio"] = 0.6
    del stage.shelf.volumes["film"]
    await stage.ducking.close()
    assert stage.shelf.volumes == {"radio": 0.6}


async def test_what_was_down_when_it_crashed_comes_back(tmp_path):
    file = tmp_path / "state" / "turned_down.json"
    crashed = Stage(Shelf(radio=0.8), file)
    await crashed.after(WOKEN)
    again = Stage(crashed.shelf, file)
    assert await again.after(WOKEN) == {"radio": 0.4}, "never down twice"
    await again.ducking.start()
    assert again.shelf.volumes == {"radio": 0.8}
    assert json.loads(file.read_text()) == []


@pytest.mark.parametrize("text", ["", "{", "[{}]", '{"a": 1}'])
async def test_a_file_that_is_broken_is_said_and_begun_anew(tmp_path, caplog, text):
    file = tmp_path / "turned_down.json"
    file.write_text(text)
    stage = Stage(Shelf(radio=0.8), file)
    await stage.ducking.start()
    assert "cannot be read" in caplog.text
    await stage.after(WOKEN)
    assert [Lowered(**each).before for each in json.loads(file.read_text())] == [0.8]


async def test_a_disk_that_takes_nothing_is_said_and_it_works_all_the_same(tmp_path, caplog):
    (tmp_path / "state").write_text("not a folder")
    stage = Stage(Shelf(radio=0.8), tmp_path / "state" / "turned_down.json")
    assert await stage.after(WOKEN) == {"radio": 0.4}
    assert "cannot be" in caplog.text
    await stage.ducking.close()
    assert stage.shelf.volumes == {"radio": 0.8}


async def test_what_cannot_be_reached_now_comes_back_later(caplog):
    stage = Stage(Shelf(radio=0.8))
    await stage.after(WOKEN)
    stage.shelf.error = MixerError("it is away")
    stage.ducking.ended(DONE, 2.0)
    await stage.after()
    assert caplog.text.count("it is away") == 1
    stage.shelf.error = None
    stage.ducking.ended(DONE, 3.0)
    assert await stage.after() == {"radio": 0.8}


async def test_players_in_the_same_room_go_down_and_no_others():
    house = build()
    players = ("media_player.kitchen_speaker", "media_player.bedroom_speaker", "media_player.tv")
    for player in players:
        await house.say(f"turn on the {player.split('.')[1].replace('_', ' ')}")
    states = house.home._states
    for player in players:
        states[player] = type(states[player])("playing", {"volume_level": 0.6})
    ducking = Ducking(Ledger(None), 0.5)
    ducking.mixers = [HomePlayers(house.home, "Kitchen")]
    await ducking._lower()
    levels = [await house.attribute(player, "volume_level") for player in players]
    assert levels == [0.3, 0.6, 0.6]
    await ducking.close()
    assert await house.attribute(players[0], "volume_level") == 0.6


async def test_a_command_about_a_player_finds_it_as_loud_as_the_user_left_it():
    house = build()
    player = "media_player.kitchen_speaker"
    state = house.home._states[player]
    house.home._states[player] = type(state)("playing", {"volume_level": 0.4})
    ducking = Ducking(Ledger(None), 0.5)
    ducking.mixers = [HomePlayers(house.home, "kitchen")]
    await ducking._lower()
    meant = house.understanding.interpret_text("turn up the kitchen speaker")
    assert player in meant.targets
    await ducking.let_go(meant)
    await house.say("turn up the kitchen speaker")
    louder = await house.attribute(player, "volume_level")
    assert louder > 0.4
    await ducking.close()
    assert await house.attribute(player, "volume_level") == louder
    await asyncio.sleep(0)


async def test_what_fails_holds_nothing_else_up_and_is_tried_again():
    stage = Stage(Shelf(radio=0.8, film=0.4))
    await stage.after(WOKEN)
    stage.shelf.stuck = "radio"
    stage.ducking.ended(DONE, 2.0)
    assert await stage.after() == {"radio": 0.4, "film": 0.4}
    stage.shelf.stuck = ""
    await stage.clock.turn(AGAIN_S[0])
    assert await stage.after() == {"radio": 0.8, "film": 0.4}


class Steps(Shelf):
    """Its volumes rest at tenths."""

    async def set(self, id_, volume):
        await super().set(id_, round(volume, 1))


class Late(Shelf):
    """It tells its volumes as they were before the last change."""

    async def set(self, id_, volume):
        self.told = dict(self.volumes)
        await super().set(id_, volume)

    async def volume(self, id_):
        return self.told[id_]

    async def playing(self):
        return dict(self.told)


async def test_where_a_volume_comes_to_rest_it_comes_back():
    stage = Stage(Steps(radio=0.5))
    assert await stage.after(WOKEN) == {"radio": 0.2}
    stage.ducking.ended(DONE, 2.0)
    assert await stage.after() == {"radio": 0.5}


async def test_what_is_told_late_comes_back_and_is_not_turned_down_from_there():
    stage = Stage(Late(radio=0.8))
    stage.shelf.told = {"radio": 0.8}
    assert await stage.after(WOKEN) == {"radio": 0.4}
    stage.shelf.told = {"radio": 0.4}
    stage.ducking.ended(DONE, 2.0)
    assert await stage.after() == {"radio": 0.8}
    assert await stage.after(WOKEN) == {"radio": 0.8}, "as it seems still to be down"
    stage.shelf.told = {"radio": 0.8}
    stage.ducking.ended(DONE, 3.0)
    await stage.after()
    assert [*stage.ducking._ledger] == []


@pytest.mark.parametrize("ends", [Yielded(**AT, to="office"), None])
async def test_what_two_rooms_share_comes_up_when_both_let_it_go(ends):
    one = Stage(Shelf(radio=0.8))
    other = Stage(one.shelf)
    other.ducking._ledger = one.ducking._ledger
    await one.after(WOKEN)
    assert await other.after(WOKEN) == {"radio": 0.4}
    if ends:
        one.ducking.follow(ends)
    else:
        one.ducking.ended(DONE, 2.0)
    assert await one.after() == {"radio": 0.4}
    other.ducking.ended(DONE, 2.0)
    assert await other.after() == {"radio": 0.8}


async def test_a_player_that_tells_nothing_now_comes_back_when_it_does():
    house = build()
    states, tv = house.home._states, "media_player.tv"
    states[tv] = type(states[tv])("playing", {"volume_level": 0.6})
    ducking = Ducking(Ledger(None), 0.5)
    ducking.mixers = [HomePlayers(house.home, "Living room")]
    await ducking._lower()
    states[tv] = type(states[tv])("off", {})
    await ducking._restore()
    states[tv] = type(states[tv])("playing", {"volume_level": 0.3})
    await ducking._restore()
    assert await house.attribute(tv, "volume_level") == 0.6


async def test_an_area_that_the_home_does_not_have_has_no_players():
    assert await HomePlayers(build().home, "attic").playing() == {}
