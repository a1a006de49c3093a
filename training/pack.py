"""A trained transducer as the edge runtime's packed file; `training.export` is its command line.

Blocks that are zero already, because the model was trained sparse, are left out in any case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from assistant.asr.features.whisper_mel import log_mel
from assistant.asr.networks.network import Floats
from assistant.asr.vocabulary.word_pieces import WordPieces
from assistant.edge.format import Section, Table
from assistant.edge.matrix import Matrix
from assistant.edge.model import EdgeModel, EdgeSettings
from assistant.edge.quantise import quantise
from training.calibrate import calibrated
from training.matrices import ATTENTION_DECODER, DELICATE, decoder_matrices
from training.model import ModelSettings, Transducer
from training.tar_corpus import open_corpus
from training.tokens import EOS


def pack(
    state: Mapping[str, Tensor],
    settings: ModelSettings,
    tokens: Path | Sequence[str],
    path: Path,
    *,
    weight_bits: int = 8,
    sparsity: float | None = None,
    speech: Sequence[Tensor] = (),
    pieces: Path | Sequence[str] = (),
    name: str = "hearth",
) -> int:
    """Write the packed file of a `Transducer`'s state; its length in bytes.

    `tokens`: the pieces in order, or the `tokens.txt` that lists them. `sparsity`: the share of
    blocks to prune; None prunes none. `speech`: features [T, mels] of utterances, which pruning
    and rounding are fitted to (`training.calibrate`); without them the smallest blocks are pruned.
    `pieces`: those of the attention decoder, or their file, where there is one.

    Raises:
        ValueError: the settings cannot be packed.

    """
    weights = {key: value.detach().float().numpy() for key, value in state.items()}
    sections: dict[str, Section] = {}
    fitted = _fitted(state, settings, speech, weight_bits, sparsity) if speech else {}
    for label, (weight, bias) in _linears(weights, settings).items():
        delicate = label in DELICATE or label.startswith(ATTENTION_DECODER)
        sections[label] = fitted.get(label) or quantise(
            label, weight, bias, 8 if delicate else weight_bits, None if delicate else sparsity
        )
    for label, name_of in _norms(settings).items():
        sections[label] = np.stack([weights[f"{name_of}.weight"], weights[f"{name_of}.bias"]])
    if settings.pieces:
        sections["decoder.positions"] = weights["decoder.positional_embedding"]
        words = WordPieces.read(pieces).pieces if isinstance(pieces, Path) else pieces
        sections["decoder.pieces"] = "\n".join(words)
    sections["predictor.embedding"] = _table(weights["predictor.embedding.weight"])
    known = read_tokens(tokens) if isinstance(tokens, Path) else tuple(tokens)
    return EdgeModel(_settings(settings, name), known, sections).save(path)


def _fitted(
    state: Mapping[str, Tensor],
    settings: ModelSettings,
    speech: Sequence[Tensor],
    bits: int,
    sparsity: float | None,
) -> dict[str, Matrix]:
    model = Transducer(settings)
    model.load_state_dict({key: value.float() for key, value in state.items()})
    return calibrated(model, speech, bits, sparsity)[0]


def speech_of(folder: Path, utterances: int = 60) -> list[Tensor]:
    """Features of some utterances of a corpus, spread over all of it."""
    corpus = open_corpus(folder)
    index = np.linspace(0, len(corpus) - 1, min(utterances, len(corpus))).astype(int)
    features = [log_mel(corpus.audio(at).astype(np.float32) / np.float32(32768)) for at in index]
    return [torch.from_numpy(part[: len(part) // 4 * 4]) for part in features if len(part) > 4]


def read_tokens(path: Path) -> tuple[str, ...]:
    """The pieces that a `tokens.txt` lists, a line each with its number."""
    lines = path.read_text("utf8").splitlines()
    return tuple(line.rpartition(" ")[0] for line in lines)


def _settings(settings: ModelSettings, name: str) -> EdgeSettings:
    return EdgeSettings(
        name=name,
        sample_rate=16_000,
        mels=settings.mels,
        width=settings.width,
        heads=settings.heads,
        layers=settings.layers,
        chunk=settings.chunk,
        whole=settings.whole,
        left=settings.left,
        stack=settings.stack,
        hidden=settings.hidden,
        joint=settings.joint,
        context=settings.context,
        vocabulary=settings.vocabulary,
        blank=settings.blank,
        eos=EOS,
        word_pieces=settings.pieces,
        decoder_layers=settings.decoder_layers if settings.pieces else 0,
        inner_layer=settings.decoder_layer if settings.pieces else 0,
    )


def _norms(settings: ModelSettings) -> dict[str, str]:
    """Every layer norm's label in the file and its name in the model."""
    layers = [f"encoder.blocks.{layer}" for layer in range(settings.layers)]
    names = [f"{layer}.{kind}_ln" for layer in layers for kind in ("attn", "mlp")]
    labels = {name: name for name in (*names, "encoder.ln_post")}
    if not settings.pieces:
        return labels
    for layer in range(settings.decoder_layers):
        block = f"decoder.blocks.{layer}"
        labels |= {
            f"{block}.attn_ln": f"{block}.attn_ln",
            f"{block}.cross_ln": f"{block}.cross_attn_ln",
            f"{block}.mlp_ln": f"{block}.mlp_ln",
        }
    return labels | {"decoder.ln_inner": "decoder.ln_heard", "decoder.ln": "decoder.ln"}


def _linears(
    weights: Mapping[str, Floats], settings: ModelSettings
) -> dict[str, tuple[Floats, Floats]]:
    """Every matrix [outputs, inputs] with its bias, named as in the file."""
    linears = {
        f"encoder.{conv}": (_unrolled(weights[f"encoder.{conv}.weight"]), f"encoder.{conv}.bias")
        for conv in ("conv1", "conv2")
    }
    plain = ["encoder.up", "encoder.down", "predictor.out", "joiner.out"]
    for layer in range(settings.layers):
        block = f"encoder.blocks.{layer}"
        plain += [f"{block}.attn.out", f"{block}.mlp.0", f"{block}.mlp.2"]
    linears |= {name: (weights[f"{name}.weight"], f"{name}.bias") for name in plain}
    linears["predictor.conv"] = (
        _grouped(weights["predictor.conv.weight"]),
        "predictor.conv.bias",
    )
    named = {name: (weight, weights[bias]) for name, (weight, bias) in linears.items()}
    for layer in range(settings.layers):
        attention = f"encoder.blocks.{layer}.attn"
        named[f"{attention}.qkv"] = _stacked(weights, [f"{attention}.{part}" for part in _QKV])
    for label, modules in decoder_matrices(settings).items():
        named[label] = _stacked(weights, modules)
    if settings.pieces:
        table = weights["decoder.token_embedding.weight"]
        named[f"{ATTENTION_DECODER}out"] = table, np.zeros(len(table), np.float32)
    return named


_QKV = ("query", "key", "value")


def _stacked(weights: Mapping[str, Floats], modules: Sequence[str]) -> tuple[Floats, Floats]:
    """Several modules as one product; an attention's key has no bias."""
    parts = [weights[f"{module}.weight"] for module in modules]
    nothing = np.zeros(len(parts[0]), np.float32)
    biases = [weights.get(f"{module}.bias", nothing) for module in modules]
    return np.concatenate(parts), np.concatenate(biases)


def _unrolled(weight: Floats) -> Floats:
    """A convolution's [out, in, 3] to a product with three frames in a row, [out, 3 * in]."""
    return np.ascontiguousarray(weight.transpose(0, 2, 1)).reshape(len(weight), -1)


def _grouped(weight: Floats) -> Floats:
    """A grouped convolution's [out, in / groups, n] to [out, n * in], zero outside its group.

    The zeros are whole blocks, so they cost nothing.
    """
    outputs, share, taps = weight.shape
    groups = outputs // share
    wide = np.zeros((groups, share, taps, groups, share), np.float32)
    for group in range(groups):
        wide[group, :, :, group] = weight[group * share : (group + 1) * share].transpose(0, 2, 1)
    return wide.reshape(outputs, taps * groups * share)


def _table(weight: Floats) -> Table:
    scales = np.asarray(np.abs(weight).max(axis=1) / 127, np.float32)
    shares = np.divide(
        weight, scales[:, None], where=scales[:, None] > 0, out=np.zeros_like(weight)
    )
    return Table("predictor.embedding", scales, np.rint(shares).astype(np.int8))
