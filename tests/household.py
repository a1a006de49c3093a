"""A demo home with understanding and plugins, spoken to in text; the test advances its clock."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from assistant.dialogue.conversation import Conversation
from assistant.dialogue.dispatcher import Dispatcher
from assistant.dialogue.state import Dialogue
from assistant.dialogue.texts import CONFIRMED, TextCommands
from assistant.home.demo import DemoHome
from assistant.lattice.graph import Hypothesis, Word
from assistant.nlu.referents import Referents
from assistant.nlu.understanding import HomeUnderstanding
from assistant.plugins.api import Outcome, PluginContext
from assistant.plugins.confirmation import Pending
from assistant.plugins.loader import load_plugins

MONDAY = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


class HandClock:
    """A clock that a test advances; also tells the time of day, which it may set."""

    def __init__(self):
        self.start = MONDAY
        self.zone = UTC
        self._now_s = 0.0
        self._sleepers = []

    def now(self):
        return self._now_s

    def local_time(self):
        return (self.start + timedelta(seconds=self._now_s)).astimezone(self.zone)

    def set(self, moment):
        """Put the time of day right, as the network does; what is waited for goes on."""
        self.start = moment - timedelta(seconds=self._now_s)

    async def sleep(self, duration_s):
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now_s + duration_s, woken))
        await woken

    async def turn(self, duration_s):
        """Let time pass, waking sleepers in their order."""
        end_s = self._now_s + duration_s
        await settle()
        while due := [item for item in self._sleepers if item[0] <= end_s]:
            self._now_s, woken = min(due, key=lambda item: item[0])
            self._sleepers.remove((self._now_s, woken))
            if not woken.done():
                woken.set_result(None)
            await settle()
        self._now_s = end_s


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


@dataclass
class House:
    """The demo home with understanding and plugins, and what was said into it last."""

    home: DemoHome
    understanding: HomeUnderstanding
    registry: object
    clock: HandClock
    dispatcher: Dispatcher
    dialogue: Dialogue
    announced: list = field(default_factory=list)

    @property
    def conversation(self):
        """The understanding with what was said before."""
        return Conversation(self.understanding, self.home, self.dialogue)

    async def say(self, *texts: str, apart: float = 1.0) -> Outcome | None:
        """Understand the texts as an n-best list, best first, and act; None if not understood."""
        nbest = [hypothesis(text, -apart * rank) for rank, text in enumerate(texts)]
        interpretation = self.conversation.interpret(nbest)
        carried = await self.dispatcher.carry_out(interpretation, texts[0])
        if not carried.understood:
            return None
        self.understanding.referents.note(carried.named)
        return carried.outcome

    async def untimely(self, text):
        """Whether nothing would come of a text now."""
        return await self.dispatcher.is_untimely(self.conversation.interpret_text(text))

    async def state(self, device):
        return (await self.home.state(device)).state

    async def attribute(self, device, name):
        return (await self.home.state(device)).attributes[name]


def hypothesis(text, log_prob=0.0):
    return Hypothesis(tuple(Word(word, 0.0, 0.0) for word in text.split()), log_prob)


_understanding = None


def build(tmp_path=None, home=None, **context) -> House:
    """A house; the understanding, which nothing changes, is built once for all tests."""
    global _understanding  # noqa: PLW0603
    home, clock, announced = home or DemoHome(), HandClock(), []

    async def understand(text):
        return await TextCommands(_understanding.interpret_text, dispatcher).understand(text)

    def carried_out(confidence):
        async def carry_out(text):
            meant = replace(_understanding.interpret_text(text), confidence=confidence)
            meant = replace(meant, question="") if confidence == CONFIRMED else meant
            return (await dispatcher.carry_out(meant, text)).outcome

        return carry_out

    doing = {
        "understand": understand,
        "carry_out": carried_out(0.0),
        "carry_out_confirmed": carried_out(CONFIRMED),
    }
    given = PluginContext(
        home,
        clock,
        clock.local_time,
        announced.append,
        state_folder=tmp_path,
        pending=Pending(clock.now),
        **(doing | context),
    )
    registry = load_plugins(given)
    assert not registry.problems
    if _understanding is None:
        _understanding = HomeUnderstanding(
            home, intents=registry.intents(), sentences=registry.sentences
        )
    _understanding.referents = Referents(clock.now)
    dialogue = Dialogue(clock.now)
    dispatcher = Dispatcher(registry.for_intent, given.ask, given.pending.forget, dialogue)
    return House(home, _understanding, registry, clock, dispatcher, dialogue, announced)
