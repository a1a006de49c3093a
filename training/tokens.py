"""The subword vocabulary: a sentencepiece model and the `tokens.txt` that ships."""

from __future__ import annotations

import random
from pathlib import Path

import sentencepiece

from training import text
from training.saved_weights import companion

BLANK, UNKNOWN, EOS = 0, 1, 2
_FEWEST = 2000


def train(sentences: list[str], size: int, folder: Path) -> sentencepiece.SentencePieceProcessor:
    """Train `size` pieces on the sentences; writes `tokens.model` and `tokens.txt`."""
    folder.mkdir(parents=True, exist_ok=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_prefix=str(folder / "tokens"),
        vocab_size=size,
        model_type="unigram",
        pad_id=BLANK,
        pad_piece="<blk>",
        unk_id=UNKNOWN,
        eos_id=EOS,
        bos_id=-1,
        character_coverage=1.0,
        minloglevel=2,
    )
    (folder / "tokens.vocab").unlink()
    tokens = load(folder)
    lines = [f"{tokens.id_to_piece(index)} {index}" for index in range(tokens.get_piece_size())]
    (folder / "tokens.txt").write_text("\n".join(lines) + "\n", "utf8")
    return tokens


def load(folder: Path) -> sentencepiece.SentencePieceProcessor:
    """The vocabulary in `folder`."""
    return sentencepiece.SentencePieceProcessor(model_file=str(companion(folder, "tokens.model")))


def vocabulary_text(general: list[str], seed: int) -> list[str]:
    """What pieces are learned from: general requests and as many home commands and phrases."""
    commands = text.Commands(seed)
    count = max(len(general), _FEWEST)
    kinds = random.Random(seed).choices(["command", "phrase"], [0.7, 0.3], k=count)
    return general + [text.normalise(commands.draw(kind)) for kind in kinds]
