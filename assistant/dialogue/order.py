"""Which commands wait for which, where one is given before another is done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class _Turn:
    plugins: frozenset[str]
    over: asyncio.Event = field(default_factory=asyncio.Event)


class CommandOrder:
    """Lets commands of different plugins run beside one another.

    Those of one plugin are carried out in the order in which they were given: "turn on the lamp"
    and "turn off the lamp" may not overtake each other, however slow the home is.
    """

    def __init__(self) -> None:
        self._turns: list[_Turn] = []

    @asynccontextmanager
    async def turn(self, plugins: frozenset[str], *, after_all: bool) -> AsyncGenerator[None]:
        """Wait until a command may be carried out by its plugins; its turn lasts for the block.

        `after_all`: wait for every earlier command, whatever its plugin, for it may have asked
        what this one answers.
        """
        earlier = [turn for turn in self._turns if after_all or turn.plugins & plugins]
        own = _Turn(plugins)
        self._turns.append(own)
        try:
            for turn in earlier:
                await turn.over.wait()
            yield
        finally:
            self._turns.remove(own)
            own.over.set()
