"""Finds and loads plugins: ours, those in the user's folder, and those of installed packages.

A plugin is a folder with a `manifest.yaml`, an `__init__.py` that has `create(context)`, and, if it
understands sentences that Home Assistant's templates lack, a `sentences.yaml` in hassil's format.
An installed package names such a module as an entry point of the group `hearth.plugins`.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import yaml

from assistant.nlu.sentence_files import count_sentences, read_file
from assistant.plugins import shipped
from assistant.plugins.api import (
    Attending,
    Background,
    Named,
    Plugin,
    PluginContext,
    PluginError,
    Rings,
    no_network,
)
from assistant.plugins.http import SharedSession
from assistant.plugins.manifest import PluginManifest, check_fits, read_manifest
from assistant.plugins.thread import Isolated

_LOG = logging.getLogger(__name__)
_USER_PACKAGE = "hearth_user_plugins"
ENTRY_POINTS = "hearth.plugins"

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin and what came with it."""

    manifest: PluginManifest
    plugin: Plugin
    document: Document

    @property
    def sentences(self) -> int:
        """How many sentence templates it brings."""
        return count_sentences(self.document)


@dataclass(frozen=True)
class PluginRegistry:
    """The plugins that could be loaded, and what to say about those that could not."""

    loaded: tuple[LoadedPlugin, ...]
    problems: tuple[str, ...] = ()
    http: SharedSession = field(default_factory=SharedSession)
    """That of the plugins which live in the assistant's event loop."""

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """The plugins themselves."""
        return tuple(each.plugin for each in self.loaded)

    @property
    def sentences(self) -> tuple[Document, ...]:
        """The documents with their sentences."""
        return tuple(each.document for each in self.loaded if each.document)

    def for_intent(self, intent: str | None) -> Plugin | None:
        """The plugin that carries out an intent; of several the one loaded last.

        For no intent, the one that wants what nothing understood (`understands_the_rest`), if any.
        """
        for plugin in reversed(self.plugins):
            wants = getattr(plugin, "understands_the_rest", False)
            if wants if intent is None else intent in plugin.intents():
                return plugin
        return None

    def intents(self) -> frozenset[str]:
        """Every intent that some plugin carries out."""
        return frozenset(intent for plugin in self.plugins for intent in plugin.intents())

    def names(self) -> tuple[str, ...]:
        """The names that plugins want to be heard right."""
        knowing = (plugin for plugin in self.plugins if isinstance(plugin, Named))
        return tuple(name for plugin in knowing for name in plugin.names())

    def attending(self) -> Attending | None:
        """The plugin that what is said next is meant for, if any."""
        return next(
            (each for each in self.plugins if isinstance(each, Attending) and each.attends()), None
        )

    def rings(self) -> bool:
        """Whether some plugin rings now."""
        return any(plugin.rings() for plugin in self._ringing)

    @cached_property
    def _ringing(self) -> tuple[Rings, ...]:
        """Found once: every block of audio asks, and looking into a protocol takes a while."""
        return tuple(plugin for plugin in self.plugins if isinstance(plugin, Rings))

    async def start(self) -> None:
        """Let plugins begin what they do in the background."""
        for plugin in self.plugins:
            if isinstance(plugin, Background):
                await plugin.start()

    async def close(self) -> None:
        """Let plugins end what they do in the background."""
        try:
            for plugin in self.plugins:
                if isinstance(plugin, Background):
                    await plugin.close()
        finally:
            await self.http.close()


@dataclass(frozen=True, slots=True)
class _Found:
    """A plugin that may be loaded."""

    name: str
    where: str
    folder: Callable[[], Path]
    module: Callable[[], ModuleType]
    """Imports it, which may do anything if it is not ours."""
    ours: bool = False


def load_plugins(context: PluginContext, user_folder: Path | None = None) -> PluginRegistry:
    """Load our plugins, then installed ones, then those in the user's folder.

    A plugin that fails is left out, logged, and named in `problems`; the others go on. One that is
    not ours lives in a thread of its own.
    """
    loaded: list[LoadedPlugin] = []
    problems = list(_missing(user_folder))
    http = SharedSession()
    given = replace(context, session=http.get)
    for found in _all(user_folder):
        try:
            loaded.append(_load(found, given))
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in its code
            reason = str(error) if isinstance(error, PluginError) else _named(error)
            problem = (
                f"Plugin '{found.name}' in {found.where} cannot be used ({reason}); "
                "going on without it."
            )
            _LOG.warning("%s", problem)
            problems.append(problem)
    return PluginRegistry(tuple(loaded), tuple(problems), http)


def _missing(folder: Path | None) -> Iterator[str]:
    """What is wrong with the user's folder itself."""
    if folder is not None and not folder.is_dir():
        problem = f"{folder}: there is no such folder of plugins"
        _LOG.warning("%s", problem)
        yield problem


def want_network(user_folder: Path | None) -> bool:
    """Whether the manifest of some plugin says that it talks to other machines."""
    for found in _all(user_folder):
        try:
            if read_manifest(found.folder()).network:
                return True
        except Exception as error:  # noqa: BLE001 - it is left out by `load_plugins`, too
            _LOG.warning("plugin '%s' cannot be used: %s", found.name, error)
    return False


def _load(found: _Found, context: PluginContext) -> LoadedPlugin:
    brought: list[tuple[PluginManifest, Document]] = []

    def create(given: PluginContext) -> Plugin:
        folder = found.folder()
        manifest = read_manifest(folder)
        check_fits(manifest, given)
        inside = given if manifest.network else replace(given, session=no_network)
        plugin = cast("Plugin", found.module().create(inside))
        _check_name(plugin, manifest)
        brought.append((manifest, _sentences(folder, found.ours)))
        return plugin

    plugin = create(context) if found.ours else Isolated(found.name, create, context)
    manifest, document = brought[0]
    return LoadedPlugin(manifest, plugin, document)


def _check_name(plugin: Plugin, manifest: PluginManifest) -> None:
    name = getattr(plugin, "name", None)
    if name != manifest.name:
        message = f"its manifest calls it '{manifest.name}', its code '{name}'"
        raise PluginError(f"{message}: give it one name")


def _sentences(folder: Path, ours: bool) -> Document:
    file = folder / "sentences.yaml"
    if not file.is_file():
        return {}
    if not ours:
        return read_file(file).document
    # Known to be right, so read only, which saves half a second.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast("Document", yaml.load(file.read_text("utf-8"), loader))  # noqa: S506 - a safe one


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _all(user_folder: Path | None) -> Iterator[_Found]:
    """Ours, installed ones, the user's."""
    for folder in _folders(shipped.FOLDER):
        module = partial(importlib.import_module, f"{shipped.__name__}.{folder.name}")
        yield _Found(folder.name, str(folder), partial(Path, folder), module, ours=True)
    for point in entry_points(group=ENTRY_POINTS):
        yield _Found(point.name, point.value, partial(_folder_of, point), point.load)
    for folder in _folders(user_folder):
        yield _Found(folder.name, str(folder), partial(Path, folder), partial(_module, folder))


def _folder_of(point: EntryPoint) -> Path:
    """Where an installed plugin lies, found without running it."""
    spec = importlib.util.find_spec(point.module)
    if spec is None or spec.origin is None:
        raise PluginError(f"there is no module {point.module}: install its package again")
    return Path(spec.origin).parent


def _folders(parent: Path | None) -> Iterator[Path]:
    if parent is None or not parent.is_dir():
        return
    for folder in sorted(parent.iterdir()):
        if folder.is_dir() and not folder.name.startswith(("_", ".")):
            yield folder


def _module(folder: Path) -> ModuleType:
    file = folder / "__init__.py"
    if not file.is_file():
        raise FileNotFoundError("it has no __init__.py")
    name = f"{_USER_PACKAGE}_{folder.name}"
    spec = importlib.util.spec_from_file_location(
        name, file, submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError("it is no Python package")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
