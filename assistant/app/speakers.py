"""The household's voices as the service and the commands use them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from assistant.config.settings import MODELS_FOLDER
from assistant.speaker.calibration import Calibration
from assistant.speaker.embedding import Embedder
from assistant.speaker.identity import EnrolledVoices
from assistant.speaker.profiles import FOLDER, Profiles

MODEL_FOLDER = MODELS_FOLDER / "speaker-campplus"


def make_voices(state: Path | None, *, kept: bool = True) -> EnrolledVoices:
    """The voices in a folder for what survives a restart; no model is loaded yet.

    `kept=False`: what is learned is forgotten at the end.
    """
    return EnrolledVoices(Profiles(state / FOLDER if state else None, kept=kept), load_model)


@cache
def load_model() -> tuple[Embedder, Calibration]:
    """The network that ships with Hearth; raises `ModelError`. Takes a second."""
    from assistant.speaker.network import OnnxEmbedder  # noqa: PLC0415 - heavy, seldom needed

    embedder = OnnxEmbedder(MODEL_FOLDER)
    return embedder, embedder.manifest.calibration
