"""A run's tokens and word pieces: made from its recipe, or taken along from where it starts."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import sentencepiece
from torch import Tensor

from assistant.asr.networks.manifest import PIECES
from assistant.asr.vocabulary.word_pieces import WordPieces
from training import text, tokens, word_pieces
from training.attention_decoder import whisper_decoder
from training.recipe import Recipe
from training.saved_weights import TABLE, companion

FILES = ("tokens.model", "tokens.txt")


def tokens_of(recipe: Recipe) -> sentencepiece.SentencePieceProcessor:
    """The tokens in the output folder, which are made if it has none."""
    if not (recipe.output / FILES[0]).exists():
        _make_tokens(recipe)
    recipe.model.pop("vocabulary", None)
    return tokens.load(recipe.output)


def _make_tokens(recipe: Recipe) -> None:
    if recipe.start:
        recipe.output.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            shutil.copy(companion(Path(recipe.start).parent, name), recipe.output / name)
        return
    general = text.requests([Path(path) for path in recipe.texts])
    size = recipe.model.get("vocabulary", 256)
    tokens.train(tokens.vocabulary_text(general, recipe.seed), size, recipe.output)


def pieces_of(recipe: Recipe) -> WordPieces | None:
    """The attention decoder's pieces in the output folder, likewise; `None` without a decoder."""
    if not recipe.pieces:
        return None
    path = recipe.output / PIECES
    if recipe.start:
        _take(Path(recipe.start).parent, recipe.output, (PIECES, TABLE))
    if not path.exists():
        ranks = word_pieces.read_ranks(Path(recipe.pieces))
        words = text.normalised_lines(Path(cast("str", recipe.dictionary)))
        word_pieces.choose(ranks, words).write(path)
    return WordPieces.read(path)


def _take(source: Path, folder: Path, names: Sequence[str]) -> None:
    """Copy what is there and is not in `folder` yet."""
    for name in names:
        beside = companion(source, name)
        if beside.exists() and not (folder / name).exists():
            shutil.copy(beside, folder / name)


def whisper_start(recipe: Recipe, pieces: WordPieces) -> dict[str, Tensor]:
    """Weights of Whisper's decoder for a fresh one that has these pieces."""
    ranks = word_pieces.read_ranks(Path(cast("str", recipe.pieces)))
    weights = Path(cast("str", recipe.whisper))
    return whisper_decoder(weights, word_pieces.sources(pieces, ranks))
