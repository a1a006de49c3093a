"""Calls people: finds the number in the address book, and hands it to a command of the user's.

The command is a list of arguments, started without a shell, and a number is only digits, `+`, `*`
and `#`, so nothing in an address book can become an option or a command of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Sequence

from assistant.config.settings import NUMBER
from assistant.home.contacts import Contact
from assistant.home.model import Change, HomeError, ServiceCall
from assistant.nlu.interpretation import Interpretation
from assistant.plugins import Asks, Outcome, Plugin, PluginContext

_LOG = logging.getLogger(__name__)
_REFUSES_WITHIN_S = 1.0
"""A command that cannot call ends at once; one that goes on holds the call."""
_TRUNK_ZERO = re.compile(r"^(\+[\d\s]*)\(0\)")
"""As in +44 (0)20: dialled only without the country's code."""
_EXTENSION = re.compile(r"(;|,|\s*ext).*$", re.IGNORECASE)
_NOT_DIALLED = re.compile(r"[^\d*#]")

_Process = asyncio.subprocess.Process


class Calls:
    """Calls by the command, or by the home where there is none."""

    name = "calls"

    def __init__(self, context: PluginContext) -> None:
        self._context = context
        self._calls: dict[asyncio.Task[None], _Process] = {}

    def intents(self) -> Sequence[str]:
        """Only calls."""
        return ("HearthCall",)

    async def start(self) -> None:
        """Nothing runs before the first call."""

    async def close(self) -> None:
        """Hang up."""
        for process in self._calls.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        await asyncio.gather(*self._calls, return_exceptions=True)

    async def prepare(self, interpretation: Interpretation) -> None:
        """Nothing to fetch."""

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Call; someone of an ambiguous name is asked about first."""
        people = interpretation.targets
        if len(people) != 1:
            who = f"Who do you mean: {' or '.join(people)}?"
            return Outcome(success=False, reply=who, targets=people, asks=Asks.WHICH)
        if not self._context.call_command:
            return await self._by_home(people)
        number = await asyncio.to_thread(self._number, people[0])
        if not number:
            return _failed(f"I have no number of {people[0]}.", people)
        if problem := await self._dial(number):
            _LOG.warning("calling %s failed: %s", people[0], problem)
            return _failed(f"The call to {people[0]} did not go through.", people)
        change = Change(people[0], "call", None, number)
        return Outcome(
            success=True, reply=f"Calling {people[0]}.", targets=people, changes=(change,)
        )

    def _number(self, name: str) -> str:
        """The first number of whoever is called so; empty if there is none."""
        numbers = (number for person in self._context.people() for number in _of(person, name))
        return next(filter(None, map(dialled, numbers)), "")

    async def _dial(self, number: str) -> str:
        """Start the command; why it failed, if it did so at once."""
        command = [part.replace(NUMBER, number) for part in self._context.call_command]
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            return f"{command[0]} cannot be started: {error.strerror}"
        task = asyncio.create_task(_ended(process))
        self._calls[task] = process
        task.add_done_callback(lambda done: self._calls.pop(done, None))
        waiting = asyncio.ensure_future(self._context.clock.sleep(_REFUSES_WITHIN_S))
        await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        return f"{command[0]} ended with {process.returncode}" if process.returncode else ""

    async def _by_home(self, people: tuple[str, ...]) -> Outcome:
        try:
            changes = await self._context.home.call(ServiceCall("notify", "call", people, {}))
        except HomeError as error:
            reply = f"{error} To call people, set calls.command."
            return Outcome(success=False, reply=reply, targets=people, not_here=True)
        reply = f"Calling {people[0]}."
        return Outcome(success=True, reply=reply, targets=people, changes=tuple(changes))


def dialled(number: str) -> str:
    """What is dialled of a number as people write it: "+44 (0)20 7946-0000" is +442079460000."""
    plain = _EXTENSION.sub("", number.strip().removeprefix("tel:"))
    digits = _NOT_DIALLED.sub("", _TRUNK_ZERO.sub(r"\1", plain))
    return f"+{digits}" if plain.startswith("+") and digits else digits


def _of(person: Contact, name: str) -> Sequence[str]:
    return person.numbers if person.name == name else ()


async def _ended(process: _Process) -> None:
    await process.wait()


def _failed(reply: str, people: tuple[str, ...]) -> Outcome:
    return Outcome(success=False, reply=reply, targets=people)


def create(context: PluginContext) -> Plugin:
    """The plugin."""
    return Calls(context)
