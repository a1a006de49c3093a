"""Greedy decoding of whole utterances, for a quick look at a model in training."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import sentencepiece
import torch
from rapidfuzz.distance import Levenshtein
from torch import Tensor

from assistant.asr.features.whisper_mel import log_mel
from assistant.asr.vocabulary.word_pieces import WordPieces
from training.attention_decoder import greedy as write
from training.corpus import Corpus
from training.data import Batch, collate
from training.model import Transducer
from training.tokens import EOS

MOST_SYMBOLS = 8
"""Tokens that one frame may emit."""


@torch.no_grad()
def greedy(model: Transducer, encoded: Tensor) -> list[int]:
    """Best token at every frame for one utterance, [T, joint] to token ids."""
    context, tokens = model.settings.context, []
    predicted = model.predictor(torch.zeros(1, context, dtype=torch.long))[0, 0]
    for frame in encoded:
        for _ in range(MOST_SYMBOLS):
            scores = model.joiner(frame, predicted)
            scores[EOS] = -torch.inf
            token = int(scores.argmax())
            if token == model.settings.blank:
                break
            tokens.append(token)
            history = ([0] * context + tokens)[-context:]
            predicted = model.predictor(torch.tensor([history]))[0, 0]
    return tokens


@torch.no_grad()
def ctc_greedy(model: Transducer, encoded: Tensor) -> list[int]:
    """Best path of the CTC output, repeats merged, blanks dropped."""
    best = model.ctc(encoded).argmax(-1)
    kept = torch.unique_consecutive(best)
    return [int(token) for token in kept if token not in (model.settings.blank, EOS)]


def _utterances(corpus: Corpus, limit: int) -> Iterator[tuple[str, Batch]]:
    """Text and features of `limit` utterances, spread over the corpus."""
    for index in np.linspace(0, len(corpus) - 1, min(limit, len(corpus))).astype(int):
        features = log_mel(corpus.audio(index).astype(np.float32) / 32768.0)
        yield corpus.entries[index].text, collate([features], [[EOS]])


@torch.no_grad()
def error_rates(
    model: Transducer,
    tokens: sentencepiece.SentencePieceProcessor,
    corpus: Corpus,
    limit: int,
    chunk: int | None = None,
) -> tuple[float, float, list[tuple[str, str]]]:
    """Word error rates of transducer and CTC over `limit` utterances, and (truth, heard) pairs.

    `chunk` is how many steps of the attention see each other, by default as in a stream.
    """
    wrong, wrong_ctc, words, pairs = 0, 0, 0, []
    for truth, batch in _utterances(corpus, limit):
        encoded = model.encoder(batch.features, batch.frames // 2, chunk)[0]
        heard = tokens.decode(greedy(model, encoded))
        heard_ctc = tokens.decode(ctc_greedy(model, encoded))
        wrong += Levenshtein.distance(truth.split(), heard.split())
        wrong_ctc += Levenshtein.distance(truth.split(), heard_ctc.split())
        words += len(truth.split())
        pairs.append((truth, heard))
    return wrong / words, wrong_ctc / words, pairs


@torch.no_grad()
def attention_error_rate(
    model: Transducer, pieces: WordPieces, corpus: Corpus, limit: int
) -> tuple[float, list[tuple[str, str]]]:
    """Word error rate of the attention decoder on utterances heard whole, and the pairs."""
    wrong, words, pairs = 0, 0, []
    settings = model.settings
    for truth, batch in _utterances(corpus, limit):
        outputs = model.encoder.layers(batch.features, batch.frames // 2, settings.whole)
        heard = pieces.decode(write(model.decoder, outputs[settings.decoder_layer - 1][0]))
        wrong += Levenshtein.distance(truth.split(), heard.split())
        words += len(truth.split())
        pairs.append((truth, heard))
    return wrong / words, pairs
