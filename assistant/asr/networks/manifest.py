"""The manifest of a model folder: what the model is, and the checksums of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from assistant.config.shipped import shipped
from assistant.errors import HearthError

NAME: Final = "manifest.json"
FORM: Final = "hearth"
FEATURES: Final = "whisper-log-mel"
FILES: Final = ("encoder.onnx", "predictor.onnx", "joiner.onnx", "tokens.txt")
CROSS_KV: Final = "cross_kv.onnx"
DECODER_STEP: Final = "decoder_step.onnx"
"""The attention decoder's parts: keys and values of its cross-attention, and one step."""
_OLDER_NAMES: Final = {CROSS_KV: "hearing.onnx", DECODER_STEP: "writing.onnx"}
"""What they are called in folders written before December 2026."""
PIECES: Final = "pieces.txt"
INNER: Final = "inner"
"""The encoder's output that the attention decoder attends to."""
WORDS: Final = "words.txt"
CTC: Final = "ctc.npz"
"""What says tokens frame by frame, beside the joiner."""
PHONEMES: Final = "phonemes.npz"
"""What hears phonemes, beside the joiner."""
PRONUNCIATIONS: Final = "pronunciations.npz"
"""What says words by their letters."""
TURN_END: Final = "turn-end.npz"
"""What tells from the encoder's outputs whether a turn is over."""
_SMALL: Final = (WORDS, CTC, PHONEMES, PRONUNCIATIONS, TURN_END)
"""Read with an attention decoder or without."""
OPTIONAL: Final = (*_SMALL, CROSS_KV, DECODER_STEP, *_OLDER_NAMES.values(), PIECES)


def optional_files(*, attention_decoder: bool) -> tuple[str, ...]:
    """The optional files that are read, with an attention decoder or without."""
    return OPTIONAL if attention_decoder else _SMALL


class ModelError(HearthError):
    """A model folder that cannot be used; the message names the file and says what to do."""


class NoModelError(ModelError):
    """The settings name a folder in which there is no model."""

    exit_status = 2


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of the model as it was written."""

    bytes: int
    sha256: str
    model: str = ""
    """The other model, in the folder beside, whose file it is; empty for its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a model folder says of itself."""

    name: str
    language: str
    licence: str
    version: str = ""
    """Of the release: its date."""
    commit: str = ""
    """Of this repository, with the recipe and the code that trained it."""
    sample_rate: int = 16_000
    features: str = FEATURES
    mels: int = 80
    chunk_frames: int = 32
    frame_multiple: int = 4
    whole_frames: int = 0
    blank_id: int = 0
    eos_id: int | None = 2
    context_size: int = 3
    max_symbols_per_frame: int = 3
    """Tokens that the search may emit at one encoder output."""
    streaming_model: str = ""
    """The model, in the folder beside, that hears the stream; empty where this one does."""
    files: Mapping[str, FileEntry] = field(default_factory=dict)

    def listed(self, name: str) -> str | None:
        """The name by which a file is listed: this one or an older one; None if it is not."""
        names = (name, _OLDER_NAMES.get(name, name))
        return next((each for each in names if each in self.files), None)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, with the sizes and checksums that the files have now.

    Those files are the folder's own, and what `manifest.files` says is another model's.
    """
    own = {name: FileEntry(0, "") for name in (*FILES, *OPTIONAL) if (folder / name).exists()}
    others = {name: entry for name, entry in manifest.files.items() if entry.model}
    values = {
        "name": manifest.name,
        "version": manifest.version,
        "commit": manifest.commit,
        "language": manifest.language,
        "licence": manifest.licence,
        "sample_rate": manifest.sample_rate,
        "form": FORM,
        "features": {"kind": manifest.features, "mels": manifest.mels},
        "chunk_frames": manifest.chunk_frames,
        "frame_multiple": manifest.frame_multiple,
        "whole_frames": manifest.whole_frames,
        "blank_id": manifest.blank_id,
        "eos_id": manifest.eos_id,
        "context_size": manifest.context_size,
        "max_symbols_per_frame": manifest.max_symbols_per_frame,
        "streaming_model": manifest.streaming_model,
        "files": {
            name: _described(path_of(folder, name, entry), entry)
            for name, entry in (own | others).items()
        },
    }
    (folder / NAME).write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", "utf8")


def _described(path: Path, entry: FileEntry) -> dict[str, int | str]:
    now: dict[str, int | str] = {"bytes": path.stat().st_size, "sha256": sha256(path)}
    return now | ({"model": entry.model} if entry.model else {})


def path_of(folder: Path, name: str, entry: FileEntry | None) -> Path:
    """Where a file of a model lies: in its folder, or in the one beside it of another model.

    A folder that was copied to another place finds the models that ship with Hearth, too.
    """
    if entry is None or not entry.model:
        return folder / name
    beside = folder.parent / entry.model / name
    return beside if beside.exists() else shipped("models") / entry.model / name


def first_pass_of(folder: Path, manifest: Manifest) -> Path:
    """The folder of the model that hears the stream, found as `path_of` finds a file."""
    beside = folder.parent / manifest.streaming_model
    return beside if beside.exists() else shipped("models") / manifest.streaming_model


def read_manifest(folder: Path) -> Manifest:
    """Read a folder's manifest.

    Raises:
        ModelError: it is not there, is no JSON, lacks a field or is of a form we do not know.

    """
    path = folder / NAME
    try:
        values = json.loads(path.read_text("utf8"))
        return _manifest(values, path)
    except FileNotFoundError:
        raise ModelError(f"{path} is missing: the folder holds no model") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is no JSON ({error}): fetch the model again") from None
    except KeyError as error:
        raise ModelError(f"{path} lacks {error}: fetch the model again") from None
    except (TypeError, AttributeError, ValueError):
        raise ModelError(f"{path} has a value of the wrong kind: fetch the model again") from None


def _manifest(values: dict[str, Any], path: Path) -> Manifest:
    features = values["features"]
    if values["form"] != FORM or features["kind"] != FEATURES:
        raise ModelError(
            f"{path}: form {values['form']!r} with features {features['kind']!r} is not known to"
            " this version: use a newer one"
        )
    eos_id = values["eos_id"]
    return Manifest(
        name=str(values["name"]),
        language=str(values["language"]),
        licence=str(values["licence"]),
        version=str(values.get("version", "")),
        commit=str(values.get("commit", "")),
        sample_rate=int(values["sample_rate"]),
        features=str(features["kind"]),
        mels=int(features["mels"]),
        chunk_frames=int(values["chunk_frames"]),
        frame_multiple=int(values["frame_multiple"]),
        whole_frames=int(values.get("whole_frames", 0)),
        blank_id=int(values["blank_id"]),
        eos_id=None if eos_id is None else int(eos_id),
        context_size=int(values["context_size"]),
        max_symbols_per_frame=_positive(values.get("max_symbols_per_frame", 3)),
        streaming_model=_bare(str(values.get("streaming_model", ""))),
        files={
            name: FileEntry(
                int(entry["bytes"]), str(entry["sha256"]), _bare(str(entry.get("model", "")))
            )
            for name, entry in values["files"].items()
        },
    )


def _positive(value: Any) -> int:  # noqa: ANN401 - as JSON has it
    if int(value) < 1:
        raise ValueError(f"{value} is not positive")
    return int(value)


def _bare(model: str) -> str:
    if model != Path(model).name:
        raise ValueError(f"{model!r} is no name of a folder")
    return model


def check_files(
    folder: Path,
    manifest: Manifest,
    needed: Sequence[str] = FILES,
    optional: Sequence[str] = OPTIONAL,
) -> tuple[str, ...]:
    """Compare the folder's files with the manifest; gives the names of those compared.

    These are the `needed` ones, and the `optional` ones that the manifest lists.

    Raises:
        ModelError: names the first file that is missing or not as it was written.

    """
    names = (*needed, *(name for name in optional if name in manifest.files))
    for name in names:
        entry = manifest.files.get(name)
        if entry is None:
            raise ModelError(f"{folder / NAME} does not list {name}: fetch the model again")
        path = path_of(folder, name, entry)
        if not path.is_file():
            raise ModelError(f"{path} is missing: fetch the model again")
        if path.stat().st_size != entry.bytes or sha256(path) != entry.sha256:
            raise ModelError(
                f"{path} is not the file that the manifest lists (its checksum differs):"
                " fetch the model again"
            )
    return names


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
