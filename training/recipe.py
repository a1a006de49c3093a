"""What a training recipe says."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from assistant.edge.network import POSITIONS
from training.compress import Compression


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a recipe file says; paths are relative to the working directory."""

    output: Path
    data: dict[str, float]
    """Corpus folders and how often each is drawn, relative to its size."""
    texts: list[str] = field(default_factory=list)
    noise: str | None = None
    develop: list[str] = field(default_factory=list)
    whisper: str | None = None
    """A Whisper checkpoint, whose encoder a fresh model starts from and learns from."""
    teacher: str | None = None
    """Half-precision weights of a model of the same shape, whose encoder it learns from instead."""
    pieces: str | None = None
    """Whisper's `gpt2.tiktoken`: there is an attention decoder, with the pieces of `dictionary`."""
    dictionary: str | None = None
    """A list of words, one a line."""
    start: str | None = None
    """Half-precision weights to go on from, with the vocabulary that lies beside them."""
    model: dict[str, Any] = field(default_factory=dict)
    seed: int = 1
    batch_s: float = 90.0
    distil_steps: int = 0
    distil_rate: float = 5e-4
    """Learning rate of the distil stage."""
    distil_weight: float = 0.0
    """Weight of the distilling loss in the transducer stage.

    Without it the encoder forgets, for a few synthetic voices, how people sound.
    """
    distil_share: float = 0.3
    """The part of every batch that this loss sees."""
    whole_teacher: bool = False
    """Whether `teacher` hears whole utterances where the student hears chunks, since it has heard
    nothing else in training."""
    clean_teacher: bool = False
    """Whether the teacher hears the speech without room, noise and masks, which the student hears
    with them, so that it learns to hear the one in the other (Mosner et al., "Improving noise
    robustness of automatic speech recognition via parallel data and teacher-student learning",
    2019). Only what the decoders get is compared: how the layers below clean it is their affair.
    """
    frozen_steps: int = 0
    """The first steps of the transducer stage, in which only what is above the teacher learns."""
    flat_start_steps: int = 0
    """The first steps of the transducer stage, which train on a rough alignment."""
    lead_steps: int = 0
    """The steps after them, in which only CTC reaches the encoder.

    A fresh joiner would teach it to say nothing; meanwhile it learns from what it is given.
    """
    clean_steps: int = 0
    """Steps before augmentation begins."""
    augmented: float = 1.0
    """The part of the utterances that are augmented after that."""
    codec_share: float = 0.0
    """The part of these that are sent through a codec: a telephone's, or one of few bits."""
    steps: int = 10_000
    minutes: float | None = None
    """The transducer stage ends after so many minutes, if its steps are not over before.

    The learning rate falls by whichever is farther on, so a machine that is had for a while, or
    shared with others, is used to the end, and the rate has come down by then.
    """
    warmup: int = 200
    learning_rate: float = 1.5e-3
    encoder_rate: float = 3e-4
    ctc_weight: float = 0.3
    transducer_share: float = 1.0
    """The part of every batch that the transducer loss sees; CTC, a tenth of the work, sees all."""
    attention_weight: float = 0.0
    """Weight of the attention decoder's loss, for batches that are heard whole."""
    attention_rate: float = 1e-4
    """Learning rate of the attention decoder."""
    word_error_weight: float = 0.0
    """Weight of the expected number of wrong words in lists that the search finds, for a last
    stage (`training.word_errors`); an utterance's, where the other losses are a token's.
    """
    word_error_texts: int = 4
    """Texts of a list."""
    average: float = 0.998
    chunks: tuple[int, ...] = (16, 256, 256, 8)
    """Steps of 20 ms that see each other, one of these for each batch.

    Those of a stream, and those of most utterances as a whole, which are heard again when they are
    over (Zhang et al., "Unified streaming and non-streaming two-pass end-to-end model", 2020).
    """
    within: int = POSITIONS
    """Steps of a stream within which an utterance lies, anywhere; 0: always at the beginning.

    A command may come late in a stream, farther than the training sentences are long.
    """
    fast_emit: float = 0.005
    report_every: int = 50
    evaluate_every: int = 500
    utterances: int = 60
    compression: Compression = field(default_factory=Compression)

    def __post_init__(self) -> None:
        if (self.distil_steps or self.distil_weight) and not (self.whisper or self.teacher):
            raise ValueError("the recipe distils, but has no teacher: set `whisper` or `teacher`")
        if self.clean_teacher and not self.teacher:
            raise ValueError("the recipe has `clean_teacher`, but no `teacher` of the same shape")
        if self.whole_teacher and not self.teacher:
            raise ValueError("the recipe has `whole_teacher`, but no `teacher` of the same shape")
        if self.whisper and self.teacher:
            raise ValueError("the recipe has both `whisper` and `teacher`: leave one out")
        if self.pieces and not self.dictionary:
            raise ValueError("the recipe has `pieces`, but no `dictionary` to choose them by")
        if self.compression.steps > self.distil_steps + self.steps:
            raise ValueError(
                f"compression takes {self.compression.steps} steps, but there are"
                f" {self.distil_steps + self.steps}:"
                " let it end earlier or set `steps` higher"
            )

    @classmethod
    def load(cls, path: Path) -> Recipe:
        """Read a recipe file."""
        values = yaml.safe_load(path.read_text("utf8"))
        compression = Compression(**values.pop("compression", {}))
        return cls(**{**values, "output": Path(values["output"]), "compression": compression})
