"""A model that is a single network: a folder with the network's file and a manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from assistant.asr.networks.manifest import ModelError, sha256

FILE: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class SingleNetwork:
    """What a kind of model is called in its manifest, and its network's file in the folder."""

    form: str
    """Such as `hearth-speaker`."""
    kind: str
    """Such as `speaker model`, for people."""
    network: str

    def write(self, folder: Path, name: str, licence: str, more: Mapping[str, Any]) -> None:
        """Describe the network that lies in the folder; its version is that of its weights."""
        path = folder / self.network
        checksum = sha256(path)
        values = {
            "form": self.form,
            "name": name,
            "version": f"{name}-{checksum[:12]}",
            "licence": licence,
            "files": {self.network: {"bytes": path.stat().st_size, "sha256": checksum}},
            **more,
        }
        (folder / FILE).write_text(json.dumps(values, indent=2) + "\n", "utf8")

    def read(self, folder: Path) -> SingleManifest:
        """Read a folder's manifest; raises `ModelError`."""
        path = folder / FILE
        try:
            values = json.loads(path.read_text("utf8"))
            return self._manifest(values)
        except OSError as error:
            message = f"{path} cannot be read ({error.strerror}): it holds no model"
            raise ModelError(message) from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self.described_wrongly(folder, error) from None

    def _manifest(self, values: Mapping[str, Any]) -> SingleManifest:
        if values["form"] != self.form:
            raise ValueError(f"its form is {values['form']!r}")
        return SingleManifest(
            version=str(values["version"]),
            sha256=str(values["files"][self.network]["sha256"]),
            values=values,
        )

    def described_wrongly(self, folder: Path, error: Exception) -> ModelError:
        """The error for a manifest that makes no sense."""
        return ModelError(f"{folder / FILE} describes no {self.kind} ({error}): fetch it again")

    def check(self, folder: Path) -> SingleManifest:
        """Read the manifest and compare the network's file with it; raises `ModelError`."""
        manifest, path = self.read(folder), folder / self.network
        if not path.is_file():
            raise ModelError(f"{path} is missing: fetch the model again")
        if sha256(path) != manifest.sha256:
            raise ModelError(f"{path} is not as it was written: fetch the model again")
        return manifest


@dataclass(frozen=True, slots=True)
class SingleManifest:
    """What a folder says of its network."""

    version: str
    """Its name, and the beginning of its checksum."""
    sha256: str
    """Of the network's file."""
    values: Mapping[str, Any]
    """All of the manifest."""
