"""Batches that an accelerator makes itself, from recordings in its own memory.

A step there takes a few hundredths of a second, in which a processor could augment no more than a
few utterances. Levels, rooms, noises, tempo and masks are those of `training.augment`, drawn for
each utterance on the processor and applied to a batch at once; features are those of
`assistant.asr.features.whisper_mel`. Only codecs, where a recipe wants them, are the processor's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
import torch
from numpy.typing import NDArray
from torch import Tensor

from assistant.asr.features.whisper_mel import (
    FLOOR,
    FLOOR_LOG10,
    HOP,
    MELS,
    OVERLAP,
    WINDOW,
    mel_filters,
    window,
)
from assistant.asr.vocabulary.word_pieces import END, SPECIAL, WordPieces
from assistant.audio.source import SAMPLE_RATE
from training import augment
from training.codecs import through_codec
from training.corpus import Corpus
from training.data import (
    FEW_SHAPES,
    LONGEST_WAITS_S,
    WAITING,
    Batch,
    Shapes,
    batches_of,
    padded_labels,
    random_numbers,
)
from training.parallel import Ranks
from training.tar_corpus import open_corpus
from training.tokens import EOS

Doubles = NDArray[np.float64]


class Recordings:
    """The audio of corpora in an accelerator's memory: int16, one behind the other."""

    def __init__(self, corpora: Sequence[Corpus], device: torch.device) -> None:
        lengths = [sum(entry.samples for entry in corpus.entries) for corpus in corpora]
        self.audio = torch.empty(sum(lengths), dtype=torch.int16, device=device)
        self.offsets, self.samples = (np.zeros(sum(map(len, corpora)), np.int64) for _ in range(2))
        place = row = 0
        for corpus in corpora:
            for index, entry in enumerate(corpus.entries):
                self.offsets[row], self.samples[row] = place, entry.samples
                spoken = torch.from_numpy(np.array(corpus.audio(index)))
                self.audio[place : place + entry.samples] = spoken.to(device)
                place, row = place + entry.samples, row + 1


@dataclass(frozen=True, slots=True)
class Draws:
    """What was drawn for a batch, one value an utterance; all on the device, [B, 1]."""

    offset: Tensor
    samples: Tensor
    factor: Tensor
    """Tempo and pitch together."""
    hesitation: Tensor
    """The fields of `augment.Hesitation`, [4, B, 1]."""
    until: Tensor
    """Samples of the utterance as it is heard, silence before and after it included."""
    tilt: Tensor
    hiss_gain: Tensor
    """Relative to the level of the speech, as `noise_gain`; 0 for none."""
    hiss_from: Tensor
    noise_gain: Tensor
    noise_offset: Tensor
    noise_samples: Tensor
    noise_from: Tensor
    peak: Tensor
    """The loudest sample; 0 leaves the level as it is."""
    roomy: Tensor
    """Which utterances are in a room, int64 [R], and in which, [R]."""
    rooms: Tensor


class DeviceUtterances:
    """As `training.data.Utterances`, on an accelerator; nothing is ever left clean on purpose."""

    def __init__(
        self,
        corpora: dict[Path, float],
        tokens: sentencepiece.SentencePieceProcessor,
        noise: Path | None,
        *,
        device: torch.device,
        batch_s: float,
        seed: int,
        augmented: float = 1.0,
        pieces: WordPieces | None = None,
        shapes: Shapes = FEW_SHAPES,
        ranks: Ranks | None = None,
        clean_too: bool = False,
        codec_share: float = 0.0,
    ) -> None:
        self._codec_share = codec_share
        self._shapes, self._ranks, self._clean_too = shapes, ranks or Ranks(), clean_too
        self._corpora = [open_corpus(folder) for folder in corpora]
        self._weights = list(corpora.values())
        self._batch_s, self._augmented, self._device = batch_s, augmented, device
        self._order, self._rng = random_numbers(seed, self._ranks)
        self._speech = Recordings(self._corpora, device)
        self._first = np.cumsum([0, *map(len, self._corpora)])
        entries = [entry for corpus in self._corpora for entry in corpus.entries]
        pieces = pieces or WordPieces(SPECIAL)
        self._labels = [[*tokens.encode(entry.text), EOS] for entry in entries]
        self._pieces = [[*pieces.encode(entry.text), END] for entry in entries]
        self._pauses: dict[int, list[tuple[int, int]]] = {}
        self._noise = Recordings([open_corpus(noise)], device) if noise else None
        drawn = [augment.room(self._rng) for _ in range(augment.ROOMS)]
        longest = max(map(len, drawn))
        rooms = np.stack([np.pad(room, (0, longest - len(room))) for room in drawn])
        self._rooms = torch.from_numpy(rooms).to(device)
        colours = [
            augment.coloured_noise(augment.COLOUR_SAMPLES, self._rng)
            for _ in range(augment.COLOURS)
        ]
        self._hiss = torch.from_numpy(np.concatenate(colours)).to(device)
        self._filters = torch.from_numpy(mel_filters()).to(device)
        self._spectra = torch.from_numpy(_spectra()).to(device)

    def __iter__(self) -> Iterator[Batch]:
        for items in batches_of(self._corpora, self._weights, self._batch_s, self._order):
            rows = [self._first[c] + index for c, index in self._ranks.own(items)]
            if len(items) >= self._ranks.count:
                yield self._batch(np.array(rows[: self._shapes.of_rows(len(rows))]))

    def _batch(self, rows: NDArray[np.int64]) -> Batch:
        rng = self._rng
        waits_s = rng.uniform(0, LONGEST_WAITS_S) if rng.random() < WAITING else np.zeros(2)
        before, after = (waits_s * SAMPLE_RATE).astype(int)
        kept = rng.random(len(rows)) < self._augmented
        draws, lengths = self._drawn(rows, kept, int(before), int(after))
        spoken = self._spoken(draws, self._length(lengths), int(before))
        counts, tracts = lengths // HOP, self._warps(kept)
        sound = self._coded(self._sound(draws, spoken), kept, lengths)
        heard = self._features(sound, counts) @ tracts
        features = self._masked(heard, kept, counts)
        clean = self._features(spoken, counts) @ tracts if self._clean_too else features
        frames = -(-counts // 4) * 4
        labels = padded_labels([self._labels[row] for row in rows], self._shapes)
        pieces = padded_labels([self._pieces[row] for row in rows], self._shapes)
        made = Batch(features, torch.from_numpy(frames), *labels, *pieces, clean)
        return made.to(self._device)

    def _length(self, lengths: NDArray[np.int64]) -> int:
        """Samples of a batch whose utterances have so many; what is no whole frame is left out."""
        return HOP * self._shapes.of_frames(lengths // HOP)

    def _drawn(
        self, rows: NDArray[np.int64], kept: NDArray[np.bool_], before: int, after: int
    ) -> tuple[Draws, NDArray[np.int64]]:
        """What happens to the utterances, and how many samples each has then."""
        rng, count = self._rng, len(rows)

        def some(share: float) -> NDArray[np.bool_]:
            return np.asarray(kept & (rng.random(count) < share))

        slow = np.where(some(augment.STRETCHED), rng.uniform(*augment.TEMPO, count), 1.0)
        hesitating = some(augment.HESITATING)
        pauses = [
            self._hesitation(row) if yes else augment.Hesitation()
            for row, yes in zip(rows.tolist(), hesitating.tolist(), strict=True)
        ]
        samples = self._speech.samples[rows] + np.array([each.longer for each in pauses])
        spoken = np.where(slow == 1.0, samples, np.ceil((samples - 1) / slow)).astype(np.int64)
        lengths = before + spoken + after
        roomy = np.flatnonzero(some(augment.ROOMY))
        quiet_db = rng.uniform(*augment.HISS_DB, count)
        clips, gains = self._noises(some(augment.NOISY))
        most = augment.COLOUR_SAMPLES - self._length(lengths)
        colours = rng.integers(augment.COLOURS, size=count) * augment.COLOUR_SAMPLES
        tilts = rng.uniform(-augment.MOST_TILT, augment.MOST_TILT, count)
        peaks = 10.0 ** (rng.uniform(*augment.PEAK_DB, count) / 20.0)
        columns = {
            "offset": self._speech.offsets[rows],
            "samples": self._speech.samples[rows],
            "factor": slow,
            "until": lengths,
            "tilt": np.where(some(augment.TILTED), tilts, 0.0),
            "hiss_gain": np.where(kept, 10.0 ** (-quiet_db / 20.0), 0.0),
            "hiss_from": colours + rng.integers(most, size=count),
            "noise_gain": gains,
            **clips,
            "peak": np.where(kept, peaks, 0.0),
        }
        tensors = {name: self._column(values) for name, values in columns.items()}
        fields = np.array(pauses).T[..., None]
        rooms = rng.integers(len(self._rooms), size=len(roomy))
        draws = Draws(
            hesitation=torch.from_numpy(fields).to(self._device),
            roomy=torch.from_numpy(roomy).to(self._device),
            rooms=torch.from_numpy(rooms).to(self._device),
            **tensors,
        )
        return draws, lengths

    def _column(self, values: NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self._device)[:, None]

    def _hesitation(self, row: int) -> augment.Hesitation:
        if row not in self._pauses:
            corpus = int(np.searchsorted(self._first, row, "right")) - 1
            audio = self._corpora[corpus].audio(row - int(self._first[corpus]))
            self._pauses[row] = augment.pauses(audio)
        found = self._pauses[row]
        return augment.hesitation(found, self._rng) if found else augment.Hesitation()

    def _noises(self, noisy: NDArray[np.bool_]) -> tuple[dict[str, NDArray[np.int64]], Doubles]:
        """A stretch of noise for each utterance, and how loud it is."""
        rng, count = self._rng, len(noisy)
        names = ("noise_offset", "noise_samples", "noise_from")
        if self._noise is None:
            return {name: np.ones(count, np.int64) for name in names}, np.zeros(count)
        clips = rng.integers(len(self._noise.samples), size=count)
        samples = self._noise.samples[clips]
        values = self._noise.offsets[clips], samples, rng.integers(0, samples)
        gains = np.where(noisy, 10.0 ** (-rng.uniform(*augment.NOISE_DB, count) / 20.0), 0.0)
        return dict(zip(names, values, strict=True)), gains

    def _sound(self, draws: Draws, spoken: Tensor) -> Tensor:
        """What a microphone records of speech [B, length], zero beyond each utterance's end."""
        audio = spoken.clone()
        time = torch.arange(audio.shape[1], device=self._device)[None]
        within = time < draws.until
        if len(draws.roomy):
            audio[draws.roomy] = self._in_rooms(audio[draws.roomy], self._rooms[draws.rooms])
        audio[:, 1:] += draws.tilt.float() * audio[:, :-1]
        audio *= within
        level = (audio.square().sum(1, keepdim=True) / draws.until).sqrt() + 1e-6
        hiss = self._hiss[draws.hiss_from + time]
        audio = audio + (level * draws.hiss_gain).float() * hiss
        if self._noise is not None:
            place = draws.noise_offset + (draws.noise_from + time) % draws.noise_samples
            noise = self._noise.audio[place].float() * within
            loud = (noise.square().sum(1, keepdim=True) / draws.until).sqrt() + 1e-6
            audio = audio + (level * draws.noise_gain / loud).float() * noise
        audio = audio * within
        loudest = audio.abs().amax(1, keepdim=True) + 1e-6
        return audio * torch.where(draws.peak > 0, draws.peak / loudest, 1.0).float()

    def _coded(self, sound: Tensor, kept: NDArray[np.bool_], lengths: NDArray[np.int64]) -> Tensor:
        """Some of the utterances through a codec, on the processor's cores."""
        if not self._codec_share:
            return sound
        coded = np.flatnonzero(kept & (self._rng.random(len(kept)) < self._codec_share))
        ends = np.minimum(lengths[coded], sound.shape[1])
        sent = [sound[row, :end].cpu().numpy() for row, end in zip(coded, ends, strict=True)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            received = list(pool.map(through_codec, sent, self._rng.spawn(len(sent))))
        for row, audio in zip(coded, received, strict=True):
            sound[row, : len(audio)] = torch.from_numpy(audio).to(sound.device)
        return sound

    def _spoken(self, draws: Draws, length: int, before: int) -> Tensor:
        """The recordings with hesitations and tempo, after so much silence: float32 [B, length]."""
        time = torch.arange(length, device=self._device)[None] - before
        place, longer, quiet, length = draws.hesitation
        at = time * draws.factor
        inside = (time >= 0) & (at <= draws.samples + longer - 1)
        whole = at.floor().long()
        between = (at - whole).float()

        def sample(index: Tensor) -> Tensor:
            after = index - place
            in_pause = quiet + after.remainder(length)
            source = torch.where(
                after < 0, index, torch.where(after < longer, in_pause, index - longer)
            )
            source = source.clamp_min(0).minimum(draws.samples - 1)
            return self._speech.audio[draws.offset + source].float() / 32768.0

        heard: Tensor = torch.lerp(sample(whole), sample(whole + 1), between) * inside
        return heard

    @staticmethod
    def _in_rooms(audio: Tensor, rooms: Tensor) -> Tensor:
        # Transforms of few sizes: every new one has to be planned.
        size = 1 << (audio.shape[1] + rooms.shape[1] - 1).bit_length()
        heard: Tensor = torch.fft.irfft(
            torch.fft.rfft(audio, size) * torch.fft.rfft(rooms, size), size
        )
        return heard[:, : audio.shape[1]]

    def _features(self, audio: Tensor, counts: NDArray[np.int64]) -> Tensor:
        """Log-mel features [B, F, 80], F a multiple of 4; silence beyond each utterance."""
        windows = torch.nn.functional.pad(audio, (OVERLAP, 0)).unfold(1, WINDOW, HOP)
        power = (windows @ self._spectra).square().reshape(*windows.shape[:2], 2, -1).sum(2)
        mel = (power @ self._filters).clamp_min(10.0**FLOOR_LOG10).log10()
        features = (mel + 4.0) / 4.0
        features = torch.nn.functional.pad(features, (0, 0, 0, -features.shape[1] % 4), value=FLOOR)
        frame = torch.arange(features.shape[1], device=self._device)
        return features.masked_fill((frame >= self._column(counts))[..., None], FLOOR)

    def _warps(self, kept: NDArray[np.bool_]) -> Tensor:
        """For each utterance what moves its frequencies, [B, 80, 80]."""
        chosen = [augment.random_warp(self._rng) if yes else augment.warp(0) for yes in kept]
        return torch.from_numpy(np.stack(chosen)).to(self._device)

    def _masked(
        self, features: Tensor, kept: NDArray[np.bool_], counts: NDArray[np.int64]
    ) -> Tensor:
        """Bands and stretches of time hidden, as `augment.spec_augment` does."""
        bands = self._stretches(augment.MASKED_BANDS * kept, np.full(len(kept), MELS), MELS)
        times = self._stretches(
            (1 + counts // augment.FRAMES_PER_MASK) * kept, counts, features.shape[1]
        )
        total = (features - FLOOR).sum((1, 2)) / (self._column(counts)[:, 0] * MELS) + FLOOR
        hidden = bands[:, None, :] | times[:, :, None]
        beyond = torch.arange(features.shape[1], device=self._device) >= self._column(counts)
        hidden &= ~beyond[..., None]
        return torch.where(hidden, total.float()[:, None, None], features)

    def _stretches(
        self, numbers: NDArray[np.int64], lengths: NDArray[np.int64], size: int
    ) -> Tensor:
        """For each utterance `numbers` random stretches within its length, bool [B, size]."""
        rng, most = self._rng, int(numbers.max(initial=0))
        widths = rng.integers(0, augment.WIDEST_MASK, (len(numbers), most))
        widths *= np.arange(most) < numbers[:, None]
        latest = np.maximum(1, lengths - augment.WIDEST_MASK)[:, None]
        starts = rng.integers(0, latest, (len(numbers), most))
        place = torch.arange(size, device=self._device)
        first = torch.from_numpy(starts).to(self._device)[..., None]
        last = first + torch.from_numpy(widths).to(self._device)[..., None]
        return ((place >= first) & (place < last)).any(1)


def _spectra() -> NDArray[np.float32]:
    """What turns samples of a window into cosine and sine parts, [WINDOW, 2 (WINDOW / 2 + 1)].

    A matrix rather than a fast transform, which would be planned again for every number of frames.
    """
    turns = np.outer(np.arange(WINDOW), np.arange(WINDOW // 2 + 1)) % WINDOW
    angles = 2 * np.pi * turns / WINDOW
    parts = window()[:, None] * np.hstack([np.cos(angles), np.sin(angles)])
    return np.asarray(parts, np.float32)
