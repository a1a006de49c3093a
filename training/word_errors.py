"""Training for fewer wrong words, on lists of what the search itself finds.

Likelihood asks for the one true text; a recogniser is judged by the words that its best text has
wrong. So each text of a list is made more or less likely by how many words it has wrong, compared
with the others (Guo et al., "Efficient minimum word error rate training of RNN-transducer for
end-to-end speech recognition", 2020, arXiv 2007.13802). The lists come from the search that the
assistant uses, with names favoured where there are any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import sentencepiece
import torch
from rapidfuzz.distance import Levenshtein
from torch import Tensor

from assistant.asr.biasing.shallow_fusion import Biaser
from assistant.asr.decoding.beam_search import Search, SearchSettings
from assistant.asr.decoding.vocabulary import Vocabulary
from assistant.asr.networks.network import Floats, Network
from training.data import padded_labels
from training.loss import transducer_loss
from training.model import Transducer
from training.tokens import EOS


@dataclass(frozen=True, slots=True)
class Lists:
    """Texts that were heard, for each of some utterances two or more."""

    rows: tuple[int, ...]
    """The utterance of each list in its batch."""
    labels: tuple[tuple[list[int], ...], ...]
    """The tokens of each text, the end of the sentence included."""
    errors: tuple[tuple[int, ...], ...]
    """Words that each has wrong."""


def expected_errors(log_probs: Tensor, errors: Tensor) -> Tensor:
    """The expected number of wrong words of a list [N], relative to the mean of the list.

    `log_probs` of the texts need not sum to one: what the list leaves out is left out. The mean
    changes no gradient's direction, but its variance (Shannon, 2017).
    """
    return (log_probs.softmax(0) * (errors - errors.mean())).sum()


def word_error_loss(model: Transducer, encoded: Tensor, frames: Tensor, lists: Lists) -> Tensor:
    """The sum of the lists' expected errors; encoder outputs [B, T, joint], `frames` [B] of them.

    A text's probability is that of all its alignments.
    """
    sizes = [len(texts) for texts in lists.labels]
    rows = torch.tensor(lists.rows, device=encoded.device)
    rows = rows.repeat_interleave(torch.tensor(sizes, device=encoded.device))
    labels, lengths = padded_labels([text for texts in lists.labels for text in texts])
    labels, lengths = labels.to(encoded.device), lengths.to(encoded.device)
    logits = model(encoded[rows, : frames[rows].max()], labels)
    log_probs = -transducer_loss(logits, labels, frames[rows], lengths)
    errors = [torch.tensor(each, device=encoded.device).float() for each in lists.errors]
    parts = zip(log_probs.split(sizes), errors, strict=True)
    return torch.stack([expected_errors(*part) for part in parts]).sum()


class Listener:
    """The assistant's search over what a model in training gives."""

    def __init__(
        self,
        vocabulary: sentencepiece.SentencePieceProcessor,
        texts: int = 4,
        beam: int = 8,
        bias: Biaser | None = None,
    ) -> None:
        self._vocabulary, self._texts, self._bias = vocabulary, texts, bias
        self._settings = SearchSettings(beam=beam)

    @torch.no_grad()
    def lists(
        self, model: Transducer, encoded: Tensor, frames: Tensor, truths: Sequence[str]
    ) -> Lists:
        """Lists of the utterances of which not all texts are equally wrong."""
        network = _Joint(model, self._vocabulary)
        known = Vocabulary(cast("Network", network))
        outputs = encoded.detach().float().cpu().numpy()
        rows, labels, errors = [], [], []
        for row, truth in enumerate(truths):
            texts = self._heard(known, outputs[row, : int(frames[row])])
            wrong = tuple(Levenshtein.distance(truth.split(), each.split()) for each in texts)
            if len(set(wrong)) > 1:
                rows.append(row)
                labels.append(tuple([*self._vocabulary.encode(each), EOS] for each in texts))
                errors.append(wrong)
        return Lists(tuple(rows), tuple(labels), tuple(errors))

    def _heard(self, known: Vocabulary, outputs: Floats) -> list[str]:
        search = Search(known, self._settings, self._bias)
        search.step(outputs)
        return [each.text for each in search.graph(1.0).nbest(self._texts)]


class _Joint:
    """What the search asks of a network, for one state of the weights."""

    eos_id = EOS

    def __init__(self, model: Transducer, vocabulary: Any) -> None:  # noqa: ANN401
        self._model = model
        self.blank_id, self.context_size = model.settings.blank, model.settings.context
        count = vocabulary.get_piece_size()
        self.tokens = tuple(vocabulary.id_to_piece(number) for number in range(count))
        weights = model.joiner.out.weight, model.joiner.out.bias
        self._weight, self._offset = (x.detach().float().cpu().numpy() for x in weights)

    def predict(self, contexts: np.ndarray[Any, np.dtype[np.int64]]) -> Floats:
        """See `Network`."""
        device = self._model.joiner.out.weight.device
        predicted = self._model.predictor(torch.from_numpy(contexts).to(device))
        return np.asarray(predicted[:, 0].float().cpu().numpy())

    def join(self, encoded: Floats, predicted: Floats) -> Floats:
        """See `Network`."""
        return np.asarray(np.tanh(encoded + predicted) @ self._weight.T + self._offset)
