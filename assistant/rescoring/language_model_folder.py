"""A folder with a language model: what it is, how it is weighed, the checksums of its files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from assistant.asr.networks.manifest import FileEntry, ModelError, sha256

NAME: Final = "language-model.json"
FORM: Final = "hearth-recurrent"
FILES: Final = ("model.onnx", "pieces.txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How scores are combined; the recogniser's own score counts once.

    A word adds `language` times its log-probability by the language model, less `internal` times
    that by the recogniser's internal one, and `word`, which makes up for longer sentences being
    less likely.
    """

    language: float = 0.3
    internal: float = 0.0
    word: float = 0.0


@dataclass(frozen=True, slots=True)
class LanguageModelManifest:
    """What a language model's folder says of itself."""

    name: str
    language: str
    licence: str
    context_words: int
    """Histories that agree on this many last words are one."""
    weights: Weights = field(default_factory=Weights)
    """Those that were tuned for it, with the recogniser that ships."""
    version: str = ""
    """Of the release: its date."""
    commit: str = ""
    """Of this repository, with the code that trained it."""
    files: Mapping[str, FileEntry] = field(default_factory=dict)


def write_manifest(folder: Path, manifest: LanguageModelManifest) -> None:
    """Write the manifest, with the sizes and checksums that the folder's files have now."""
    values = {
        "name": manifest.name,
        "version": manifest.version,
        "commit": manifest.commit,
        "form": FORM,
        "language": manifest.language,
        "licence": manifest.licence,
        "context_words": manifest.context_words,
        "weights": asdict(manifest.weights),
        "files": {
            name: {"bytes": (folder / name).stat().st_size, "sha256": sha256(folder / name)}
            for name in FILES
        },
    }
    (folder / NAME).write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", "utf8")


def read_manifest(folder: Path) -> LanguageModelManifest:
    """Read a folder's manifest and compare its files with it.

    Raises:
        ModelError: it cannot be used, or a file is not as it was written.

    """
    path = folder / NAME
    try:
        manifest = _manifest(json.loads(path.read_text("utf8")), path)
    except OSError:
        raise ModelError(f"{path} is missing: the folder holds no language model") from None
    except KeyError as error:
        raise ModelError(f"{path} lacks {error}: fetch the language model again") from None
    except (TypeError, AttributeError, ValueError) as error:
        raise ModelError(f"{path} is damaged ({error}): fetch the language model again") from None
    for name in FILES:
        _check(folder / name, manifest.files[name])
    return manifest


def _manifest(values: dict[str, Any], path: Path) -> LanguageModelManifest:
    if values["form"] != FORM:
        raise ModelError(f"{path}: form {values['form']!r} is not known: use a newer version")
    return LanguageModelManifest(
        name=str(values["name"]),
        language=str(values["language"]),
        licence=str(values["licence"]),
        version=str(values.get("version", "")),
        commit=str(values.get("commit", "")),
        context_words=int(values["context_words"]),
        weights=Weights(**{name: float(each) for name, each in values["weights"].items()}),
        files={
            name: FileEntry(int(values["files"][name]["bytes"]), values["files"][name]["sha256"])
            for name in FILES
        },
    )


def _check(path: Path, entry: FileEntry) -> None:
    if not path.is_file() or path.stat().st_size != entry.bytes or sha256(path) != entry.sha256:
        raise ModelError(f"{path} is not the file that the manifest lists: fetch it again")
