"""The recogniser as the settings have it, and the names that it favours."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant.app.speakers import MODEL_FOLDER, load_model
from assistant.asr.networks.manifest import ModelError
from assistant.asr.recording import RecordingRecogniser
from assistant.asr.result import BiasPhrase, Recogniser
from assistant.config.settings import MODELS_FOLDER, Settings
from assistant.home.model import Area, Device, Home
from assistant.nlu.names import NameKind
from assistant.pipeline.memory import hold_little
from assistant.speaker.manifest import check_network

if TYPE_CHECKING:
    from assistant.asr.features.voice_filter import VoiceFilter

_LOG = logging.getLogger(__name__)
VOICE_FILTER = MODELS_FOLDER / "voice-filter"


def load_recogniser(settings: Settings) -> Recogniser:
    """The recogniser; raises `ModelError`. Takes a second or so."""
    from assistant.asr.recogniser import load_recogniser as load  # noqa: PLC0415 - heavy

    hold_little()
    chosen = settings.recogniser
    recogniser = load(
        settings.model_folder,
        beam=chosen.beam,
        runtime=chosen.runtime,
        boost=chosen.boost,
        attention_decoder=chosen.attention_decoder,
        voice_filter=load_voice_filter() if chosen.voice_filter else None,
    )
    folder = settings.privacy.save_recordings
    return RecordingRecogniser(recogniser, folder) if folder else recogniser


def load_voice_filter() -> VoiceFilter | None:
    """What takes out other voices; nothing, and a line in the log, where it cannot be had.

    The speaker model is loaded for the first wake word: a recording without one needs none.
    """
    from assistant.asr.features.voice_filter import VoiceFilter  # noqa: PLC0415 - heavy

    try:
        check_network(MODEL_FOLDER)
        return VoiceFilter(VOICE_FILTER, _embedded)
    except ModelError as error:
        _LOG.warning("other voices are not filtered out: %s", error)
        return None


def _embedded(speech: NDArray[np.int16]) -> NDArray[np.float32]:
    embedder, _ = load_model()
    return embedder.embed(speech)


def bias_phrases(
    settings: Settings,
    home: Home,
    more: Iterable[str] = (),
    words_before: Mapping[str, frozenset[str]] | None = None,
) -> tuple[BiasPhrase, ...]:
    """The names to favour: devices, areas, floors, people, the user's own words, and `more`.

    `words_before`: for each kind of name, what usually stands before it in a sentence.
    """
    personal = settings.personalisation
    if not personal.enabled:
        return ()
    weights = personal.weights
    lists: tuple[tuple[str, float, Iterable[str]], ...] = (
        (NameKind.DEVICE, weights.devices, _names(home.devices())),
        (NameKind.AREA, weights.rooms, _names(home.areas())),
        (NameKind.FLOOR, weights.rooms, _floors(home.areas())),
        (NameKind.CONTACT, weights.people, _called(home.contacts())),
        ("", weights.words, [*personal.words, *personal.sounds_like, *more]),
    )
    phrases: dict[str, BiasPhrase] = {}
    for kind, weight, names in lists:
        after = tuple(sorted((words_before or {}).get(kind, ())))
        for name in names:
            sounds = _sounds(name, personal.sounds_like)
            phrases.setdefault(name, BiasPhrase(name, weight, after=after, sounds_like=sounds))
    return tuple(phrases.values())


def _names(named: Iterable[Area | Device]) -> Iterator[str]:
    for each in named:
        yield from (each.name, *each.aliases)


def _floors(areas: Iterable[Area]) -> Iterator[str]:
    for area in areas:
        yield from (area.floor, *area.floor_aliases) if area.floor else ()


def _called(people: Iterable[str]) -> Iterator[str]:
    """Everyone's name, and the first name alone."""
    for name in people:
        yield name
        yield from name.split()[:1]


def _sounds(name: str, sounds_like: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The name with what its words sound like in their place."""
    words = name.casefold().split()
    found = []
    for part, sounds in sounds_like.items():
        wanted = part.casefold().split()
        for at in range(len(words) - len(wanted) + 1):
            if words[at : at + len(wanted)] == wanted:
                # One word may be written as several syllables: "ee-fa".
                said = [s if len(wanted) > 1 else re.sub(r"[\s-]", "", s) for s in sounds]
                found += [" ".join([*words[:at], s, *words[at + len(wanted) :]]) for s in said]
    return tuple(found)
