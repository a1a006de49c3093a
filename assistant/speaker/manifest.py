"""What a speaker model's folder says of itself: `manifest.json`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from assistant.asr.networks.manifest import ModelError, sha256
from assistant.speaker.calibration import Calibration

FILE: Final = "manifest.json"
FORM: Final = "hearth-speaker"
NETWORK: Final = "network.onnx"


@dataclass(frozen=True, slots=True)
class SpeakerManifest:
    """What a model is, and how its scores become probabilities."""

    name: str
    version: str
    licence: str
    sha256: str
    """Of the network's file."""
    calibration: Calibration


def write_manifest(folder: Path, name: str, licence: str, calibration: Calibration) -> None:
    """Describe the network that lies in the folder; its version is that of its weights."""
    checksum = sha256(folder / NETWORK)
    values = {
        "form": FORM,
        "name": name,
        "version": f"{name}-{checksum[:12]}",
        "licence": licence,
        "files": {NETWORK: {"bytes": (folder / NETWORK).stat().st_size, "sha256": checksum}},
        "calibration": asdict(calibration),
    }
    (folder / FILE).write_text(json.dumps(values, indent=2) + "\n", "utf8")


def read_manifest(folder: Path) -> SpeakerManifest:
    """Read a folder's manifest; raises `ModelError`."""
    path = folder / FILE
    try:
        return _manifest(json.loads(path.read_text("utf8")))
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): it holds no model") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} describes no speaker model ({error}): fetch it again") from None


def _manifest(values: dict[str, Any]) -> SpeakerManifest:
    if values["form"] != FORM:
        raise ValueError(f"its form is {values['form']!r}")
    return SpeakerManifest(
        name=str(values["name"]),
        version=str(values["version"]),
        licence=str(values["licence"]),
        sha256=str(values["files"][NETWORK]["sha256"]),
        calibration=Calibration(**{k: float(v) for k, v in values["calibration"].items()}),
    )


def check_network(folder: Path) -> SpeakerManifest:
    """Read the manifest and compare the network's file with it; raises `ModelError`."""
    manifest, path = read_manifest(folder), folder / NETWORK
    if not path.is_file():
        raise ModelError(f"{path} is missing: fetch the model again")
    if sha256(path) != manifest.sha256:
        raise ModelError(f"{path} is not as it was written: fetch the model again")
    return manifest
