"""Calls by a real program that writes down what it is given."""

import asyncio
import sys

import pytest

from assistant.home.contacts import Contact
from assistant.home.model import HomeError
from assistant.plugins.shipped.calls import dialled
from tests.household import build

WRITE = "import sys; open(sys.argv[1], 'a').write(sys.argv[2] + chr(10))"
ANNA = Contact("Anna Lindqvist", ("tel:+46 (0)70-123 45 67", "1"))


@pytest.fixture
def phone(tmp_path):
    """A house whose phone is a line of Python, and the file that it writes to."""

    def phone(code=WRITE, people=(ANNA,)):
        command = (sys.executable, "-c", code, str(tmp_path / "dialled"), "tel:{number}")
        return build(people=lambda: people, call_command=command), tmp_path / "dialled"

    return phone


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+44 (0)20 7946 0000", "+442079460000"),
        ("tel:+1-201-555-0123;ext=42", "+12015550123"),
        ("(030) 123/456", "030123456"),
        ("0171 555 ext. 9", "0171555"),
        ("*21*123#", "*21*123#"),
        ("--help", ""),
        ("; rm -rf /", ""),
        ("$(id)1`2`|3&4", "1234"),
        ("", ""),
    ],
)
def test_only_what_can_be_dialled_is_left_of_a_number(written, number):
    assert dialled(written) == number


async def test_a_contact_is_called_by_the_first_number(phone):
    house, dialled_file = phone()
    outcome = await house.say("call anna")
    assert (outcome.success, outcome.reply) == (True, "Calling Anna Lindqvist.")
    assert dialled_file.read_text() == "tel:+46701234567\n"
    assert outcome.changes[0].after == "+46701234567"


async def test_someone_without_a_number_is_not_called(phone):
    house, dialled_file = phone(people=(Contact("Anna Lindqvist", ("none",)),))
    outcome = await house.say("call anna")
    assert (outcome.success, outcome.reply) == (False, "I have no number of Anna Lindqvist.")
    assert not dialled_file.exists()


@pytest.mark.parametrize("command", [(sys.executable, "-c", "exit(4)"), ("/nowhere/phone",)])
async def test_a_program_that_cannot_call_is_said(command, caplog):
    house = build(people=lambda: (ANNA,), call_command=command)
    outcome = await house.say("call anna")
    assert outcome.reply == "The call to Anna Lindqvist did not go through."
    assert "calling Anna Lindqvist failed" in caplog.text


async def test_a_call_goes_on_until_hearth_ends(phone):
    house, _ = phone("import time; time.sleep(600)")
    plugin = house.registry.for_intent("HearthCall")
    calling = asyncio.create_task(house.say("call anna"))
    while not calling.done():
        await house.clock.turn(1)
    assert calling.result().reply == "Calling Anna Lindqvist."
    (process,) = plugin._calls.values()
    assert process.returncode is None
    await plugin.close()
    assert process.returncode is not None
    assert not plugin._calls


async def test_without_a_command_the_home_calls():
    house = build()
    outcome = await house.say("call anna")
    assert (outcome.success, outcome.reply) == (True, "Calling Anna Lindqvist.")
    assert house.home.messages == [("Anna Lindqvist", "")]


async def test_where_nothing_can_call_it_says_what_to_do(monkeypatch):
    house = build()

    async def refuse(call):
        raise HomeError("This home has no way to call people.")

    monkeypatch.setattr(house.home, "call", refuse)
    outcome = await house.say("call anna")
    assert (
        outcome.reply == "This home has no way to call people. To call people, set calls.command."
    )
