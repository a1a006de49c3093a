import asyncio
import re
from dataclasses import fields
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from aiohttp import web

from assistant.app.household import make_household
from assistant.config.settings import Settings, UnderstandingSettings
from assistant.home.demo import DemoHome
from assistant.nlu.interpretation import Interpretation
from assistant.plugins.api import PluginContext, PluginError
from assistant.plugins.loader import load_plugins
from assistant.plugins.manifest import PluginManifest
from tests.household import build
from tests.http_server import serving

GREETER = """
from assistant.plugins.api import Outcome

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


def manifest(name="greeter", more=""):
    return f"name: {name}\nversion: '2.1'\ndescription: Greets.\ninterface: 1\n{more}"


def plugin(folder: Path, code=GREETER, sentences=SENTENCES, manifest=manifest()):  # noqa: B008
    folder.mkdir()
    if manifest is not None:
        (folder / "manifest.yaml").write_text(manifest)
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
    greeter = registry.loaded[-1]
    assert (greeter.manifest.version, greeter.sentences) == ("2.1", 1)
    assert registry.for_intent("HassTurnOn").name == "home_control"


@pytest.mark.parametrize(
    ("code", "sentences", "reason"),
    [
        (None, None, "it has no __init__.py"),
        ("import nothing_of_this_name", None, "No module named 'nothing_of_this_name'"),
        ("x = 1", None, "no attribute 'create'"),
        ("def create(context):\n    return 1", None, "calls it 'greeter', its code 'None'"),
        (GREETER.replace('"greeter"', '"host"'), None, "calls it 'greeter', its code 'host'"),
        (GREETER.replace("intents", "intent"), None, "no attribute 'intents'"),
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


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "it has no manifest.yaml"),
        (manifest().replace("version", "verison"), "the nearest valid key is 'version'"),
        (manifest().replace("interface: 1", "interface: 7"), "update Hearth"),
        (manifest(more="requires: [no-such-package]"), "-m pip install no-such-package"),
        (manifest(more="network: true\nsends_words: true"), "privacy.keep_words_local"),
    ],
)
def test_a_plugin_is_not_run_unless_its_manifest_is_right_and_fits(tmp_path, text, reason):
    plugin(tmp_path / "greeter", f"open({str(tmp_path / 'ran')!r}, 'w')\n" + GREETER, manifest=text)
    (problem,) = load(tmp_path).problems
    assert problem.startswith("Plugin 'greeter'")
    assert reason in problem
    assert not (tmp_path / "ran").exists()


def test_every_built_in_plugin_loads_and_no_intent_has_two():
    registry = build().registry
    intents = [intent for each in registry.plugins for intent in each.intents()]
    assert len(intents) == len(set(intents))
    assert len(registry.plugins) == 10


async def acted(registry, who="ada"):
    plugin = registry.for_intent("Greet")
    return await plugin.act(Interpretation("greet ada", "Greet", {"who": who}))


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("assistant.plugins.thread.ACT_S", 0.2)


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
    monkeypatch.setattr("assistant.plugins.thread.LOAD_S", 0.2)
    plugin(tmp_path / "greeter", "import time\ntime.sleep(0.6)\n" + GREETER)
    (problem,) = load(tmp_path).problems
    assert "it took longer than 0.2 s" in problem


async def test_a_plugin_in_its_thread_reaches_the_home_and_may_speak(tmp_path):
    code = """
from assistant.home.model import ServiceCall
from assistant.plugins.api import Outcome

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
    plugin(tmp_path / "tea", code, manifest=manifest("tea"))
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
    monkeypatch.setattr("assistant.plugins.loader.entry_points", lambda group: [point])
    registry = load(None)
    assert registry.problems == ()
    assert (await acted(registry)).reply == "Hello ada"
    await registry.close()


ASKS = """
from assistant.plugins.api import Outcome

class Greeter:
    name = "greeter"

    def __init__(self, context):
        self.context = context

    def intents(self):
        return ["Greet"]

    async def prepare(self, interpretation):
        pass

    async def act(self, interpretation):
        session = self.context.session()
        async with session.get(interpretation.slots["who"]) as answer:
            return Outcome(success=session is self.context.session(), reply=await answer.text())

create = Greeter
"""


async def answer_hello(request):
    return web.Response(text=f"Hello from {request.path}")


async def test_a_plugin_in_its_thread_asks_the_network(tmp_path):
    plugin(tmp_path / "greeter", ASKS, manifest=manifest(more="network: true"))
    registry = load(tmp_path)
    await registry.start()
    async with serving(answer_hello) as url:
        outcome = await acted(registry, f"{url}/ada")
        assert (outcome.success, outcome.reply) == (True, "Hello from /ada")
        (isolated,) = (each for each in registry.plugins if each.name == "greeter")
        assert isolated._http.is_open
        await registry.close()
        assert not isolated._http.is_open


async def test_the_session_of_our_own_plugins_ends_with_them():
    registry = load(None)
    session = registry.http.get()
    await registry.close()
    assert session.closed


async def test_without_saying_so_a_plugin_gets_no_session(tmp_path):
    plugin(tmp_path / "greeter", ASKS)
    registry = load(tmp_path)
    with pytest.raises(PluginError, match="write `network: true` into its manifest"):
        await acted(registry, "http://127.0.0.1:1")
    await registry.close()


PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text("utf-8")
FILES = re.compile(r"`(my_\w+/[\w/.]+)`[^`]*:\n\n```\w+\n(.*?)```", re.DOTALL)
SHELLY = "http://192.168.1.40"


@pytest.fixture
def page(tmp_path):
    """The files on the page about plugins, copied as a reader does, with another Shelly."""

    def page(shelly=SHELLY):
        for name, text in FILES.findall(PAGE):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace(SHELLY, shelly), encoding="utf-8")
        return make_household(
            Settings(
                understanding=UnderstandingSettings(
                    plugins=tmp_path / "my_plugins", sentences=tmp_path / "my_sentences"
                )
            )
        )

    return page


async def test_the_first_example_of_the_page_works(page):
    house = page()
    assert (house.plugins.problems, house.sentences.now().problems) == ((), ())
    await house.start()
    for said, possible in (
        ("flip a coin", {"It is heads.", "It is tails."}),
        ("roll a die with six sides", {f"It is {n}." for n in range(1, 7)}),
        ("roll two dice", {f"It is {n}." for n in range(2, 13)}),
        (
            "sweet dreams in the kitchen",
            {"The Kitchen light and the Counter light are already off."},
        ),
    ):
        assert (await house.texts.later(said)).reply in possible, said
    await house.close()


async def test_the_example_that_asks_another_machine_works(page):
    async def shelly(request):
        assert request.query["id"] == "0"
        return web.json_response({"id": 0, "output": True, "apower": 412.6, "voltage": 230.1})

    async with serving(shelly) as url:
        house = page(shelly=url)
        await house.start()
        meant = house.understanding.interpret_text("how much power are we using")
        plugin = house.plugins.for_intent(meant.intent)
        await plugin.prepare(meant)
        assert (await plugin.act(meant)).reply == "The house is using 413 watts."
    assert (await plugin.act(meant)).reply == "I cannot reach the Shelly."
    await house.close()


def test_the_page_says_what_the_doctor_says(page):
    house = page()
    coin = next(each for each in house.plugins.loaded if each.manifest.name == "coin")
    assert f"ok      plugins: coin 1.0, {coin.sentences} sentences: Flips coins" in PAGE
    for field in fields(PluginManifest):
        assert f"| `{field.name}` |" in PAGE
