"""What a plugin says of itself: `manifest.yaml` in its folder. See docs/plugins.md."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

from packaging.requirements import InvalidRequirement, Requirement

from assistant.config.bind import Binder
from assistant.config.error import ConfigError
from assistant.config.limits import SettingError, SettingLimits
from assistant.config.read import read
from assistant.config.value import Value
from assistant.plugins.api import INTERFACE, PluginContext, PluginError

FILE = "manifest.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginManifest:
    """The keys of a manifest."""

    name: str
    version: str
    description: str
    interface: Annotated[int, SettingLimits(at_least=1)]
    """Which `INTERFACE` it is written for."""
    requires: tuple[str, ...] = ()
    """Python packages that it needs, as pip has them (`icalendar>=6`)."""
    network: bool = False
    """Whether it talks to other machines by itself (the home's is Hearth's own matter)."""
    sends_words: bool = False
    """Whether what was said leaves this device by it."""

    def __post_init__(self) -> None:
        for text in self.requires:
            try:
                Requirement(text)
            except InvalidRequirement:
                message = f"'{text}' is no requirement such as icalendar>=6"
                raise SettingError(message, "requires") from None
        if self.sends_words and not self.network:
            raise SettingError("what sends words needs `network: true`", "sends_words")


def read_manifest(folder: Path) -> PluginManifest:
    """The manifest in a plugin's folder; raises `PluginError` with what is wrong, and where."""
    file = folder / FILE
    if not file.is_file():
        raise PluginError(
            f"it has no {FILE}; write one with name, version, description and `interface: "
            f"{INTERFACE}`, see docs/plugins.md"
        )
    try:
        manifest: PluginManifest = Binder(PluginManifest).section(
            PluginManifest, Value(read(file), "", folder)
        )
    except ConfigError as error:
        raise PluginError(str(error)) from None
    return manifest


def check_fits(manifest: PluginManifest, context: PluginContext) -> None:
    """Raise `PluginError` if the plugin cannot be used here; the message says what to do."""
    wanted = manifest.interface
    if wanted != INTERFACE:
        cure = "update Hearth" if wanted > INTERFACE else "look for a newer version of the plugin"
        message = f"it is made for plugin interface {wanted}, and this Hearth has {INTERFACE}"
        raise PluginError(f"{message}: {cure}")
    if manifest.sends_words and context.keep_words_local:
        raise PluginError(
            "it sends what you say to another machine, and privacy.keep_words_local says that "
            "words stay on this device: set that to false if you want this"
        )
    if lost := list(_lost(manifest)):
        install = shlex.join([sys.executable, "-m", "pip", "install", *lost])
        raise PluginError(f"it needs {', '.join(lost)}; install with: {install}")


def _lost(manifest: PluginManifest) -> Iterator[str]:
    """The requirements that are not met."""
    for text in manifest.requires:
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate():
            continue
        try:
            met = wanted.specifier.contains(version(wanted.name), prereleases=True)
        except PackageNotFoundError:
            met = False
        if not met:
            yield text
