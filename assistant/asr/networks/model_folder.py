"""Opens a folder with a model, whatever its form and runtime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar
from zipfile import BadZipFile

from assistant.asr.biasing.grapheme_to_phoneme import GraphemeToPhoneme
from assistant.asr.biasing.phonemes import PhonemeNetwork
from assistant.asr.features.frontend import FrontEnd, WhisperFrontEnd
from assistant.asr.networks.ctc import CtcOutput
from assistant.asr.networks.manifest import (
    CTC,
    FEATURES,
    NAME,
    PHONEMES,
    PRONUNCIATIONS,
    TURN_END,
    Manifest,
    ModelError,
    NoModelError,
    first_pass_of,
    path_of,
    read_manifest,
)
from assistant.asr.networks.network import Network
from assistant.asr.networks.published import TOKENS, is_published, published_files
from assistant.asr.turn_end import TurnEndNetwork
from assistant.asr.vocabulary.lexicon import FILE as WORDS
from assistant.asr.vocabulary.lexicon import Words

T = TypeVar("T")

RUNTIMES: Final = ("onnx", "edge")
FRONT_ENDS: Final[dict[str, Callable[[], FrontEnd]]] = {FEATURES: WhisperFrontEnd}
"""By the kind of features that a manifest names."""
AUTO: Final = "auto"
"""The edge runtime on ARM, and for models that have no other form; else ONNX Runtime."""


@dataclass(frozen=True, slots=True)
class Model:
    """A network and the features that it wants."""

    network: Network
    """What hears an utterance as a whole."""
    front_end: FrontEnd
    max_symbols_per_frame: int
    """Tokens that one frame may emit."""
    words: Words | None = None
    """The words of its language, where it has a list."""
    first_pass: Network | None = None
    """What hears the stream, where `network` was not trained for that."""
    ctc: CtcOutput | None = None
    """What says tokens frame by frame in what `network` makes of an utterance, where it can."""
    phonemes: PhonemeNetwork | None = None
    """What hears phonemes in what `network` makes of an utterance, where the model has that."""
    pronunciations: GraphemeToPhoneme | None = None
    """Says how words are said, where the model has that."""
    turn_end: TurnEndNetwork | None = None
    """Tells from what `streaming` makes of the stream whether a turn is over, where it can."""

    @property
    def streaming(self) -> Network:
        """What hears the stream, chunk by chunk."""
        return self.first_pass or self.network


def load_model(folder: Path, runtime: str = "onnx", *, attention_decoder: bool = True) -> Model:
    """Load the model in a folder, with its attention decoder if it has one and that is wanted.

    Raises:
        ModelError: the folder holds no usable model, or none for this runtime; the message says
            which file is at fault and what to do.

    """
    runtime = runtime_for(folder, runtime)
    if not folder.is_dir():
        raise NoModelError(f"{folder} is no folder: set recogniser.model to one{_beside(folder)}")
    if runtime == "edge":
        return _described(folder, _edge(folder, attention_decoder), runtime)
    if (folder / NAME).exists() and not is_for_edge_only(folder):
        return _described(folder, _onnx(folder, attention_decoder), runtime)
    if is_published(folder):
        return _sherpa(folder)
    if is_for_edge_only(folder):
        raise NoModelError(f"{folder} is for the edge runtime only: set recogniser.runtime to edge")
    raise NoModelError(f"{folder} holds no model: there is neither {NAME} nor {TOKENS}")


def runtime_for(folder: Path, runtime: str) -> str:
    """The runtime that computes a folder's model; raises `ModelError` for an unknown one."""
    if runtime in RUNTIMES:
        return runtime
    if runtime != AUTO:
        choices = " or ".join((AUTO, *RUNTIMES))
        raise ModelError(f"runtime {runtime!r} is unknown: choose {choices}")
    if not _own_weights(folder, "edge"):
        return "onnx"
    from assistant.edge.native import has_arm_kernels  # noqa: PLC0415 - if there is a choice

    return "edge" if has_arm_kernels() or not any(folder.glob("*.onnx")) else "onnx"


def is_for_edge_only(folder: Path) -> bool:
    """Whether a folder has the edge runtime's weights and no others."""
    return bool(_own_weights(folder, "edge")) and not any(folder.glob("*.onnx"))


def _beside(folder: Path) -> str:
    names = sorted(path.parent.name for path in folder.parent.glob(f"*/{NAME}"))
    return f"; there is {', '.join(names)}" if names else ""


def weight_files(folder: Path, runtime: str) -> list[Path]:
    """The files whose weights a runtime would load; empty where it has none.

    Raises:
        ModelError: a published model lacks a part.

    """
    own = _own_weights(folder, runtime)
    if not own or not (first := first_pass_folder(folder)):
        return own
    return [*own, *_own_weights(first, _runtime_of_first(first, runtime))]


def first_pass_folder(folder: Path) -> Path | None:
    """The folder of the model that hears the stream for the one in `folder`, if it is another."""
    if not (folder / NAME).exists():
        return None
    manifest = read_manifest(folder)
    return first_pass_of(folder, manifest) if manifest.streaming_model else None


def _runtime_of_first(folder: Path, runtime: str) -> str:
    """What computes a first pass's model: the same runtime as the other, if it can."""
    return runtime if _own_weights(folder, runtime) else runtime_for(folder, AUTO)


def _own_weights(folder: Path, runtime: str) -> list[Path]:
    if runtime == "edge":
        return sorted(folder.glob("*.edge"))
    if is_published(folder):
        return list(published_files(folder).values())
    return sorted(folder.glob("*.onnx"))


def _described(folder: Path, network: Network, runtime: str) -> Model:
    """A network as its manifest says that it is used; old folders for edge have none."""
    undescribed = Manifest(name=network.name, language="", licence="")
    manifest = read_manifest(folder) if (folder / NAME).exists() else undescribed
    front_end, most = FRONT_ENDS[manifest.features](), manifest.max_symbols_per_frame
    words, phonemes = _words(folder, manifest), _phonemes(folder, manifest, network)
    model = Model(
        network,
        front_end,
        most,
        words,
        ctc=_ctc(folder, manifest, network),
        phonemes=phonemes,
        pronunciations=_pronunciations(folder, manifest),
    )
    if not manifest.streaming_model:
        return replace(model, turn_end=_turn_end(folder, manifest))
    first = _first_pass(first_pass_of(folder, manifest), network, runtime)
    return replace(model, first_pass=first.network, turn_end=first.turn_end)


def _first_pass(folder: Path, network: Network, runtime: str) -> Model:
    """The model in a folder, which hears the stream for one trained on whole utterances."""
    runtime = _runtime_of_first(folder, runtime)
    first = load_model(folder, runtime, attention_decoder=False)
    if _kind(first.network) != _kind(network):
        raise ModelError(
            f"{folder} cannot hear the stream for {network.name}, its tokens or frames are others:"
            " fetch both models again"
        )
    return first


def _kind(network: Network) -> tuple[object, ...]:
    """What two networks that hear the same utterance have in common."""
    return network.tokens, network.mels, network.frame_multiple, network.frames_per_output


def _words(folder: Path, manifest: Manifest) -> Words | None:
    """The list of words that the manifest names; without one, that in the folder."""
    file = path_of(folder, WORDS, manifest.files.get(WORDS))
    try:
        return Words.read(file) if file.exists() else None
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{file} cannot be read ({error}): fetch the model again") from None


def _ctc(folder: Path, manifest: Manifest, network: Network) -> CtcOutput | None:
    """What says tokens frame by frame, if the manifest lists it and there is who ranks its texts.

    Without an attention decoder the transducer finds more of what people say, and is asked alone.
    """
    if CTC not in manifest.files or network.attention_decoder is None:
        return None
    output = _loaded(CtcOutput.load, folder, manifest, CTC)
    if len(output.bias) != len(network.tokens):
        raise ModelError(f"{folder / CTC} has other tokens than the model: fetch the model again")
    return output


def _phonemes(folder: Path, manifest: Manifest, network: Network) -> PhonemeNetwork | None:
    """What hears phonemes, if the manifest lists it and the network has what it listens to."""
    if PHONEMES not in manifest.files or network.attention_decoder is None:
        return None
    return _loaded(PhonemeNetwork.load, folder, manifest, PHONEMES)


def _pronunciations(folder: Path, manifest: Manifest) -> GraphemeToPhoneme | None:
    """What says words by their letters, if the manifest lists it."""
    if PRONUNCIATIONS not in manifest.files:
        return None
    return _loaded(GraphemeToPhoneme.load, folder, manifest, PRONUNCIATIONS)


def _turn_end(folder: Path, manifest: Manifest) -> TurnEndNetwork | None:
    """What tells whether a turn is over, if the manifest lists it."""
    if TURN_END not in manifest.files:
        return None
    return _loaded(TurnEndNetwork.load, folder, manifest, TURN_END)


def _loaded(load: Callable[[Path], T], folder: Path, manifest: Manifest, name: str) -> T:
    """A small network beside the large ones, from a file that the manifest lists."""
    file = path_of(folder, name, manifest.files[name])
    try:
        return load(file)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ModelError(f"{file} cannot be read ({error}): fetch the model again") from None


def _onnx(folder: Path, attention_decoder: bool) -> Network:
    # Imported when it is used: the edge runtime does without ONNX Runtime and its memory.
    from assistant.asr.networks.onnx import OnnxNetwork  # noqa: PLC0415

    return OnnxNetwork.load(folder, attention_decoder=attention_decoder)


def _edge(folder: Path, attention_decoder: bool) -> Network:
    from assistant.edge.errors import EdgeFormatError  # noqa: PLC0415
    from assistant.edge.network import EdgeNetwork  # noqa: PLC0415

    try:
        return EdgeNetwork.load(folder, attention_decoder=attention_decoder)
    except (EdgeFormatError, OSError) as error:
        raise ModelError(f"{folder} has no model for the edge runtime: {error}") from error


def _sherpa(folder: Path) -> Model:
    from assistant.asr.features.kaldi_fbank import KaldiFrontEnd  # noqa: PLC0415
    from assistant.asr.networks.sherpa import SherpaNetwork  # noqa: PLC0415

    network = SherpaNetwork.load(folder)
    return Model(network, KaldiFrontEnd(network.mels), max_symbols_per_frame=1)
