"""`assistant voices`: whose voices are known, from recordings instead of by talking."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.app.household import state_folder
from assistant.app.speakers import load_model
from assistant.audio.file import read_samples
from assistant.audio.source import SAMPLE_RATE, AudioError
from assistant.audio.vad import SileroVad
from assistant.commands import UsageError, print_json, say, settings_of
from assistant.speaker.embedding import LEAST_S, Floats, normalised
from assistant.speaker.identity import EnrolledVoices
from assistant.speaker.profiles import (
    FOLDER,
    OF_A_SENTENCE,
    Profile,
    Profiles,
    as_values,
    check_name,
)
from assistant.speaker.speech import speech_of

LEAST_TO_LEARN_S = 1.0
"""Of speech in a recording from which a voice is learned."""
LEAST_RECORDINGS = 3


def run(args: argparse.Namespace) -> int:
    """Do what is asked; 1 if a recording could not be used."""
    settings_of(args)  # a wrong configuration is said here, too
    folder = args.profiles or state_folder() / FOLDER
    voices = EnrolledVoices(Profiles(folder), load_model)
    doing = {"learn": _learn, "list": _list, "forget": _forget, "export": _export}
    return doing.get(args.what, _identify)(voices, args)


def _learn(voices: EnrolledVoices, args: argparse.Namespace) -> int:
    """A profile of some recordings, in place of an earlier one; nothing where one is bad."""
    check_name(args.name)
    heard: list[tuple[str, Floats]] = []
    learned: list[Floats] = []
    for name in args.files:
        speech = _speech(name)
        if speech.size < LEAST_TO_LEARN_S * SAMPLE_RATE:
            raise UsageError(f"{name}: too little speech to learn from; take a whole sentence")
        embedding = voices.embed(speech)
        if embedding is not None:
            heard.append((name, embedding))
            learned += voices.learned_from(speech, len(heard))
    for name in _unlike(voices, heard):
        say(f"assistant: {name}: does not sound like the other recordings; is it {args.name}?")
    profile = Profile(args.name, voices.model, tuple(learned))
    voices.profiles.put(profile)
    if len(heard) < LEAST_RECORDINGS:
        say(f"assistant: with {LEAST_RECORDINGS} recordings or more {args.name} is known surer")
    print_json(_described(profile, voices.model))
    return 0


def _unlike(voices: EnrolledVoices, heard: Sequence[tuple[str, Floats]]) -> Iterator[str]:
    """The recordings that are in another voice than the rest."""
    for name, embedding in heard:
        others = [normalised(other) for each, other in heard if each != name]
        if not voices.alike(embedding, others):
            yield name


def _list(voices: EnrolledVoices, _args: argparse.Namespace) -> int:
    everyone = voices.profiles.all()
    for profile in everyone:
        print_json(_described(profile, voices.model))
    if not everyone:
        say("assistant: nobody's voice is known; see: assistant voices learn --help")
    return 0


def _described(profile: Profile, model: str) -> dict[str, Any]:
    usable = profile.model == model
    return {
        "name": profile.name,
        "sentences": len(profile.embeddings) // OF_A_SENTENCE,
        "usable": usable,
    }


def _forget(voices: EnrolledVoices, args: argparse.Namespace) -> int:
    if not voices.profiles.forget(args.name):
        raise UsageError(_unknown(voices, args.name))
    say(f"assistant: forgot the voice of {args.name}")
    return 0


def _export(voices: EnrolledVoices, args: argparse.Namespace) -> int:
    """All that is kept of a person, on standard output."""
    profile = voices.profiles.find(args.name)
    if profile is None:
        raise UsageError(_unknown(voices, args.name))
    print_json(as_values(profile))
    return 0


def _unknown(voices: EnrolledVoices, name: str) -> str:
    known = ", ".join(each.name for each in voices.profiles.all()) or "nobody"
    return f"the voice of {name} is not known; known is {known}"


def _identify(voices: EnrolledVoices, args: argparse.Namespace) -> int:
    status = 0
    for name in args.files:
        try:
            speech = _speech(name)
        except AudioError as error:
            say(f"assistant: {error}")
            status = 1
            continue
        heard = voices.identify(speech)
        if heard.embedding is None:
            say(f"assistant: {name}: has less than {LEAST_S} s of speech; nobody can tell")
        print_json(
            {
                "file": name,
                "speaker": heard.name,
                "probability": round(heard.probability, 4),
                "scores": {who: round(score, 4) for who, score in heard.scores.items()},
            }
        )
    return status


def _speech(name: str) -> NDArray[np.int16]:
    return speech_of(asyncio.run(read_samples(name)), SileroVad())
