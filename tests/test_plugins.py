import asyncio
import re
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from household import build

from assistant.config.settings import Settings, UnderstandingSettings
from assistant.home.demo import DemoHome
from assistant.household import make_household
from assistant.nlu.interpretation import Interpretation
from assistant.plugin_loader import load_plugins
from assistant.plugins import PluginContext, PluginError

GREETER = """
from assistant.plugins import Outcome

class Greeter:
    name = "greeter"

    def intents(self):
        return ["Greet"]

    async def prepare(self, interpretation):
        pass

    async def act(self, interpretation):
        return Outcome(success=True, reply="Hello " + interpretation.slots["who"])

def create(context):
    return Greeter()
"""
SENTENCES = """
language: en
lists:
  person: {values: [ada, grace]}
intents:
  Greet:
    data:
      - sentences: ["greet {person:who}"]
"""
NO_SUCH_LIST = SENTENCES.replace("{person:who}", "{people:who}")
UNCLOSED = "intents: {Greet: {data: [{sentences: ['(open']}]}}"


def plugin(folder: Path, code=GREETER, sentences=SENTENCES):
    folder.mkdir()
    if code is not None:
        (folder / "__init__.py").write_text(code)
    if sentences is not None:
        (folder / "sentences.yaml").write_text(sentences)


def load(folder):
    return load_plugins(PluginContext(DemoHome()), folder)


def test_a_plugin_of_the_users_own_is_loaded_beside_the_others(tmp_path):
    plugin(tmp_path / "greeter")
    registry = load(tmp_path)
    assert registry.problems == ()
    assert registry.for_intent("Greet").name == "greeter"
    assert registry.for_intent("HassTurnOn").name == "home_control"


@pytest.mark.parametrize(
    ("code", "sentences", "reason"),
    [
        (None, None, "it has no __init__.py"),
        ("import nothing_of_this_name", None, "No module named 'nothing_of_this_name'"),
        ("x = 1", None, "no attribute 'create'"),
        ("def create(context):\n    return 1", None, "no attribute 'intents'"),
        (GREETER, "- a list", "line 1, column 1: expected `intents:`"),
        (GREETER, NO_SUCH_LIST, "line 8, column 21: there is no list {people}"),
        (GREETER, UNCLOSED, "line 1, column 39: this sentence cannot be read"),
    ],
)
def test_a_bad_plugin_is_named_and_left_out(tmp_path, caplog, code, sentences, reason):
    plugin(tmp_path / "bad", code, sentences)
    registry = load(tmp_path)
    (problem,) = registry.problems
    assert problem.startswith("Plugin 'bad'")
    assert reason in problem
    assert problem in caplog.text
    assert registry.for_intent("HassTurnOn") is not None


def test_every_built_in_plugin_loads_and_no_intent_has_two():
    registry = build().registry
    intents = [intent for each in registry.plugins for intent in each.intents()]
    assert len(intents) == len(set(intents))
    assert len(registry.plugins) == 9


async def acted(registry, who="ada"):
    plugin = registry.for_intent("Greet")
    return await plugin.act(Interpretation("greet ada", "Greet", {"who": who}))


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("assistant.plugin_thread.ACT_S", 0.2)


def acting(*lines):
    """The greeter, with other lines in `act`."""
    before, _, after = GREETER.partition("        return Outcome(success=True")
    body = "".join(f"        {line}\n" for line in lines)
    return "import asyncio, time\n" + before + body + after.partition("\n")[2]


async def test_a_plugin_that_blocks_stalls_nothing_and_may_recover(tmp_path, impatient):
    code = acting('time.sleep(0.5 if interpretation.slots["who"] == "slow" else 0)',
                  'return Outcome(success=True, reply="done")')  # fmt: skip
    plugin(tmp_path / "greeter", code)
    registry = load(tmp_path)
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    with pytest.raises(PluginError, match=r"it took longer than 0\.2 s"):
        await acted(registry, "slow")
    assert ticks > 5
    with pytest.raises(PluginError, match="still hangs in an earlier command"):
        await acted(registry)
    await asyncio.sleep(0.5)
    assert (await acted(registry)).reply == "done"
    ticking.cancel()
    await registry.close()


@pytest.mark.parametrize(
    ("lines", "error", "message"),
    [
        (["await asyncio.sleep(60)"], PluginError, "it took longer than"),
        (["raise KeyError('tea')"], KeyError, "tea"),
        (["return 'tea'"], PluginError, "must give an Outcome, not str"),
    ],
)
async def test_what_goes_wrong_in_a_command_is_told(tmp_path, impatient, lines, error, message):
    plugin(tmp_path / "greeter", acting(*lines))
    registry = load(tmp_path)
    with pytest.raises(error, match=message):
        await acted(registry)
    await registry.close()


async def test_a_plugin_that_hangs_while_it_is_loaded_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("assistant.plugin_thread.LOAD_S", 0.2)
    plugin(tmp_path / "greeter", "import time\ntime.sleep(0.6)\n" + GREETER)
    (problem,) = load(tmp_path).problems
    assert "it took longer than 0.2 s" in problem


async def test_a_plugin_in_its_thread_reaches_the_home_and_may_speak(tmp_path):
    code = """
from assistant.home.model import ServiceCall
from assistant.plugins import Outcome

class Tea:
    name = "tea"

    def __init__(self, context):
        self.context = context

    def intents(self):
        return ["Greet"]

    def names(self):
        return ["Darjeeling"]

    async def start(self):
        self.context.announce("The kettle is " + (await self.context.home.state(KETTLE)).state)

    async def close(self):
        self.context.announce("bye")

    async def prepare(self, interpretation):
        pass

    async def act(self, interpretation):
        changes = await self.context.home.call(ServiceCall("switch", "turn_on", (KETTLE,)))
        return Outcome(success=True, reply="Tea is coming.", changes=tuple(changes))

KETTLE = "switch.kettle"
create = Tea
"""
    plugin(tmp_path / "tea", code)
    home, said = DemoHome(), []
    registry = load_plugins(PluginContext(home, announce=said.append), tmp_path)
    await registry.start()
    assert registry.names() == ("Darjeeling",)
    outcome = await acted(registry)
    assert [change.after for change in outcome.changes] == ["on"]
    assert (await home.state("switch.kettle")).state == "on"
    await registry.close()
    await asyncio.sleep(0)
    assert said == ["The kettle is off", "bye"]


async def test_a_plugin_that_cannot_start_is_logged(tmp_path, caplog):
    code = GREETER.replace(
        "    def intents", "    async def start(self):\n        1 / 0\n\n"
        "    async def close(self):\n        1 / 0\n\n    def intents"
    )  # fmt: skip
    plugin(tmp_path / "greeter", code)
    registry = load(tmp_path)
    await registry.start()
    assert "plugin greeter cannot start" in caplog.text
    assert (await acted(registry)).reply == "Hello ada"
    await registry.close()
    assert "plugin greeter did not close" in caplog.text


async def test_a_plugin_of_an_installed_package_is_found(tmp_path, monkeypatch):
    plugin(tmp_path / "hearth_greeter")
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("greeter", "hearth_greeter", "hearth.plugins")
    monkeypatch.setattr("assistant.plugin_loader.entry_points", lambda group: [point])
    registry = load(None)
    assert registry.problems == ()
    assert (await acted(registry)).reply == "Hello ada"
    await registry.close()


async def test_the_example_of_the_documentation_works(tmp_path):
    text = (Path(__file__).parents[1] / "docs" / "plugins.md").read_text()
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    sentences = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1]
    plugin(tmp_path / "coin", code, sentences)
    household = make_household(
        Settings(understanding=UnderstandingSettings(plugins=tmp_path)),
    )
    assert household.plugins.problems == ()
    await household.start()
    for said, possible in (
        ("flip a coin", {"It is heads.", "It is tails."}),
        ("roll a die with six sides", {f"It is {n}." for n in range(1, 7)}),
        ("roll two dice", {f"It is {n}." for n in range(2, 13)}),
    ):
        meant = household.understanding.interpret_text(said)
        outcome = await household.plugins.for_intent(meant.intent).act(meant)
        assert outcome.reply in possible, said
    await household.close()
