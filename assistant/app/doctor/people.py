"""Whose voices are known, and the models that tell voices apart, and whispers from speech."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.app.doctor.finding import Finding, hint, ok, problem
from assistant.app.household import state_folder
from assistant.app.recognition import VOICE_FILTER
from assistant.app.speakers import MODEL_FOLDER
from assistant.app.whispers import MODEL_FOLDER as WHISPER_FOLDER
from assistant.asr.features.voice_filter import MODEL as FILTER
from assistant.asr.networks.manifest import ModelError
from assistant.config.settings import Settings
from assistant.speaker.manifest import check_network
from assistant.speaker.profiles import FOLDER, Profiles
from assistant.whispering.network import RecurrentWhisperDetector

ABOUT = "voices"


def voices(settings: Settings) -> Iterator[Finding]:
    """The model and the profiles, where there are any; what is denied where there are none."""
    known = Profiles(state_folder() / FOLDER).all()
    if not known:
        if any(person.deny for person in settings.people.values()):
            message = "nobody's is known, so what is denied to anyone in `people` is denied to all"
            yield hint(ABOUT, f"{message}: see assistant voices learn --help")
        return
    try:
        manifest = check_network(MODEL_FOLDER)
    except ModelError as error:
        yield problem(ABOUT, error)
        return
    names = ", ".join(each.name for each in known)
    yield ok(ABOUT, f"{names}; {manifest.version}, checksum right")
    for each in known:
        if each.model != manifest.version:
            yield hint(ABOUT, f"{each.name}'s was learned with another model: learn it again")


def whispers() -> Iterator[Finding]:
    """Whether whispers are noticed."""
    try:
        detector = RecurrentWhisperDetector(WHISPER_FOLDER)
    except ModelError as error:
        yield problem("whispers", error)
    else:
        yield ok("whispers", f"{detector.version}, checksum right")


def other_voices(settings: Settings) -> Iterator[Finding]:
    """Whether what others say beside the user can be taken out."""
    if not settings.recogniser.voice_filter:
        return
    try:
        versions = [FILTER.check(VOICE_FILTER).version, check_network(MODEL_FOLDER).version]
    except ModelError as error:
        yield problem("other voices", error)
    else:
        yield ok("other voices", f"{', '.join(versions)}, checksums right")
