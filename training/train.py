"""Train a model: `python -m training.train training/recipes/en-small.yaml`.

A recipe has two stages. *Distil* teaches the streaming encoder to give what the unmasked teacher
gives, layer by layer and frame by frame. *Transducer* trains on transcribed speech with the
transducer loss and a CTC loss beside it, first only what lies above the teacher's layers, then
everything, held near the teacher by the loss of the first stage. A run goes on from its last
checkpoint.
"""

from __future__ import annotations

import argparse
import copy
import math
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from training import saved_weights, vocabulary
from training.attention_decoder import attention_loss, shifted
from training.compress import Compressor
from training.data import FEW_SHAPES, Batch, Shapes, Utterances, loader
from training.decode import attention_error_rate, error_rates
from training.device_data import DeviceUtterances
from training.flat_start import flat_start_loss, linear_alignment
from training.loss import transducer_loss
from training.losses import StepLosses
from training.model import (
    DECODER,
    ModelSettings,
    Transducer,
    start_from,
)
from training.parallel import Losses, Ranks
from training.precision import autocast
from training.progress import Progress
from training.recipe import Recipe
from training.saved_weights import WEIGHTS
from training.tar_corpus import open_corpus
from training.teacher import Teacher
from training.tokens import EOS
from training.word_errors import Listener, word_error_loss


class Trainer:
    """A model, its optimiser and its running average, with checkpoints."""

    def __init__(self, recipe: Recipe) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.ranks = Ranks.joined()
        if self.ranks.count > 1 and recipe.compression.steps:
            raise ValueError("the recipe compresses: each process would take other blocks away")
        self.device = self.ranks.device
        self.shapes = FEW_SHAPES if self.device.type == "cuda" else Shapes()
        with self.ranks.in_turn():
            self.tokens = vocabulary.tokens_of(recipe)
            self.pieces = vocabulary.pieces_of(recipe)
        self.model = Transducer(
            ModelSettings(
                vocabulary=self.tokens.get_piece_size(),
                pieces=len(self.pieces.pieces) if self.pieces else 0,
                **recipe.model,
            )
        )
        self.teacher = self._made_teacher()
        if recipe.whisper and self.teacher:
            start_from(self.model.encoder, self.teacher.encoder.state_dict())
        weights = {}
        if recipe.start:
            read = saved_weights.read if self.pieces else saved_weights.read_transducer
            weights = read(Path(recipe.start))
            start_from(self.model, {key: value.float() for key, value in weights.items()})
        if self.pieces:
            if recipe.whisper and not any(key.startswith(DECODER) for key in weights):
                begun = vocabulary.whisper_start(recipe, self.pieces)
                self.model.decoder.load_state_dict(begun)
                saved_weights.write_table(begun["token_embedding.weight"], recipe.output)
            # Every step would push those of words that our texts do not use a little farther away.
            self.model.decoder.token_embedding.requires_grad_(requires_grad=False)
        self.model.to(self.device)
        self.average = copy.deepcopy(self.model).requires_grad_(requires_grad=False)
        self._mean, self._own = (list(m.state_dict().values()) for m in (self.average, self.model))
        self.step = 0
        self.spent_s, self.clock = 0.0, time.monotonic
        pieces = (self.tokens.id_to_piece(i) for i in range(self.tokens.get_piece_size()))
        self._piece_lengths = torch.tensor([float(len(piece)) for piece in pieces])
        self._parts = known, fresh, writing = self._taught()
        self.optimiser = torch.optim.AdamW(
            [
                {"params": known, "rate": recipe.encoder_rate},
                {"params": fresh, "rate": recipe.learning_rate},
                {"params": writing, "rate": recipe.attention_rate},
            ],
            betas=(0.9, 0.98),
            weight_decay=1e-3,
            fused=self.device.type == "cuda",
        )
        self.compressor = Compressor(recipe.compression, self.model, self.average)
        self._resume()
        self._shared = self.ranks.sharing(Losses(self.model, self._losses))

    def _made_teacher(self) -> Teacher | None:
        recipe, settings = self.recipe, self.model.settings
        if recipe.whisper:
            teacher = Teacher.whisper(Path(recipe.whisper), settings)
        elif recipe.teacher:
            teacher = Teacher.trained(Path(recipe.teacher), settings, whole=recipe.whole_teacher)
        else:
            return None
        return teacher.to(self.device)

    def _taught(self) -> tuple[list[nn.Parameter], list[nn.Parameter], list[nn.Parameter]]:
        """Parameters that the teacher has too, those above them, those of an attention decoder."""
        taught = (self.teacher.encoder if self.teacher else self.model.encoder).blocks
        known = ("encoder.conv", *(f"encoder.blocks.{layer}." for layer in range(len(taught))))
        parts: tuple[list[nn.Parameter], ...] = [], [], []
        for name, parameter in self.model.named_parameters():
            if not parameter.requires_grad:
                continue
            part = 2 if name.startswith(DECODER) else not name.startswith(known)
            parts[part].append(parameter)
        return parts[0], parts[1], parts[2]

    @property
    def _checkpoint(self) -> Path:
        return self.recipe.output / "checkpoint.pt"

    def _resume(self) -> None:
        if self._checkpoint.exists():
            state = torch.load(self._checkpoint, map_location=self.device, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
            if "compression" in state:
                self.compressor.load_state_dict(state["compression"])
            self.step, self.spent_s = state["step"], state.get("spent_s", 0.0)
            print(f"going on from step {self.step}", flush=True)

    def save(self) -> None:
        """Write the checkpoint, and the averaged weights in half precision.

        The old files stay until the new ones are whole.
        """
        if not self.ranks.first:
            return
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "compression": self.compressor.state_dict(),
            "step": self.step,
            "spent_s": self.spent_s,
        }
        half = saved_weights.compact(self.average.state_dict(), self.recipe.output)
        for path, content in ((self._checkpoint, state), (self.recipe.output / WEIGHTS, half)):
            temporary = path.with_suffix(".new")
            torch.save(content, temporary)
            temporary.replace(path)

    def rate(self) -> float:
        """Learning rate relative to its peak: warm-up, then a cosine, again in each stage."""
        recipe = self.recipe
        distilling = self.step < recipe.distil_steps
        step = self.step if distilling else self.step - recipe.distil_steps
        done = step / recipe.distil_steps if distilling else self.done()
        warm = min(1.0, (step + 1) / recipe.warmup)
        return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))

    def done(self) -> float:
        """The part of the transducer stage that is over, by steps or by the clock."""
        recipe = self.recipe
        if self.step >= recipe.distil_steps + recipe.steps:
            return 1.0
        by_clock = self.spent_s / (60 * recipe.minutes) if recipe.minutes else 0.0
        return max(by_clock, (self.step - recipe.distil_steps) / recipe.steps)

    def by_the_clock(self, seconds: float) -> None:
        """End after so many seconds from now on, the learning rate falling once more till then."""
        self.recipe = replace(self.recipe, minutes=seconds / 60)
        self.spent_s = 0.0

    def run(self, batches: Iterator[Batch]) -> None:
        """Train to the end of the recipe."""
        recipe, rng = self.recipe, random.Random(self.recipe.seed + self.step)
        progress = Progress(recipe.output, self.ranks)
        while self.done() < 1:
            started = self.clock()
            batch = next(batches).to(self.device)
            # As many random numbers whatever the batch is, so that all processes draw the same.
            latest = max(1, recipe.within - batch.features.shape[1] // 2)
            chunk, position = rng.choice(recipe.chunks), int(rng.random() * latest)
            progress.add(self._update(batch, chunk, position), batch)
            self.step += 1
            if self.step > recipe.distil_steps:
                spent_s = self.spent_s + self.clock() - started
                self.spent_s = self.ranks.agreed(spent_s, self.device)
            if self.step % recipe.report_every == 0:
                progress.report(self.step, self.rate())
            if self.step % recipe.evaluate_every == 0:
                self.save()
                if self.step > recipe.distil_steps:
                    self.evaluate()
                progress.restart()
        progress.report(self.step, self.rate())
        self.save()

    def _update(self, batch: Batch, chunk: int, position: int = 0) -> StepLosses:
        rate, step = self.rate(), self.step - self.recipe.distil_steps
        for group in self.optimiser.param_groups:
            group["lr"] = rate * (self.recipe.distil_rate if step < 0 else group["rate"])
        for parameter in self._parts[0]:
            parameter.requires_grad_(not 0 <= step < self.recipe.frozen_steps)
        with self.compressor.watching(self.step), self.compressor.rounding(self.step):
            losses: StepLosses = self._shared(batch, chunk, position)
            self.optimiser.zero_grad()
            losses.total.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 2.0)
        self.compressor.pull(self.step)
        self.optimiser.step()
        decay = min(self.recipe.average, self.step / (self.step + 100))
        with torch.no_grad():
            torch._foreach_lerp_(self._mean, self._own, 1 - decay)
        self.compressor.prune(self.step)
        # Nobody waits for an accelerator until there is something to report.
        return losses.detached()

    def _losses(self, batch: Batch, chunk: int, position: int) -> StepLosses:
        with autocast(self.device):
            steps = batch.frames // 2
            outputs = self.model.encoder.layers(batch.features, steps, chunk, position)
            if self.step >= self.recipe.distil_steps:
                return self._train(batch, outputs, chunk, position)
            apart = self._distil(batch, outputs, chunk, position)
            return StepLosses(apart, teacher=apart.detach())

    def _distil(self, batch: Batch, outputs: list[Tensor], chunk: int, position: int) -> Tensor:
        """How far the layers' outputs are from the teacher's, relative to their size."""
        teacher, steps = cast("Teacher", self.teacher), batch.frames // 2
        heard = batch.clean if self.recipe.clean_teacher else batch.features
        targets = teacher.layers(heard, steps, chunk, position)
        kept = (torch.arange(outputs[0].shape[1], device=self.device) < steps[:, None])[..., None]
        settings = self.model.settings
        above = min(settings.decoder_layer, settings.layers) - 1
        first = above if self.recipe.clean_teacher else 0
        pairs = list(zip(outputs[first:], targets[first:], strict=False))
        last = teacher.ln_post(pairs[-1][0]), teacher.ln_post(pairs[-1][1])
        losses = [self._distance(*pair, kept) for pair in (*pairs[:-1], last)]
        top = self._top_distance(outputs[-1], targets[-1], kept)
        losses.append(losses[-1] if top is None else top)
        return torch.stack(losses).mean()

    def _top_distance(self, output: Tensor, target: Tensor, kept: Tensor) -> Tensor | None:
        """How far what the joiner gets is from what the teacher's gets, if it has one."""
        teacher = cast("Teacher", self.teacher)
        if not teacher.like_student:
            return None
        student, stack = self.model.encoder, self.model.settings.stack
        heads = student.head(output), teacher.encoder.head(target)
        return self._distance(*heads, kept[:, ::stack])

    def _distance(self, output: Tensor, target: Tensor, kept: Tensor) -> Tensor:
        """The squared distance of outputs [B, T, W] where `kept` [B, T, 1], relative to them."""
        lost = ((output - target) * kept).float().square().sum()
        return self.ranks.mean(lost, (target * kept).float().square().sum())

    def _train(self, batch: Batch, outputs: list[Tensor], chunk: int, position: int) -> StepLosses:
        losses = self._transduce(batch, self.model.encoder.head(outputs[-1]))
        if self.recipe.attention_weight and chunk >= self.model.settings.whole:
            attended = self._attend(batch, outputs)
            losses = losses.plus("attention", attended, self.recipe.attention_weight)
        step = self.step - self.recipe.distil_steps
        if not self.recipe.distil_weight or step < self.recipe.frozen_steps:
            return losses
        kept = self._some(len(batch.frames), self.recipe.distil_share)
        part = batch.rows(kept, self.shapes)
        heard = [x[kept, : part.features.shape[1] // 2] for x in outputs]
        apart = self._distil(part, heard, chunk, position)
        return losses.plus("teacher", apart, self.recipe.distil_weight)

    def _attend(self, batch: Batch, outputs: list[Tensor]) -> Tensor:
        """The loss of the attention decoder, which writes only what is heard whole."""
        encoded = outputs[self.model.settings.decoder_layer - 1]
        scores = self.model.decoder(shifted(batch.pieces), encoded, batch.frames // 2)
        return self.ranks.mean(*attention_loss(scores, batch.pieces, batch.piece_lengths))

    def _some(self, rows: int, share: float) -> Tensor:
        """Random rows of a batch."""
        return torch.randperm(rows, device=self.device)[: math.ceil(rows * share)]

    def _transduce(self, batch: Batch, encoded: Tensor) -> StepLosses:
        stride = 2 * self.model.settings.stack
        frames = batch.frames // stride
        scores = self.model.ctc(encoded)
        step = self.step - self.recipe.distil_steps
        if step < self.recipe.flat_start_steps:
            aligned = linear_alignment(batch, self._piece_lengths, stride)
            loss = self.ranks.mean(*flat_start_loss(scores, frames, aligned))
            return StepLosses(3 * loss, flat_start=loss.detach())
        leading = step < self.recipe.flat_start_steps + self.recipe.lead_steps
        losses = self._transducer_losses(encoded.detach() if leading else encoded, batch, frames)
        weight = 1.0 if leading else self.recipe.ctc_weight
        if not weight:
            return losses
        ctc = functional.ctc_loss(
            scores.float().log_softmax(-1).transpose(0, 1),
            batch.labels,
            frames,
            batch.label_lengths,
            reduction="sum",
            zero_infinity=True,
        )
        ctc = self.ranks.mean(ctc, batch.label_lengths.sum())
        return losses.plus("ctc", ctc, weight)

    def _transducer_losses(self, encoded: Tensor, batch: Batch, frames: Tensor) -> StepLosses:
        """Mean over the labels of a random part of the batch."""
        kept = self._some(len(frames), self.recipe.transducer_share)
        frames, lengths = frames[kept], batch.label_lengths[kept]
        labels = batch.labels[kept, : self.shapes.of_labels(lengths)]
        most = self.shapes.of_frames(batch.frames[kept]) // (2 * self.model.settings.stack)
        logits = self.model(encoded[kept, :most], labels)
        loss = transducer_loss(logits, labels, frames, lengths, fast_emit=self.recipe.fast_emit)
        likelihood = self.ranks.mean(loss.sum(), lengths.sum())
        losses = StepLosses(likelihood, transducer=likelihood.detach())
        if not self.recipe.word_error_weight:
            return losses
        wrong = self._word_errors(encoded[kept, :most], frames, batch.labels[kept])
        return losses.plus("word_errors", wrong, self.recipe.word_error_weight)

    def _word_errors(self, encoded: Tensor, frames: Tensor, labels: Tensor) -> Tensor:
        """Expected wrong words of an utterance, relative to the mean of its list."""
        texts = self.recipe.word_error_texts
        truths = [self.tokens.decode([x for x in row if x != EOS]) for row in labels.tolist()]
        lists = Listener(self.tokens, texts).lists(self.model, encoded, frames, truths)
        count = torch.tensor(len(truths), device=self.device)
        if not lists.rows:
            return self.ranks.mean(encoded.sum() * 0.0, count)
        return self.ranks.mean(word_error_loss(self.model, encoded, frames, lists), count)

    def evaluate(self) -> None:
        """Print word error rates of the averaged model on the development corpora.

        First those of a stream, then those of whole utterances.
        """
        if not self.ranks.first:
            return
        model = copy.deepcopy(self.average).cpu()
        for folder in self.recipe.develop:
            corpus, limit = open_corpus(Path(folder)), self.recipe.utterances
            wer, ctc, _ = error_rates(model, self.tokens, corpus, limit)
            whole, _, pairs = error_rates(model, self.tokens, corpus, limit, model.settings.whole)
            line = f"  {Path(folder).name}: WER {wer:.1%}, CTC {ctc:.1%}, whole {whole:.1%}"
            if self.pieces:
                written, pairs = attention_error_rate(model, self.pieces, corpus, limit)
                line += f", attention {written:.1%}"
            print(f"{line}; {pairs[1]}", flush=True)


def batches(trainer: Trainer, *, on_device: bool | None = None) -> Iterator[Batch]:
    """What a run trains on, from where it is; made where the model is, if that is no processor."""
    recipe = trainer.recipe
    corpora = {Path(folder): weight for folder, weight in recipe.data.items()}
    noise = Path(recipe.noise) if recipe.noise else None
    clean = recipe.clean_steps - trainer.step
    settings: dict[str, Any] = {
        "batch_s": recipe.batch_s,
        "seed": recipe.seed + 1000 + trainer.step,
        "augmented": recipe.augmented,
        "pieces": trainer.pieces,
        "ranks": trainer.ranks,
        "clean_too": recipe.clean_teacher,
        "codec_share": recipe.codec_share,
    }
    if on_device is None:
        on_device = trainer.device.type != "cpu" and clean <= 0
    if not on_device:
        return loader(Utterances(corpora, trainer.tokens, noise, clean=clean, **settings))
    return iter(DeviceUtterances(corpora, trainer.tokens, noise, device=trainer.device, **settings))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    trainer = Trainer(Recipe.load(args.recipe))
    trainer.run(batches(trainer))


if __name__ == "__main__":
    main()
