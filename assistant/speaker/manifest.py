"""What a speaker model's folder says of itself: `manifest.json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from assistant.asr.networks.single import SingleManifest, SingleNetwork
from assistant.speaker.calibration import Calibration

NETWORK: Final = "network.ort"
"""In ONNX Runtime's own format: training/slim_speaker.py."""
_MODEL: Final = SingleNetwork("hearth-speaker", "speaker model", NETWORK)


@dataclass(frozen=True, slots=True)
class SpeakerManifest:
    """What a model is, and how its scores become probabilities."""

    version: str
    calibration: Calibration


def write_manifest(folder: Path, name: str, licence: str, calibration: Calibration) -> None:
    """Describe the network that lies in the folder; its version is that of its weights."""
    _MODEL.write(folder, name, licence, {"calibration": asdict(calibration)})


def read_manifest(folder: Path) -> SpeakerManifest:
    """Read a folder's manifest; raises `ModelError`."""
    return _manifest(folder, _MODEL.read(folder))


def check_network(folder: Path) -> SpeakerManifest:
    """Read the manifest and compare the network's file with it; raises `ModelError`."""
    return _manifest(folder, _MODEL.check(folder))


def _manifest(folder: Path, manifest: SingleManifest) -> SpeakerManifest:
    try:
        weights = {key: float(value) for key, value in manifest.values["calibration"].items()}
        return SpeakerManifest(manifest.version, Calibration(**weights))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _MODEL.described_wrongly(folder, error) from None
