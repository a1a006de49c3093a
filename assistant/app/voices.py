"""The voice and the player that the settings name."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from assistant.config.extras import install_command
from assistant.config.settings import RepliesSettings, VoiceEngine
from assistant.events import Reply
from assistant.reply.chimes import Chime
from assistant.reply.own_voice import OwnVoice
from assistant.reply.programs import ProgramOutlet, ProgramPlayer, ProgramVoice
from assistant.reply.softer import Softer
from assistant.reply.speaker import ReplyStyle, Speaker
from assistant.reply.streamed import Outlet
from assistant.reply.voice import Player, ReplyError, Voice

_LOG = logging.getLogger(__name__)
_PLAYERS = (("aplay", "-q"), ("paplay",))
"""ALSA's, which reaches PipeWire and PulseAudio too where they are installed; else theirs."""
_STREAMS = (("aplay", "-q", "--buffer-time=60000"), ("paplay", "--latency-msec=60"))
"""The same with short buffers: what is played piece by piece is heard soon."""
_ESPEAK_VOICE = "en-gb"
_LIST_S = 5.0
"""espeak-ng lists its voices in milliseconds; one that does not is broken."""
_LOWER_DB = 12.0
_WHISPER_LOWER_DB = 7.0
"""A whisper of espeak-ng's is 5 dB softer by itself."""
T = TypeVar("T")


def make_speaker(
    settings: RepliesSettings,
    own_voice: OwnVoice,
    player: Player | None = None,
    ended: Callable[[Reply, float], None] = lambda _reply, _heard_s: None,
    streamed: Callable[[Outlet], Player] | None = None,
) -> Speaker:
    """The speaker; what cannot be had is one line in the log, and answers are there all the same.

    `own_voice` is told what is played when. `player` plays elsewhere than on this device. `ended`
    is told where in the audio a reply has ended. `streamed`: plays piece by piece here.
    """
    if settings.silent:
        return Speaker(None, None, own_voice, ended=ended)
    if player is None:
        player = _or_none(lambda: make_player(settings, streamed))
    voice = _or_none(lambda: make_voice(settings)) if player else None
    soft = make_soft_voice(settings, voice) if voice else None
    chimes = frozenset(map(Chime, settings.sounds))
    style = ReplyStyle(chimes, settings.brief, settings.whisper == "auto")
    return Speaker(voice, player, own_voice, style, ended, soft_voice=soft)


def make_voice(settings: RepliesSettings) -> Voice | None:
    """The voice, none if answers are not to be spoken; raises `ReplyError` with what to do."""
    return _VOICES[settings.engine](settings)


def make_soft_voice(settings: RepliesSettings, voice: Voice) -> Voice:
    """What answers whispers: espeak-ng's whispering variant, or the voice itself, more softly."""
    if settings.engine == "espeak" and (name := whispering_variant(settings.voice)):
        return Softer(_espeak_voice(name), _WHISPER_LOWER_DB)
    return Softer(voice, _LOWER_DB)


def make_player(
    settings: RepliesSettings, streamed: Callable[[Outlet], Player] | None = None
) -> Player:
    """What plays; raises `ReplyError` with what to do."""
    make = (lambda command: streamed(ProgramOutlet(command))) if streamed else ProgramPlayer
    if settings.player:
        program, *arguments = settings.player
        return make((_program(program, "change replies.player"), *arguments))
    for program, *arguments in _STREAMS if streamed else _PLAYERS:
        if found := find_program(program):
            return make((found, *arguments))
    raise ReplyError("nothing can play sounds: sudo apt install alsa-utils, or set replies.player")


def find_program(name: str) -> str | None:
    """Where a program is: in the path, or beside our own Python, where pip puts it."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return shutil.which(Path(name).expanduser(), path=path)


def _program(name: str, otherwise: str) -> str:
    found = find_program(name)
    if found is None:
        raise ReplyError(f"there is no program '{name}': {otherwise}")
    return found


def _espeak(settings: RepliesSettings) -> Voice:
    return _espeak_voice(settings.voice or _ESPEAK_VOICE)


def _espeak_voice(name: str) -> Voice:
    return ProgramVoice((_espeak_program(), "-v", name, "--stdin", "--stdout"))


def _espeak_program() -> str:
    return _program("espeak-ng", "sudo apt install espeak-ng, or change replies.engine")


def whispering_variant(voice: str | None) -> str | None:
    """The whispering variant of a voice of espeak-ng's, if there is one; takes some milliseconds.

    Variants go by the file of a voice: where its language names it, as `en-gb` does, espeak-ng 1.51
    leaves them out and says nothing.
    """
    language, _, variant = (voice or _ESPEAK_VOICE).partition("+")
    whisper = "whisperf" if variant.startswith("f") else "whisper"
    if f"!v/{whisper}" not in _espeak_files("variant"):
        return None
    file = next((each for each in _espeak_files(language) if not each.startswith("mb/")), language)
    return None if language.startswith("mb-") else f"{file}+{whisper}"


def _espeak_files(language: str) -> list[str]:
    """The files of the voices of a language, best first, as `espeak-ng --voices` lists them."""
    command = (_espeak_program(), f"--voices={language}")
    try:
        run = subprocess.run(command, capture_output=True, timeout=_LIST_S, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return []
    lines = run.stdout.decode(errors="replace").splitlines()[1:]
    return [columns[4] for line in lines if len(columns := line.split()) > 4]  # noqa: PLR2004


def _piper(settings: RepliesSettings) -> Voice:
    program = _program("piper", "pip install piper-tts, or change replies.engine")
    model = Path(settings.voice or "")
    if not model.is_file():
        raise ReplyError(f"there is no voice {model}: python3 -m piper.download_voices gets some")
    return ProgramVoice((program, "--model", str(model), "--output_file", "-"))


def _wyoming(settings: RepliesSettings) -> Voice:
    try:
        from assistant.wyoming.voice import WyomingVoice  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        message = f"Wyoming needs an extra ({error}): {install_command('wyoming')}"
        raise ReplyError(message) from None
    return WyomingVoice(settings.url or "", settings.voice)


_VOICES: Mapping[VoiceEngine, Callable[[RepliesSettings], Voice | None]] = {
    "espeak": _espeak,
    "piper": _piper,
    "wyoming": _wyoming,
    "none": lambda _settings: None,
}


def _or_none(make: Callable[[], T | None]) -> T | None:
    try:
        return make()
    except ReplyError as error:
        _LOG.warning("answers are only in the log: %s", error)
        return None
