"""Who of the household speaks, if any of them does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.audio.source import SAMPLE_RATE
from assistant.speaker.across_room import learned_as
from assistant.speaker.calibration import Calibration
from assistant.speaker.embedding import LEAST_S, Embedder, Floats, length, normalised
from assistant.speaker.heard import HeardVoice
from assistant.speaker.profiles import Profile, Profiles

ALIKE = 2.0
"""The log-likelihood ratio from which two sentences are of one voice."""
_LOG = logging.getLogger(__name__)


class SpeakerIdentity(Protocol):
    """Tells who speaks; heavy."""

    def identify(self, speech: NDArray[np.int16]) -> HeardVoice:
        """Whose voice it is in: int16 [n] at 16 kHz, speech alone."""


class EnrolledVoices(SpeakerIdentity):
    """Compares voices with the profiles there are; the network is loaded when it is first needed.

    `load` gives the network and its calibration; raises `ModelError`.
    """

    def __init__(
        self, profiles: Profiles, load: Callable[[], tuple[Embedder, Calibration]]
    ) -> None:
        self.profiles = profiles
        self._load = load
        self._loaded: tuple[Embedder, Calibration] | None = None
        self._told: frozenset[str] = frozenset()
        self.learning = False
        """Whether somebody's voice is being learned, so that voices matter though none is known."""

    def wanted(self) -> bool:
        """Whether a voice is known or being learned."""
        return self.learning or bool(self.profiles.all())

    @property
    def model(self) -> str:
        """The version of the network, which is loaded for it."""
        return self._network()[0].version

    def embed(self, speech: NDArray[np.int16]) -> Floats | None:
        """The voice in some speech, of any length; `None` if there is too little of it."""
        if speech.size < LEAST_S * SAMPLE_RATE:
            return None
        return self._network()[0].embed(speech)

    def identify(self, speech: NDArray[np.int16]) -> HeardVoice:
        """Compare with everyone; of too little speech nobody can tell."""
        embedding = self.embed(speech)
        if embedding is None:
            return HeardVoice(None, 0.0, speech=speech)
        calibration, unit = self._network()[1], normalised(embedding)
        cosines = {each.name: float(each.mean @ unit) for each in self._usable()}
        scores = calibration.probabilities(cosines, length(embedding))
        best = max(scores, key=scores.__getitem__, default=None)
        if best is not None and scores[best] >= calibration.accept:
            return HeardVoice(best, scores[best], scores, embedding, speech)
        return HeardVoice(None, 1.0 - sum(scores.values()), scores, embedding, speech)

    def learned_from(self, speech: NDArray[np.int16], number: int) -> tuple[Floats, ...]:
        """What is kept of a person's sentence: the voice as it was, and as across rooms."""
        heard = learned_as(speech, number)
        return tuple(normalised(self._network()[0].embed(each)) for each in heard)

    def alike(self, embedding: Floats, others: Sequence[Floats]) -> bool:
        """Whether an utterance is in the voice of the others."""
        if not others:
            return True
        return self.likeness(embedding, Profile("", "", tuple(others)).mean) > ALIKE

    def likeness(self, embedding: Floats, other: Floats) -> float:
        """How much more likely two embeddings are of one voice than of two, natural log."""
        cosine = float(normalised(other) @ normalised(embedding))
        return self._network()[1].log_ratio(cosine, length(embedding))

    def _usable(self) -> list[Profile]:
        """Those that this network has made."""
        everyone, model = self.profiles.all(), self.model
        foreign = frozenset(each.name for each in everyone if each.model != model)
        for name in sorted(foreign - self._told):
            _LOG.warning(
                "the voice of %s was learned with another model and is not used: learn it again",
                name,
            )
        self._told |= foreign
        return [each for each in everyone if each.name not in foreign]

    def _network(self) -> tuple[Embedder, Calibration]:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded
