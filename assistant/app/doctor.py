"""`assistant doctor`: looks at everything that Hearth depends on, and says what to do.

Each check gives findings and never raises: what it cannot find out is a finding too.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from assistant.app import household
from assistant.app.voices import make_player, make_voice
from assistant.asr.networks.manifest import (
    FILES,
    NAME,
    ModelError,
    check_files,
    optional_files,
    read_manifest,
)
from assistant.asr.networks.model_folder import (
    is_for_edge_only,
    load_model,
    runtime_for,
    weight_files,
)
from assistant.asr.networks.published import is_published
from assistant.audio.capture import Driver
from assistant.audio.microphone import choose
from assistant.audio.portaudio import PortAudio
from assistant.audio.source import AudioError
from assistant.config.settings import RepliesSettings, Settings
from assistant.config.shipped import example_settings
from assistant.edge import native
from assistant.edge.errors import EdgeFormatError
from assistant.edge.model import FILE_NAME, EdgeModel
from assistant.home.contacts import ContactsError
from assistant.home.factory import contacts_of
from assistant.home.model import HomeError
from assistant.nlu.sentence_advice import Advice, unheard
from assistant.pipeline.rescorer import RescoringError
from assistant.reply.voice import ReplyError
from assistant.wake import factory as wake
from assistant.wake.words import WakeWordError

_CONNECT_S = 15.0
_READABLE_BY_OTHERS = 0o077


class Verdict(StrEnum):
    """How a finding is meant."""

    OK = "ok"
    HINT = "hint"
    """Works, but could be better."""
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    about: str
    verdict: Verdict
    message: str

    def __str__(self) -> str:
        return f"{self.verdict.value:<8}{self.about}: {self.message}"


async def examine(
    settings: Settings, driver: Callable[[], Driver] = PortAudio
) -> tuple[Finding, ...]:
    """All findings, in the order of the configuration."""
    quick = [
        *_configuration(settings),
        *await asyncio.to_thread(lambda: list(_microphone(settings, driver))),
        *await asyncio.to_thread(lambda: list(_wake_words(settings))),
        *await asyncio.to_thread(lambda: list(_model(settings))),
        *await asyncio.to_thread(lambda: list(_edge(settings))),
        *_contacts(settings),
        *await _rescoring(settings),
        *await asyncio.to_thread(lambda: list(_replies(settings.replies))),
    ]
    return (*quick, *await _household(settings), *_folders(settings))


def healthy(findings: Iterable[Finding]) -> bool:
    """Whether nothing is wrong; hints may be there."""
    return all(finding.verdict is not Verdict.PROBLEM for finding in findings)


def _ok(about: str, message: str) -> Finding:
    return Finding(about, Verdict.OK, message)


def _hint(about: str, message: str) -> Finding:
    return Finding(about, Verdict.HINT, message)


def _problem(about: str, message: object) -> Finding:
    return Finding(about, Verdict.PROBLEM, str(message))


def _configuration(settings: Settings) -> Iterator[Finding]:
    about = "configuration"
    if settings.file is None:
        example = example_settings()
        yield _ok(about, f"the built-in settings; copy {example} to config.yaml to change")
        return
    yield _ok(about, str(settings.file))
    secrets = settings.file.with_name("secrets.yaml")
    try:
        shared = secrets.stat().st_mode & _READABLE_BY_OTHERS
    except OSError:
        return
    if shared:
        yield _hint("secrets", f"others on this machine can read it: chmod 600 {secrets}")


def _microphone(settings: Settings, driver: Callable[[], Driver]) -> Iterator[Finding]:
    about = "microphone"
    if satellite := settings.audio.satellite:
        yield _reached("satellite", satellite)
        return
    try:
        devices = driver().devices()
        chosen = choose(devices, settings.audio.device)
    except AudioError as error:
        yield _problem(about, error)
        return
    for device in devices:
        mark = "in use: " if device is chosen else ""
        yield _ok(about, f"{mark}{device.index} '{device.name}', {device.rate} Hz")
    if settings.audio.channels > chosen.channels:
        wanted = settings.audio.channels
        message = f"it has {chosen.channels} channels, not {wanted}: change audio.channels"
        yield _problem(about, message)


def _wake_words(settings: Settings) -> Iterator[Finding]:
    chosen = settings.wake
    try:
        wake.create(chosen.engine, chosen.words, chosen.threshold, chosen.refractory_s)
    except WakeWordError as error:
        yield _problem("wake word", error)
    except Exception as error:  # noqa: BLE001 - a model file of the user's may be anything
        yield _problem("wake word", f"a model cannot be loaded: {error}")
    else:
        words = ", ".join(Path(word).stem.replace("_", " ") for word in chosen.words)
        yield _ok("wake word", f"{words} ({chosen.engine})")


def _model(settings: Settings) -> Iterator[Finding]:
    """The model's files that the chosen runtime needs; the edge runtime's own are `_edge`'s."""
    about, folder, runtime = "recogniser", settings.model_folder, _runtime(settings)
    if runtime == "edge" and not (folder / NAME).exists():
        return
    try:
        published = runtime == "onnx" and is_published(folder)
        yield _ok(about, _published(folder) if published else _checked(folder, runtime, settings))
    except ModelError as error:
        yield _problem(about, error)


def _runtime(settings: Settings) -> str:
    """What computes the model here."""
    return runtime_for(settings.model_folder, settings.recogniser.runtime)


def _checked(folder: Path, runtime: str, settings: Settings) -> str:
    """What a folder in Hearth's form holds; raises `ModelError`."""
    onnx = runtime == "onnx"
    if not (folder / NAME).exists() or (onnx and is_for_edge_only(folder)):
        load_model(folder)  # says what the folder is instead
    manifest = read_manifest(folder)
    decoder = settings.recogniser.attention_decoder
    optional = optional_files(attention_decoder=onnx and decoder)
    checked = check_files(folder, manifest, FILES if onnx else (), optional)
    size_mb = sum(manifest.files[name].bytes for name in checked) / 1e6
    version = f" {manifest.version}" if manifest.version else ""
    return f"{manifest.name}{version} in {folder}, {size_mb:.1f} MB, checksums right"


def _published(folder: Path) -> str:
    """The same of one in sherpa-onnx's form: it has no checksums, so it is tried."""
    model = load_model(folder)
    size_mb = sum(path.stat().st_size for path in weight_files(folder, "onnx")) / 1e6
    return f"{model.network.name} in {folder}, {size_mb:.1f} MB, runs (it has no checksums)"


def _edge(settings: Settings) -> Iterator[Finding]:
    """The edge runtime's model and kernels, when it is the one that is used."""
    if _runtime(settings) != "edge":
        return
    path = settings.model_folder / FILE_NAME
    try:
        model = EdgeModel.load(path)
    except EdgeFormatError as error:
        yield _problem("edge runtime", error)
    except OSError:
        yield _problem("edge runtime", f"{path} is missing: set recogniser.runtime to onnx")
    else:
        yield _ok("edge runtime", f"{path}, {model.weights_bytes / 1e6:.1f} MB, checksums right")
    if lost := native.lost():
        yield _hint("edge runtime", lost)


def _contacts(settings: Settings) -> Iterator[Finding]:
    try:
        names = contacts_of(settings).names()
    except ContactsError as error:
        yield _problem("contacts", error)
        return
    if names:
        yield _ok("contacts", f"{len(names)} names")


async def _rescoring(settings: Settings) -> list[Finding]:
    """The rescoring server, asked about two words that nobody said."""
    about, url = "rescoring", settings.rescoring.url
    if url is None:
        return []
    from assistant.rescoring.remote import asked_once  # noqa: PLC0415 - seldom wanted

    try:
        async with asyncio.timeout(_CONNECT_S):
            sent = await asked_once(settings.rescoring, url)
    except RescoringError as error:
        return [_problem(about, error)]
    except TimeoutError:
        return [_problem(about, f"{url} did not answer within {_CONNECT_S:g} s")]
    return [_ok(about, f"{url} answers; {sent} bytes were sent to it")]


def _replies(settings: RepliesSettings) -> Iterator[Finding]:
    about = "replies"
    if settings.silent:
        yield _ok(about, "silent mode: answers are only in the log")
        return
    try:
        make_player(settings)
        make_voice(settings)
    except ReplyError as error:
        yield _hint(about, f"answers are not heard: {error}")
    else:
        yield _ok(about, f"spoken by {settings.engine}" if settings.engine != "none" else "sounds")
    if settings.engine == "wyoming" and settings.url:
        yield _reached(about, settings.url)


def _reached(about: str, url: str) -> Finding:
    """Whether something in the network accepts connections."""
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname, address.port), _CONNECT_S).close()
    except OSError as error:
        return _problem(about, f"{url} cannot be reached: {error.strerror or error}")
    return _ok(about, f"{url} can be reached")


async def _household(settings: Settings) -> list[Finding]:
    """The home, the plugins and the sentences."""
    try:
        house = await asyncio.to_thread(household.make_household, settings)
    except HomeError as error:
        return [_problem("home", error)]
    except (ContactsError, RescoringError):
        return []  # said already
    try:
        connected = [await _home(settings, house)]
    finally:
        await house.home.close()
    return [*connected, *_plugins(house), *_sentences(house)]


async def _home(settings: Settings, house: household.Household) -> Finding:
    kind = settings.home.kind
    try:
        async with asyncio.timeout(_CONNECT_S):
            await house.home.connect()
    except HomeError as error:
        return _problem("home", error)
    except TimeoutError:
        return _problem("home", f"{kind} did not answer within {_CONNECT_S:g} s")
    devices, areas = house.home.devices(), house.home.areas()
    wanted = settings.home.area
    if wanted and not any(_is_called(wanted, area.name, area.id, *area.aliases) for area in areas):
        names = ", ".join(area.name for area in areas)
        return _problem("home", f"there is no area '{wanted}' (home.area); there are {names}")
    if not devices:
        return _problem("home", f"{kind} shows no devices: expose some to Assist")
    return _ok("home", f"{kind}, {len(devices)} devices in {len(areas)} areas")


def _is_called(said: str, *names: str) -> bool:
    return said.casefold() in map(str.casefold, names)


def _plugins(house: household.Household) -> Iterator[Finding]:
    about = "plugins"
    for each in house.plugins.loaded:
        said = each.manifest
        count = _count(each.sentences, "sentence")
        yield _ok(about, f"{said.name} {said.version}, {count}: {said.description}")
    for problem in house.plugins.problems:
        yield _problem(about, problem)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _sentences(house: household.Household) -> Iterator[Finding]:
    about = "sentences"
    yield _ok(about, f"{house.understanding.sentences} templates in all")
    own = house.sentences.now()
    advice = Advice(house.home, house.plugins.sentences) if own.files else None
    for file in own.files:
        yield _ok(about, f"{file.sentences} of your own from {file.path}")
        for hint in advice.on(file) if advice else ():
            yield _hint(about, hint)
    for hint in (*unheard(own.files, house.plugins.intents()), *own.hints):
        yield _hint(about, hint)
    for problem in own.problems:
        yield _problem(about, problem)


def _folders(settings: Settings) -> Iterator[Finding]:
    """Whether what is to be written can be."""
    folders = [("timers", household.state_folder())]
    if settings.privacy.save_recordings:
        folders.append(("recordings", Path(settings.privacy.save_recordings)))
    for about, folder in folders:
        if _writable(folder):
            yield _ok(about, f"kept in {folder}")
        else:
            yield _problem(about, f"{folder} cannot be written: change its owner or its rights")


def _writable(folder: Path) -> bool:
    """Whether the folder, or the first one above it that is there, can be written."""
    there = next(path for path in [folder, *folder.absolute().parents] if path.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
