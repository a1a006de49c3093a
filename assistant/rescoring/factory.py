"""What a rescoring server is made of, as the settings have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.config.rescoring import RescorerSettings
from assistant.config.settings import Settings
from assistant.lattice.graph import Lattice
from assistant.rescoring.batching import BatchLimits, Rescore
from assistant.rescoring.completion import CompletionLanguageModel, Endpoint
from assistant.rescoring.expansion import Reweighted, rescore
from assistant.rescoring.internal import RecogniserInside
from assistant.rescoring.language_model import LanguageModel, WeightedSum, WordBonus
from assistant.rescoring.language_model_folder import Weights
from assistant.rescoring.recurrent import RecurrentLanguageModel
from assistant.rescoring.server import ServerSettings


def server_settings(settings: RescorerSettings) -> ServerSettings:
    """Who may ask the server, and how much."""
    limits = BatchLimits(waiting=settings.concurrency, time_s=settings.time_limit_ms / 1000)
    return ServerSettings(token=settings.token, limits=limits)


def make_rescore(settings: Settings) -> Rescore:
    """The rescoring that the server does; raises `ModelError`. Takes a second or so."""
    chosen = settings.rescorer
    model, tuned = _language_model(settings)
    weights = replace(tuned, **_given(chosen))
    parts: list[tuple[LanguageModel, float]] = [
        (model, weights.language),
        (WordBonus(), weights.word),
    ]
    if weights.internal:
        internal = RecogniserInside.load(settings.model_folder)
        parts.append((internal, -weights.internal))
    whole = WeightedSum(parts)

    def rescore_all(lattices: Sequence[Lattice]) -> list[tuple[Reweighted, ...]]:
        return rescore(lattices, whole, chosen.beam)

    return rescore_all


def _language_model(settings: Settings) -> tuple[LanguageModel, Weights]:
    """The language model, and the weights that it is usually given."""
    chosen = settings.rescorer
    if chosen.language_model.startswith(("http://", "https://")):
        endpoint = Endpoint(chosen.language_model, chosen.completion_model, chosen.completion_token)
        return CompletionLanguageModel(endpoint), Weights()
    model = RecurrentLanguageModel.load(_folder(settings))
    return model, model.weights


def _folder(settings: Settings) -> Path:
    return settings.folder_of(settings.rescorer.language_model)


def _given(settings: RescorerSettings) -> dict[str, float]:
    given = {
        "language": settings.language_weight,
        "internal": settings.internal_weight,
        "word": settings.word_bonus,
    }
    return {name: value for name, value in given.items() if value is not None}
