"""The recogniser's models, for the runtime that computes them here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assistant.app.doctor.finding import Finding, hint, ok, problem
from assistant.asr.networks.manifest import (
    FILES,
    NAME,
    ModelError,
    check_files,
    optional_files,
    read_manifest,
)
from assistant.asr.networks.model_folder import (
    AUTO,
    first_pass_folder,
    is_for_edge_only,
    load_model,
    runtime_for,
    weight_files,
)
from assistant.asr.networks.published import is_published
from assistant.config.settings import Settings
from assistant.edge import native
from assistant.edge.errors import EdgeFormatError
from assistant.edge.model import FILE_NAME, EdgeModel


def recogniser(settings: Settings) -> Iterator[Finding]:
    """The model's files that the chosen runtime needs; the edge runtime's own are `edge`'s."""
    about, folder, runtime = "recogniser", settings.model_folder, _runtime(settings)
    if runtime == "edge" and not (folder / NAME).exists():
        return
    try:
        published = runtime == "onnx" and is_published(folder)
        yield ok(about, _published(folder) if published else _checked(folder, runtime, settings))
        if first := first_pass_folder(folder):
            load_model(first, AUTO, attention_decoder=False)
            yield ok(about, f"{first.name} in {first.parent} hears the stream")
    except ModelError as error:
        yield problem(about, error)


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


def edge(settings: Settings) -> Iterator[Finding]:
    """The edge runtime's model and kernels, when it is the one that is used."""
    if _runtime(settings) != "edge":
        return
    path = settings.model_folder / FILE_NAME
    try:
        model = EdgeModel.load(path)
    except EdgeFormatError as error:
        yield problem("edge runtime", error)
    except OSError:
        yield problem("edge runtime", f"{path} is missing: set recogniser.runtime to onnx")
    else:
        yield ok("edge runtime", f"{path}, {model.weights_bytes / 1e6:.1f} MB, checksums right")
    if lost := native.lost():
        yield hint("edge runtime", lost)
