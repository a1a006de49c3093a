"""A packed model: its settings, its tokens, its matrices by name."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from assistant.asr.networks.network import Floats
from assistant.edge import format as packed
from assistant.edge.errors import EdgeFormatError
from assistant.edge.format import Section, Table
from assistant.edge.matrix import DEPTH, LANES, Matrix

FILE_NAME: Final = "model.edge"
"""Its name in a model's folder."""
MOST_KEYS: Final = 512
"""Steps that attention may see; with more, its int32 sums could overflow."""
MOST: Final = 4096
"""No number in the settings is larger, but for these."""
_MOST: Final = {"sample_rate": 192_000, "word_pieces": 65_536}
_ADDED: Final = ("whole", "word_pieces", "decoder_layers", "inner_layer")
"""Settings that old files lack."""
_OLD_SETTINGS: Final = {"writer_layers": "decoder_layers", "pieces": "tokens"}
_OLD_LABELS: Final = {
    "writer.": "decoder.",
    "cross.heard": "cross.key_value",
    "ln_heard": "ln_inner",
}
"""What old files call it, and what it is called now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    """Shape of the transducer; lengths of attention in steps of 20 ms."""

    name: str
    sample_rate: int
    mels: int
    width: int
    heads: int
    layers: int
    chunk: int
    left: int
    stack: int
    hidden: int
    joint: int
    context: int
    vocabulary: int
    blank: int
    eos: int | None
    whole: int = 0
    """Steps that see each other in the second of two passes; 0: there is one, as in old files."""
    word_pieces: int = 0
    """Vocabulary of the attention decoder; 0: there is none."""
    decoder_layers: int = 0
    inner_layer: int = 0
    """Layers of the encoder below what the attention decoder hears."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            allowed = field.name == "eos" and value is None
            low = 0 if field.name in ("blank", "eos", "left", *_ADDED) else 1
            high = _MOST.get(field.name, MOST)
            if field.name == "name":
                if not isinstance(value, str):
                    raise EdgeFormatError("the model's name is no text")
            elif not allowed and (type(value) is not int or not low <= value <= high):
                raise EdgeFormatError(f"{field.name} is {value!r}")
        self._check_lengths()

    def _check_lengths(self) -> None:
        if self.word_pieces and not 0 < self.inner_layer <= self.layers:
            raise EdgeFormatError(f"there is no layer {self.inner_layer} to attend to")
        if self.left + max(self.chunk, self.whole) > MOST_KEYS:
            raise EdgeFormatError(f"attention to more than {MOST_KEYS} steps")
        if self.width % (self.heads * 2) or self.width % LANES:
            raise EdgeFormatError(f"{self.heads} heads cannot share a width of {self.width}")
        for value in (self.mels * 3, self.hidden, self.joint):
            if value % DEPTH:
                raise EdgeFormatError(f"a width of {value} is no multiple of {DEPTH}")
        if (
            self.chunk % self.stack
            or self.whole % self.stack
            or max(self.blank, self.eos or 0) >= self.vocabulary
        ):
            raise EdgeFormatError("chunk, whole and stack, or blank and vocabulary, do not fit")


@dataclass(frozen=True, slots=True, eq=False)
class EdgeModel:
    """A model as it lies in its file."""

    settings: EdgeSettings
    tokens: tuple[str, ...]
    sections: dict[str, Section]

    @classmethod
    def load(cls, path: Path) -> EdgeModel:
        """Map a packed file; `EdgeFormatError` when it is corrupt, `OSError` when not there."""
        sections = dict(_relabelled(*each) for each in packed.read(path).items())
        try:
            settings, tokens = _settings(sections)
            model = cls(settings, tokens, sections)
            model.check()
        except EdgeFormatError as error:
            raise EdgeFormatError(
                f"{path} holds no model that fits together ({error}); export it again"
            ) from error
        return model

    def save(self, path: Path) -> int:
        """Write the packed file; its length in bytes."""
        self.check()
        text = json.dumps({**asdict(self.settings), "tokens": self.tokens}, ensure_ascii=False)
        rest = {name: section for name, section in self.sections.items() if name != "settings"}
        return packed.write(path, {"settings": text, **rest})

    def matrix(self, name: str) -> Matrix:
        """A matrix by its name."""
        section = self.sections.get(name)
        if not isinstance(section, Matrix):
            raise EdgeFormatError(f"there is no matrix {name}")
        return section

    def floats(self, name: str) -> Floats:
        """A section of floats by its name."""
        section = self.sections.get(name)
        if not isinstance(section, np.ndarray):
            raise EdgeFormatError(f"there are no numbers {name}")
        return section

    def embedding(self) -> Table:
        """The predictor's embedding of tokens."""
        section = self.sections.get("predictor.embedding")
        if not isinstance(section, Table):
            raise EdgeFormatError("there is no table predictor.embedding")
        return section

    @property
    def matrices(self) -> tuple[Matrix, ...]:
        """All matrices."""
        return tuple(part for part in self.sections.values() if isinstance(part, Matrix))

    @property
    def weights_bytes(self) -> int:
        """Bytes that the weights take, in the file and in memory."""
        return sum(part.nbytes for part in self.sections.values() if not isinstance(part, str))

    def check(self) -> None:
        """Whether everything is there in the shape that the settings tell of."""
        shape = self.settings
        for name, outputs, inputs in _matrices(shape):
            matrix = self.matrix(name)
            if (matrix.outputs, matrix.inputs) != (outputs, inputs):
                raise EdgeFormatError(f"{name} is not {outputs} x {inputs}")
        for name in _norms(shape):
            if self.floats(name).shape != (2, shape.width):
                raise EdgeFormatError(f"{name} is not 2 x {shape.width}")
        if self.embedding().values.shape != (shape.vocabulary, shape.joint):
            raise EdgeFormatError(f"the embedding is not {shape.vocabulary} x {shape.joint}")
        if len(self.tokens) != shape.vocabulary:
            raise EdgeFormatError(f"{len(self.tokens)} tokens instead of {shape.vocabulary}")
        if shape.word_pieces:
            if len(self.word_pieces()) != shape.word_pieces:
                raise EdgeFormatError(f"there are not {shape.word_pieces} word pieces")
            if self.floats("decoder.positions").shape[1:] != (shape.width,):
                raise EdgeFormatError("positions and width do not fit")

    def word_pieces(self) -> tuple[str, ...]:
        """The pieces that the attention decoder writes."""
        section = self.sections.get("decoder.pieces")
        if not isinstance(section, str):
            raise EdgeFormatError("there are no word pieces")
        return tuple(section.split())


def _relabelled(label: str, section: Section) -> tuple[str, Section]:
    for old, new in _OLD_LABELS.items():
        label = label.replace(old, new)
    return label, replace(section, name=label) if isinstance(section, Matrix) else section


def _norms(shape: EdgeSettings) -> list[str]:
    """Every layer norm."""
    layers = [
        f"encoder.blocks.{i}.{kind}_ln" for i in range(shape.layers) for kind in ("attn", "mlp")
    ]
    if not shape.word_pieces:
        return [*layers, "encoder.ln_post"]
    decoder = [
        f"decoder.blocks.{i}.{kind}_ln"
        for i in range(shape.decoder_layers)
        for kind in ("attn", "cross", "mlp")
    ]
    return [*layers, "encoder.ln_post", *decoder, "decoder.ln_inner", "decoder.ln"]


def _matrices(shape: EdgeSettings) -> list[tuple[str, int, int]]:
    """Name, outputs and inputs of every matrix."""
    width, joint = shape.width, shape.joint
    layers = _layers(
        "encoder",
        shape.layers,
        ("attn.qkv", 3 * width, width),
        ("attn.out", width, width),
        ("mlp.0", 4 * width, width),
        ("mlp.2", width, 4 * width),
    )
    return [
        ("encoder.conv1", width, 3 * shape.mels),
        ("encoder.conv2", width, 3 * width),
        *layers,
        ("encoder.up", shape.hidden, shape.stack * width),
        ("encoder.down", joint, shape.hidden),
        ("predictor.conv", joint, shape.context * joint),
        ("predictor.out", joint, joint),
        ("joiner.out", shape.vocabulary, joint),
        *(_decoder_matrices(shape) if shape.word_pieces else ()),
    ]


def _decoder_matrices(shape: EdgeSettings) -> list[tuple[str, int, int]]:
    width = shape.width
    layers = _layers(
        "decoder",
        shape.decoder_layers,
        ("attn.qkv", 3 * width, width),
        ("attn.out", width, width),
        ("cross.query", width, width),
        ("cross.key_value", 2 * width, width),
        ("cross.out", width, width),
        ("mlp.0", 4 * width, width),
        ("mlp.2", width, 4 * width),
    )
    return [*layers, ("decoder.out", shape.word_pieces, width)]


def _layers(part: str, count: int, *matrices: tuple[str, int, int]) -> list[tuple[str, int, int]]:
    """The matrices of a layer, for each of `count` layers."""
    return [
        (f"{part}.blocks.{layer}.{name}", outputs, inputs)
        for layer in range(count)
        for name, outputs, inputs in matrices
    ]


def _settings(sections: dict[str, Section]) -> tuple[EdgeSettings, tuple[str, ...]]:
    text = sections.get("settings")
    if not isinstance(text, str):
        raise EdgeFormatError("there are no settings")
    try:
        values: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise EdgeFormatError("the settings are no JSON") from None
    if not isinstance(values, dict):
        raise EdgeFormatError("the settings are not those of a transducer")
    values = {_OLD_SETTINGS.get(name, name): value for name, value in values.items()}
    known = {field.name for field in fields(EdgeSettings)} | {"tokens"}
    if values.keys() | set(_ADDED) != known:
        raise EdgeFormatError("the settings are not those of a transducer")
    tokens = values.pop("tokens")
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        raise EdgeFormatError("the tokens are not texts")
    return EdgeSettings(**values), tuple(tokens)
