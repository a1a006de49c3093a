"""Alarms and the wall clock: summer time, clocks put right by the network, a start in 1970."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.household import build

BERLIN = ZoneInfo("Europe/Berlin")


async def started(tmp_path, moment, zone=BERLIN):
    house = build(tmp_path)
    house.clock.start, house.clock.zone = moment, zone
    await house.registry.start()
    return house


async def rings_at(house, within=timedelta(hours=16)):
    """The wall clock's time when something is said."""
    for _ in range(int(within / timedelta(minutes=1))):
        await house.clock.turn(60)
        if house.announced:
            return f"{house.clock.local_time():%a %H:%M}"
    return "never"


@pytest.mark.parametrize(
    ("evening", "day"),
    [
        (datetime(2026, 10, 24, 22, 0, tzinfo=BERLIN), "Sun"),  # clocks go back
        (datetime(2027, 3, 27, 22, 0, tzinfo=BERLIN), "Sun"),  # clocks go forward
        (datetime(2026, 11, 23, 22, 0, tzinfo=BERLIN), "Tue"),
    ],
)
async def test_an_alarm_rings_at_seven_by_the_wall_clock(tmp_path, evening, day):
    house = await started(tmp_path, evening.astimezone(UTC))
    assert (await house.say("wake me up at seven")).reply == "Set an alarm for 7:00 tomorrow."
    assert await rings_at(house) == f"{day} 07:00"
    assert house.announced == ["Your alarm: it is 7:00."]
    await house.registry.close()


async def test_a_time_that_summer_time_leaves_out_rings_when_it_is_past(tmp_path):
    house = await started(tmp_path, datetime(2027, 3, 27, 22, 0, tzinfo=BERLIN).astimezone(UTC))
    await house.say("wake me up at half past two")
    assert await rings_at(house) == "Sun 03:00"
    assert house.announced == ["Your alarm: it is 2:30."]
    await house.registry.close()


async def test_a_command_for_a_time_of_day_follows_the_wall_clock(tmp_path):
    house = await started(tmp_path, datetime(2026, 10, 24, 22, 0, tzinfo=BERLIN).astimezone(UTC))
    await house.say("turn on the kitchen light at six in the morning")
    assert await rings_at(house) == "Sun 06:00"
    assert await house.state("light.kitchen") == "on"
    await house.registry.close()


async def test_a_clock_put_right_after_the_start_moves_no_alarm(tmp_path):
    house = await started(tmp_path, datetime(2026, 11, 27, 22, 0, tzinfo=UTC), UTC)
    await house.say("wake me up at seven")
    await house.registry.close()
    late = await started(tmp_path, datetime(2026, 11, 28, 4, 50, tzinfo=UTC), UTC)
    await late.clock.turn(30)
    late.clock.set(datetime(2026, 11, 28, 6, 50, tzinfo=UTC))  # two hours had been missing
    assert await rings_at(late) == "Sat 07:00"
    await late.registry.close()


async def test_a_start_in_1970_moves_no_alarm(tmp_path):
    house = await started(tmp_path, datetime(2026, 11, 27, 22, 0, tzinfo=UTC), UTC)
    await house.say("wake me up at seven")
    await house.registry.close()
    reset = await started(tmp_path, datetime(1970, 1, 1, 0, 1, tzinfo=UTC), UTC)
    await reset.clock.turn(3600)
    assert reset.announced == []
    reset.clock.set(datetime(2026, 11, 28, 6, 0, tzinfo=UTC))
    assert await rings_at(reset) == "Sat 07:00"
    await reset.registry.close()


async def test_in_1970_no_alarm_is_promised(tmp_path):
    house = await started(tmp_path, datetime(1970, 1, 1, 0, 1, tzinfo=UTC), UTC)
    assert (await house.say("wake me up at seven")).reply == "I do not know yet what time it is."
    assert (await house.say("set a timer for five minutes")).success
    await house.registry.close()


async def test_a_timer_counts_whatever_the_clock_shows(tmp_path):
    house = await started(tmp_path, datetime(1970, 1, 1, 0, 1, tzinfo=UTC), UTC)
    await house.say("set a timer for ten minutes")
    await house.clock.turn(90)
    now = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
    house.clock.set(now)
    reply = (await house.say("how much time is left")).reply
    assert reply == "8 minutes and 30 seconds left on your 10 minutes timer."
    await house.clock.turn(60)
    (written,) = json.loads((tmp_path / "timers.json").read_text())
    assert written["ends_at_s"] == pytest.approx(now.timestamp() + 510), "a restart finds it right"
    await house.clock.turn(449)
    assert house.announced == []
    await house.clock.turn(1)
    assert house.announced == ["Your 10 minutes timer is done."]
    await house.registry.close()


async def test_an_alarm_of_an_older_version_still_rings(tmp_path):
    seven = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)
    written = {"id": 1, "name": "", "length_s": 32400, "ends_at_s": seven.timestamp()}
    (tmp_path / "timers.json").write_text(json.dumps([written | {"is_alarm": True}]))
    house = await started(tmp_path, seven - timedelta(hours=3), UTC)
    assert await rings_at(house) == "Sat 07:00"
    await house.registry.close()
