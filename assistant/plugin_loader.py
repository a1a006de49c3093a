"""Finds and loads plugins: ours, those in the user's folder, and those of installed packages.

A plugin is a folder with an `__init__.py` that has `create(context)`, and, if it understands
sentences that Home Assistant's templates lack, a `sentences.yaml` in hassil's format. An installed
package names such a module as an entry point of the group `hearth.plugins`.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import yaml

from assistant.nlu.sentence_files import read_file
from assistant.plugin_thread import Isolated
from assistant.plugins import Background, Named, Plugin, PluginContext, PluginError

_LOG = logging.getLogger(__name__)
_BUILT_IN = Path(__file__).resolve().parents[1] / "plugins"
_USER_PACKAGE = "hearth_user_plugins"
ENTRY_POINTS = "hearth.plugins"

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PluginRegistry:
    """The plugins that could be loaded, and what to say about those that could not."""

    plugins: tuple[Plugin, ...]
    sentences: tuple[Document, ...] = ()
    problems: tuple[str, ...] = ()

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

    async def start(self) -> None:
        """Let plugins begin what they do in the background."""
        for plugin in self.plugins:
            if isinstance(plugin, Background):
                await plugin.start()

    async def close(self) -> None:
        """Let plugins end what they do in the background."""
        for plugin in self.plugins:
            if isinstance(plugin, Background):
                await plugin.close()


@dataclass(frozen=True, slots=True)
class _Found:
    """A plugin that may be loaded."""

    name: str
    where: str
    load: Callable[[PluginContext], tuple[Plugin, Document]]


def load_plugins(context: PluginContext, user_folder: Path | None = None) -> PluginRegistry:
    """Load our plugins, then installed ones, then those in the user's folder.

    A plugin that fails is left out, logged, and named in `problems`; the others go on. One that is
    not ours lives in a thread of its own.
    """
    plugins: list[Plugin] = []
    sentences: list[Document] = []
    problems: list[str] = []
    for found in [*_ours(), *_installed(), *_users(user_folder)]:
        try:
            plugin, document = found.load(context)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in its code
            reason = str(error) if isinstance(error, PluginError) else _named(error)
            problem = (
                f"Plugin '{found.name}' in {found.where} cannot be used ({reason}); "
                "going on without it."
            )
            _LOG.warning("%s", problem)
            problems.append(problem)
        else:
            plugins.append(plugin)
            sentences += [document] if document else []
    return PluginRegistry(tuple(plugins), tuple(sentences), tuple(problems))


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _ours() -> Iterator[_Found]:
    for folder in _folders(_BUILT_IN):

        def load(context: PluginContext, folder: Path = folder) -> tuple[Plugin, Document]:
            module = importlib.import_module(f"plugins.{folder.name}")
            # Known to be right, so read only, which saves half a second.
            return _create(module, context), _read(folder / "sentences.yaml")

        yield _Found(folder.name, str(folder), load)


def _users(parent: Path | None) -> Iterator[_Found]:
    for folder in _folders(parent):
        module = lambda folder=folder: _module(folder)  # noqa: E731
        yield _Found(folder.name, str(folder), _isolated(folder.name, module))


def _installed() -> Iterator[_Found]:
    for point in entry_points(group=ENTRY_POINTS):
        yield _Found(point.name, point.value, _isolated(point.name, point.load))


def _isolated(
    name: str, import_it: Callable[[], ModuleType]
) -> Callable[[PluginContext], tuple[Plugin, Document]]:
    def load(context: PluginContext) -> tuple[Plugin, Document]:
        documents: list[Document] = []

        def create(inside: PluginContext) -> Plugin:
            module = import_it()
            file = Path(str(module.__file__)).with_name("sentences.yaml")
            documents.append(read_file(file).document if file.is_file() else {})
            return _create(module, inside)

        return Isolated(name, create, context), documents[0]

    return load


def _create(module: ModuleType, context: PluginContext) -> Plugin:
    return cast("Plugin", module.create(context))


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


def _read(file: Path) -> Document:
    if not file.is_file():
        return {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return cast("Document", yaml.load(file.read_text("utf-8"), loader))  # noqa: S506 - a safe one
