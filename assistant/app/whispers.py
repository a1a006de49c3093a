"""The detector of whispers that ships with Hearth."""

from __future__ import annotations

import logging
from functools import cache

from assistant.asr.networks.manifest import ModelError
from assistant.config.settings import MODELS_FOLDER
from assistant.whispering.detector import NoDetector, WhisperDetector
from assistant.whispering.network import RecurrentWhisperDetector

_LOG = logging.getLogger(__name__)
MODEL_FOLDER = MODELS_FOLDER / "whisper-gru"


@cache
def load_whispers() -> WhisperDetector:
    """The detector; one that knows nothing, and a line in the log, where it cannot be had."""
    try:
        return RecurrentWhisperDetector(MODEL_FOLDER)
    except ModelError as error:
        _LOG.warning("whispers are not noticed: %s", error)
        return NoDetector()
