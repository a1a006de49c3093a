"""A camera, by films in its place: NASA's portrait of Eileen Collins (public domain), or nobody."""

import asyncio
import logging
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

import assistant.presence.camera
from assistant.app.doctor.cameras import cameras
from assistant.app.presence import make_senses
from assistant.config.presence import PresenceSettings
from assistant.config.settings import ConversationSettings, Settings
from assistant.events import FinalEndpoint, Reply, WakeDetected
from assistant.presence.camera import PERIOD_S, RETRY_S, Camera
from assistant.presence.pictures import CameraError, Pictures
from assistant.presence.senses import Seen
from tests.hand_clock import HandClock

PORTRAIT = cv2.imread(str(Path(__file__).parent / "astronaut.jpg"))
SIZE = (640, 480)


def scene(portrait=None):
    """A grey room, with somebody in it or nobody."""
    picture = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    if portrait is not None:
        height, width, _ = portrait.shape
        picture[100 : 100 + height, 150 : 150 + width] = portrait
    return picture


FACING, NOBODY, LYING = scene(PORTRAIT), scene(), scene(cv2.rotate(PORTRAIT, 0))


@pytest.fixture
def film(tmp_path):
    """Writes pictures as a film, in the place of a camera."""

    def write(*pictures):
        path = tmp_path / "film.avi"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 2.0, SIZE)
        for picture in pictures:
            writer.write(picture)
        writer.release()
        return path

    return write


@asynccontextmanager
async def running(path, clock):
    camera = Camera(path, clock)
    task = asyncio.create_task(camera.run())
    yield camera
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def waiting(clock):
    """It has looked, or failed to, and waits for the clock."""
    async with asyncio.timeout(30):
        while not clock.waits_s:  # noqa: ASYNC110 - a thread looks at the picture
            await asyncio.sleep(0.002)


async def looks(camera, clock, count):
    """What it says after each of so many pictures."""
    said = []
    for _ in range(count):
        await waiting(clock)
        said.append(camera.facing)
        await clock.turn(PERIOD_S)
    return said


def test_who_faces_it_is_seen_and_who_does_not_is_not(film):
    pictures = Pictures(film(FACING, NOBODY, LYING))
    assert [pictures.face() for _ in range(3)] == [True, False, False]
    pictures.close()


async def test_it_looks_only_while_that_is_wanted(film):
    clock, path = HandClock(), film(*[FACING] * 3, *[NOBODY] * 9)
    async with running(path, clock) as camera:
        await clock.turn(10.0)
        assert (camera.facing, clock.waits_s) == (None, [])
        camera.watch()
        assert await looks(camera, clock, 5) == [False, True, True, True, False]
        await waiting(clock)
        assert opened(path)
        camera.rest()
        await clock.turn(PERIOD_S)
        assert camera.facing is None
        assert not opened(path)


async def test_it_never_looks_for_long(film, monkeypatch):
    monkeypatch.setattr(assistant.presence.camera, "WATCH_S", 2 * PERIOD_S)
    clock, path = HandClock(), film(*[NOBODY] * 9)
    async with running(path, clock) as camera:
        camera.watch()
        assert await looks(camera, clock, 2) == [False, False]
        assert (camera.facing, opened(path)) == (None, False)


def opened(path):
    """Whether this process has a file open."""
    return str(path) in {str(each.resolve()) for each in Path("/proc/self/fd").iterdir()}


async def test_a_camera_that_is_pulled_out_is_told_once_and_looked_for(film, caplog):
    caplog.set_level(logging.INFO)
    clock, path = HandClock(), film(FACING, FACING)
    async with running(path, clock) as camera:
        camera.watch()
        assert await looks(camera, clock, 2) == [False, True]
        path.unlink()
        for _ in range(3):
            await waiting(clock)
            assert camera.facing is None
            await clock.turn(RETRY_S)
        await waiting(clock)
        film(FACING, FACING, FACING)
        await clock.turn(RETRY_S)
        assert await looks(camera, clock, 2) == [False, True]
    lost, found = [each.message for each in caplog.records]
    assert f"no more pictures come from {path}" in lost
    assert "shows pictures again" in found


def test_what_is_no_camera_says_so(tmp_path):
    with pytest.raises(CameraError, match="there is no camera"):
        Pictures(tmp_path / "video7")
    (tmp_path / "notes").write_text("no pictures")
    with pytest.raises(CameraError, match="cannot be opened as a camera"):
        Pictures(tmp_path / "notes")
    with pytest.raises(CameraError, match="name too long"):
        Pictures(tmp_path / ("x" * 300))


def test_without_the_package_it_says_what_to_install(film, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2.data", None)
    with pytest.raises(CameraError, match=r"needs an extra .*camera"):
        Pictures(film(FACING))


async def test_the_wake_word_and_replies_open_it_and_its_face_counts_as_somebody(film):
    senses = make_senses(PresenceSettings(entity="binary_sensor.x", camera=film(FACING)))
    watched = []
    senses.camera.watch = lambda: watched.append(True)
    at = {"source": "mic", "audio_s": 1.0}
    senses.follow(WakeDetected(**at, wake_word="alexa", probability=1.0))
    senses.follow(Reply(**at, text="Done."))
    senses.follow(
        FinalEndpoint(**at, text="", confidence=0, nbest=(), revised=False, reason="pause")
    )
    assert len(watched) == 2
    senses.camera.facing = True
    assert senses.seen() == Seen(somebody=True, facing=True)


def test_the_doctor_looks_through_it(film, tmp_path):
    def found(path):
        talk = ConversationSettings(presence=PresenceSettings(camera=path))
        (finding,) = cameras(Settings(conversation=talk))
        return str(finding)

    assert "somebody faces it" in found(film(FACING))
    assert "there is no camera" in found(tmp_path / "video7")
    assert list(cameras(Settings())) == []
