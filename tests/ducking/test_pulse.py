"""Music goes down and comes back, on a real sound server."""

import asyncio
import shutil

import numpy as np
import pytest

from assistant.ducking.ducking import Ducking
from assistant.ducking.ledger import Ledger
from assistant.events import Reply, WakeDetected
from assistant.reply.programs import ProgramPlayer
from assistant.reply.sound import Sound
from tests.ducking.sound_server import SoundServer

pulse = pytest.importorskip("assistant.ducking.pulse", reason="needs the extra `music`")
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("pulseaudio", "pactl", "paplay"))), reason="needs PulseAudio"
)
WOKEN = WakeDetected(source="mic", audio_s=1.0, wake_word="alexa", probability=0.9)
DONE = Reply(source="mic", audio_s=2.0, text="Done.")


@pytest.fixture
async def server(tmp_path, monkeypatch):
    server = SoundServer(tmp_path)
    await server.start()
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    yield server
    server.stop()


def ducking(server, level=0.3):
    made = Ducking(Ledger(server.folder / "state" / "turned_down.json"), level)
    made.mixers = [pulse.PulseMixer()]
    return made


async def until(server, volumes):
    for _ in range(100):
        if sorted(server.inputs().values()) == volumes:
            return
        await asyncio.sleep(0.02)
    assert sorted(server.inputs().values()) == volumes


async def test_it_goes_down_for_the_wake_word_and_comes_back_after_the_reply(server):
    await server.play(0.8)
    down = ducking(server)
    await down.start()
    down.follow(WOKEN)
    await until(server, [24])
    down.ended(DONE, 2.0)
    await until(server, [80])
    await down.close()


async def test_several_programs_each_have_their_own_volume(server):
    await server.play(1.0, "radio")
    await server.play(0.5, "film")
    down = ducking(server)
    down.follow(WOKEN)
    await until(server, [15, 30])
    await down.close()
    assert sorted(server.inputs().values()) == [50, 100]


async def test_a_volume_that_the_user_sets_meanwhile_stays(server):
    await server.play(0.8)
    down = ducking(server)
    down.follow(WOKEN)
    await until(server, [24])
    (number,) = server.inputs()
    server.control("set-sink-input-volume", str(number), "60%")
    await down.close()
    assert list(server.inputs().values()) == [60]


async def test_after_a_crash_it_comes_back_at_the_next_start(server):
    await server.play(0.8)
    crashed = ducking(server)
    crashed.follow(WOKEN)
    await until(server, [24])
    again = ducking(server)
    await again.start()
    assert list(server.inputs().values()) == [80]
    await again.close()


async def test_what_ended_while_it_was_down_is_as_loud_as_before_when_it_comes_again(server):
    """The server remembers a program's volume, and would remember the wrong one."""
    player = await server.play(0.8)
    down = ducking(server)
    down.follow(WOKEN)
    await until(server, [24])
    player.kill()
    player.wait()
    await until(server, [])
    await down.close()
    file = server.folder / "music.wav"
    again = await asyncio.create_subprocess_exec(
        "paplay", "--client-name=radio", "--property=media.role=music", str(file)
    )
    await until(server, [80])
    again.kill()
    await again.wait()


async def test_a_sink_that_passes_on_what_others_play_is_left_alone(server):
    server.control("load-module", "module-remap-sink")
    await server.play(0.8)
    down = ducking(server)
    await down._lower()
    assert sorted(server.inputs().values()) == [24, 100]
    await down.close()


async def test_its_own_sounds_and_calls_are_left_alone(server):
    await server.play(1.0, "phone", role="phone")
    speech = Sound(np.zeros(8000 * 5, np.int16), 8000)
    playing = asyncio.create_task(ProgramPlayer(["paplay"]).play(speech))
    await until(server, [100, 100])
    down = ducking(server)
    await down._lower()
    assert list(server.inputs().values()) == [100, 100]
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    await down.close()


async def test_a_server_that_goes_and_comes_is_found_again(server, caplog):
    down = ducking(server)
    await server.play(0.8)
    down.follow(WOKEN)
    await until(server, [24])
    await down.close()
    server.stop()
    down.follow(WOKEN)
    await down.close()
    assert "pulse: the volume stays as it is: the sound server" in caplog.text
    await server.start()
    await server.play(0.8)
    down.follow(WOKEN)
    await until(server, [24])
    await down.close()
    assert list(server.inputs().values()) == [80]
