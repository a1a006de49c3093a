"""The home, and what understands and serves it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from assistant.app.doctor.finding import CONNECT_S, Finding, hint, ok, problem
from assistant.app.household import Household, make_household, unknown_areas
from assistant.config.settings import Settings
from assistant.home.contacts import ContactsError
from assistant.home.factory import contacts_of
from assistant.home.model import Home, HomeError, Sensing
from assistant.nlu.sentence_advice import Advice, unheard
from assistant.pipeline.rescorer import RescoringError


def contacts(settings: Settings) -> Iterator[Finding]:
    """Whether the address book can be read."""
    try:
        names = contacts_of(settings).names()
    except ContactsError as error:
        yield problem("contacts", error)
        return
    if names:
        yield ok("contacts", f"{len(names)} names")


async def rescoring(settings: Settings) -> list[Finding]:
    """The rescoring server, asked about two words that nobody said."""
    about, url = "rescoring", settings.rescoring.url
    if url is None:
        return []
    from assistant.rescoring.remote import asked_once  # noqa: PLC0415 - seldom wanted

    try:
        async with asyncio.timeout(CONNECT_S):
            sent = await asked_once(settings.rescoring, url)
    except RescoringError as error:
        return [problem(about, error)]
    except TimeoutError:
        return [problem(about, f"{url} did not answer within {CONNECT_S:g} s")]
    return [ok(about, f"{url} answers; {sent} bytes were sent to it")]


async def household(settings: Settings) -> list[Finding]:
    """The home, the plugins and the sentences."""
    try:
        house = await asyncio.to_thread(make_household, settings)
    except HomeError as error:
        return [problem("home", error)]
    except (ContactsError, RescoringError):
        return []  # said already
    entities = [each.entity for each in settings.presences if each.entity]
    try:
        if isinstance(house.home, Sensing):
            for entity in entities:
                house.home.follow(entity)
        connected = await _home(settings, house)
        if house.home.devices():
            connected += _sensors(house.home, entities)
    finally:
        await house.home.close()
    return [*connected, *_rights(house), *_plugins(house), *_sentences(house)]


async def _home(settings: Settings, house: Household) -> list[Finding]:
    kind = settings.home.kind
    try:
        async with asyncio.timeout(CONNECT_S):
            await house.home.connect()
    except HomeError as error:
        return [problem("home", error)]
    except TimeoutError:
        return [problem("home", f"{kind} did not answer within {CONNECT_S:g} s")]
    devices, areas = house.home.devices(), house.home.areas()
    if unknown := unknown_areas(settings, house.home):
        return [problem("home", each) for each in unknown]
    if not devices:
        return [problem("home", f"{kind} shows no devices: expose some to Assist")]
    return [ok("home", f"{kind}, {len(devices)} devices in {len(areas)} areas")]


def _sensors(home: Home, entities: Sequence[str]) -> Iterator[Finding]:
    """What tells that somebody is in a room."""
    for entity in entities:
        state = home.sensed(entity) if isinstance(home, Sensing) else None
        if state is None:
            yield problem("presence", f"the home shows no entity {entity}: check its name there")
        else:
            yield ok("presence", f"{entity} is {state.state}")


def _rights(house: Household) -> Iterator[Finding]:
    """What is denied to somebody and is nothing here, as far as the home shows what it has."""
    for trouble in house.unknown_rights() if house.home.devices() else ():
        yield problem("people", trouble)


def _plugins(house: Household) -> Iterator[Finding]:
    about = "plugins"
    for each in house.plugins.loaded:
        said = each.manifest
        count = _count(each.sentences, "sentence")
        yield ok(about, f"{said.name} {said.version}, {count}: {said.description}")
    for trouble in house.plugins.problems:
        yield problem(about, trouble)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _sentences(house: Household) -> Iterator[Finding]:
    about = "sentences"
    yield ok(about, f"{house.understanding.sentences} templates in all")
    own = house.sentences.now()
    advice = Advice(house.home, house.plugins.sentences) if own.files else None
    for file in own.files:
        yield ok(about, f"{file.sentences} of your own from {file.path}")
        for advised in advice.on(file) if advice else ():
            yield hint(about, advised)
    for advised in (*unheard(own.files, house.plugins.intents()), *own.hints):
        yield hint(about, advised)
    for trouble in own.problems:
        yield problem(about, trouble)
