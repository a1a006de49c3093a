"""Train the language model that rescores lattices.

    python -m training.language_model models/lm-en-small --wordnet /usr/share/wordnet \
        --texts nlu_evaluation_data.txt snips.txt

An LSTM over subwords, trained on general requests, home commands and WordNet's examples, each
sentence by itself. The folder gets the network of one step in int8 (`model.onnx`), its pieces and
a manifest; `training.tune_rescoring` then finds the weights with which it is combined. Perplexities
are a word's, the sentence's end counted as one.
"""

from __future__ import annotations

import argparse
import math
import random
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import sentencepiece
import torch
import yaml
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from assistant.rescoring.language_model_folder import LanguageModelManifest, write_manifest
from assistant.rescoring.subwords import END, NAME_TAG, SPECIAL, START, UNKNOWN, Subwords
from training import text
from training.precision import autocast

VOCABULARY = 1000
EMBEDDING, HIDDEN = 160, 384
BATCH = 128
POOL = 16
"""Batches drawn at once and sorted by length, so that little is padding."""
LEARNING_RATE = 4e-3
DROPOUT = 0.2
CONTEXT_WORDS = 3
KINDS = {"requests": 0.5, "commands": 0.2, "examples": 0.3}
"""Shares of each batch."""
TAGGED = 0.5
"""How many of the names in a batch are replaced by their tag."""
OPSET = 17


class Network(nn.Module):
    """Embedding, one LSTM, and the embedding again as the output layer."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, EMBEDDING)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.lstm = nn.LSTM(EMBEDDING, HIDDEN, batch_first=True)
        self.projection = nn.Linear(HIDDEN, EMBEDDING)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens [B, T] to scores [B, T, V] of the token after each."""
        hidden, _ = self.lstm(self.dropout(self.embedding(tokens)))
        projected = self.dropout(self.projection(self.dropout(hidden)))
        scores: Tensor = projected @ self.embedding.weight.T + self.bias
        return scores


class Step(nn.Module):
    """One step of a trained network, written as matrix products, which quantise well."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        lstm = network.lstm
        self.embedding = network.embedding
        parts: list[Tensor] = [lstm.get_parameter(f"weight_{which}_l0") for which in ("ih", "hh")]
        joined = torch.cat(parts, dim=1)
        self.gates = nn.Linear(joined.shape[1], joined.shape[0])
        self.gates.weight.data = joined
        self.gates.bias.data = lstm.get_parameter("bias_ih_l0") + lstm.get_parameter("bias_hh_l0")
        self.output = nn.Linear(HIDDEN, len(network.bias))
        self.output.weight.data = network.embedding.weight @ network.projection.weight
        self.output.bias.data = (
            network.embedding.weight @ network.projection.bias + network.bias
        ).detach()

    def forward(self, tokens: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, ...]:
        """Tokens [B], state [B, H] twice, to log-probabilities [B, V] of the next and the state."""
        inputs = torch.cat([self.embedding(tokens), hidden], dim=1)
        enter, forget, new, leave = self.gates(inputs).chunk(4, dim=1)
        cell = torch.sigmoid(forget) * cell + torch.sigmoid(enter) * torch.tanh(new)
        hidden = torch.sigmoid(leave) * torch.tanh(cell)
        return self.output(hidden).log_softmax(-1), hidden, cell


class Sentences:
    """Draws sentences to train on; some names are replaced by their tag."""

    def __init__(self, texts: dict[str, list[str]], seed: int) -> None:
        self._texts = {kind: lines for kind, lines in texts.items() if lines}
        self._weights = [KINDS[kind] for kind in self._texts]
        self._random = random.Random(seed)
        self._names = frozenset(yaml.safe_load(text.LISTS.read_text("utf8"))["first"])

    def batches(self) -> Iterator[list[list[str]]]:
        """Endless batches of sentences as words, those of a batch of about the same length."""
        while True:
            kinds = self._random.choices(list(self._texts), self._weights, k=POOL * BATCH)
            drawn = [self._random.choice(self._texts[kind]) for kind in kinds]
            drawn.sort(key=len)
            batches = [drawn[at : at + BATCH] for at in range(0, len(drawn), BATCH)]
            self._random.shuffle(batches)
            for batch in batches:
                yield [self._tagged(line.split()) for line in batch]

    def _tagged(self, words: list[str]) -> list[str]:
        return [
            NAME_TAG if word in self._names and self._random.random() < TAGGED else word
            for word in words
        ]


def learn_pieces(lines: Sequence[str], path: Path) -> Subwords:
    """Learn the pieces of these lines and write them to a file."""
    with tempfile.TemporaryDirectory() as made:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines),
            model_prefix=f"{made}/pieces",
            vocab_size=VOCABULARY,
            model_type="unigram",
            unk_id=SPECIAL.index("<unk>"),
            bos_id=START,
            eos_id=END,
            control_symbols=[NAME_TAG],
            character_coverage=1.0,
            minloglevel=2,
        )
        listed = (Path(made) / "pieces.vocab").read_text("utf8")
    path.write_text(listed, "utf8")
    return Subwords.read(path)


def collate(sentences: Sequence[Sequence[str]], subwords: Subwords) -> tuple[Tensor, Tensor]:
    """Sentences as inputs [B, T] and targets [B, T]; targets after the end are `UNKNOWN`."""
    rows = [[piece for word in words for piece in subwords.encode(word)] for words in sentences]
    longest = max(map(len, rows)) + 1
    inputs = torch.full((len(rows), longest), END)
    targets = torch.full((len(rows), longest), UNKNOWN)
    for index, row in enumerate(rows):
        inputs[index, : len(row) + 1] = torch.tensor([START, *row])
        targets[index, : len(row) + 1] = torch.tensor([*row, END])
    return inputs, targets


def loss(network: Network, sentences: Sequence[Sequence[str]], subwords: Subwords) -> Tensor:
    """Mean negative log-probability of a piece."""
    inputs, targets = collate(sentences, subwords)
    return nn.functional.cross_entropy(
        network(inputs).flatten(0, 1), targets.flatten(), ignore_index=UNKNOWN
    )


def train(sentences: Sentences, subwords: Subwords, steps: int, held_out: list[str]) -> Network:
    """Train a new network; says how it does on the held-out lines as it goes."""
    network = Network(len(subwords))
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=steps)
    began = time.perf_counter()
    for step, batch in zip(range(1, steps + 1), sentences.batches(), strict=False):
        network.train()
        optimiser.zero_grad()
        with autocast(torch.device("cpu")):
            value = loss(network, batch, subwords)
        value.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 250 == 0 or step == steps:
            passed_s = time.perf_counter() - began
            known = perplexity(network, held_out, subwords)
            print(f"{step}: loss {value:.3f}, perplexity {known:.1f}, {passed_s:.0f} s", flush=True)
    return network.eval()


@torch.no_grad()
def perplexity(network: Network, lines: Sequence[str], subwords: Subwords) -> float:
    """Perplexity of a word over some lines."""
    network.eval()
    sentences = [line.split() for line in lines]
    _, targets = collate(sentences, subwords)
    pieces = int((targets != UNKNOWN).sum())
    words = sum(len(sentence) + 1 for sentence in sentences)
    return math.exp(float(loss(network, sentences, subwords)) * pieces / words)


def export(network: Network, path: Path) -> None:
    """Write one step of the network as ONNX, its weights in int8."""
    inputs = ["tokens", "hidden", "cell"]
    outputs = ["log_probs", "next_hidden", "next_cell"]
    state = torch.zeros(2, HIDDEN)
    with tempfile.TemporaryDirectory() as made, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Step(network),
            (torch.zeros(2, dtype=torch.int64), state, state),
            f"{made}/model.onnx",
            input_names=inputs,
            output_names=outputs,
            dynamic_axes={name: {0: "batch"} for name in [*inputs, *outputs]},
            opset_version=OPSET,
            dynamo=False,
        )
        quantize_dynamic(
            f"{made}/model.onnx",
            path,
            op_types_to_quantize=["MatMul", "Gemm", "Gather"],
            per_channel=True,
            weight_type=QuantType.QInt8,
        )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("--texts", type=Path, nargs="*", default=[], help="general requests")
    parser.add_argument("--wordnet", type=Path, help="folder of WordNet's database files")
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--commands", type=int, default=20_000, help="home commands to make")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--language", default="en")
    parser.add_argument("--licence", default="Apache-2.0")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    general = text.requests(args.texts)
    held_out = general[::60]  # those that `training.prepare` leaves out, too
    commands = text.Commands(args.seed)
    texts = {
        "requests": [line for line in general if line not in set(held_out)],
        "commands": [text.normalise(commands.draw("command")) for _ in range(args.commands)],
        "examples": text.wordnet_examples(args.wordnet) if args.wordnet else [],
    }
    args.out.mkdir(parents=True, exist_ok=True)
    every = [line for lines in texts.values() for line in lines]
    subwords = learn_pieces(every, args.out / "pieces.txt")
    network = train(Sentences(texts, args.seed), subwords, args.steps, held_out or every[:100])
    export(network, args.out / "model.onnx")
    write_manifest(
        args.out,
        LanguageModelManifest(args.out.name, args.language, args.licence, CONTEXT_WORDS),
    )
    size = sum(path.stat().st_size for path in args.out.iterdir())
    print(f"{args.out}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
