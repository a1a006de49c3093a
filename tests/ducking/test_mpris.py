"""Players with MPRIS, over a real bus; the player is dbus-fast's own service."""

import asyncio
import gc
import os
import shutil
import subprocess

import pytest

from assistant.ducking.ducking import Ducking
from assistant.ducking.ledger import Ledger
from assistant.ducking.mixer import MixerError

mpris = pytest.importorskip("assistant.ducking.mpris", reason="needs the extra `music`")
from dbus_fast import BusType, PropertyAccess  # noqa: E402
from dbus_fast.aio import MessageBus  # noqa: E402
from dbus_fast.service import ServiceInterface, dbus_property  # noqa: E402

pytestmark = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="needs dbus-daemon")
CONFIG = """<busconfig><type>session</type><listen>unix:path={folder}/bus</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"""


class Player(ServiceInterface):
    def __init__(self, status, volume):
        super().__init__("org.mpris.MediaPlayer2.Player")
        self.status, self.volume = status, volume

    @dbus_property(PropertyAccess.READ)
    def PlaybackStatus(self) -> "s":  # noqa: F821, N802
        return self.status

    @dbus_property()
    def Volume(self) -> "d":  # noqa: F821, N802
        return self.volume

    @Volume.setter
    def Volume(self, volume: "d"):  # noqa: F821, N802
        self.volume = volume


@pytest.fixture
async def bus(tmp_path, monkeypatch):
    config = tmp_path / "bus.conf"
    config.write_text(CONFIG.format(folder=tmp_path))
    daemon = subprocess.Popen(  # noqa: ASYNC220 - begun, not waited for
        ["dbus-daemon", f"--config-file={config}", "--nofork"], env=os.environ
    )
    for _ in range(200):
        if (tmp_path / "bus").exists():
            break
        await asyncio.sleep(0.02)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/bus")
    yield daemon
    daemon.kill()
    daemon.wait()


@pytest.fixture
async def player(bus):
    connections = []

    async def play(name, status, volume):
        connection = await MessageBus(bus_type=BusType.SESSION).connect()
        connections.append(connection)
        made = Player(status, volume)
        connection.export("/org/mpris/MediaPlayer2", made)
        await connection.request_name(f"org.mpris.MediaPlayer2.{name}")
        return made, connection

    yield play
    for connection in connections:
        connection.disconnect()
        await connection.wait_for_disconnect()


async def test_what_plays_goes_down_and_comes_back(player):
    radio, _ = await player("radio", "Playing", 0.8)
    film, _ = await player("film", "Paused", 0.6)
    ducking = Ducking(Ledger(None), 0.5)
    ducking.mixers = [mpris.MprisMixer()]
    await ducking._lower()
    assert (radio.volume, film.volume) == (0.4, 0.6)
    await ducking.close()
    assert (radio.volume, film.volume) == (0.8, 0.6)


async def test_a_player_that_is_gone_is_left_and_one_that_was_changed_stays(player):
    radio, _ = await player("radio", "Playing", 0.8)
    _, gone = await player("film", "Playing", 0.6)
    mixer = mpris.MprisMixer()
    ducking = Ducking(Ledger(None), 0.5)
    ducking.mixers = [mixer]
    await ducking._lower()
    radio.volume = 0.7
    gone.disconnect()
    await gone.wait_for_disconnect()
    await ducking.close()
    assert radio.volume == 0.7
    assert await mixer.volume("org.mpris.MediaPlayer2.film") is None


async def test_a_bus_that_ends_is_said_when_it_is_needed_and_not_before(bus, caplog):
    gc.collect()
    caplog.clear()
    mixer = mpris.MprisMixer()
    assert await mixer.playing() == {}
    bus.kill()
    bus.wait()
    await mixer._until_lost
    with pytest.raises(MixerError, match="bus does not answer"):
        await mixer.playing()
    del mixer
    gc.collect()
    assert caplog.messages == []


async def test_without_a_bus_it_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    with pytest.raises(MixerError, match="bus does not answer"):
        await mpris.MprisMixer().playing()
