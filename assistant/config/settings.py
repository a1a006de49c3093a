"""Every setting: its type, its default, what it may be.

`config.example.yaml` says why each is there. A section that needs more than the type and range of
single settings checks itself when it is made and raises `SettingError`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from assistant.config.hearing import (
    AudioSettings,
    EndpointSettings,
    PersonalisationSettings,
    RecogniserSettings,
    SourceSettings,
    WakeSettings,
)
from assistant.config.limits import SettingError, SettingLimits, check_tcp
from assistant.config.presence import PresenceSettings
from assistant.config.rescoring import RescorerSettings, RescoringSettings
from assistant.config.shipped import shipped

MODELS_FOLDER = shipped("models")
"""Where models that ship with Hearth lie."""

HomeKind = Literal["demo", "home_assistant"]
VoiceEngine = Literal["espeak", "piper", "wyoming", "none"]
ReplySound = Literal["wake", "success", "failure"]
WhisperedReplies = Literal["auto", "never"]
LogLevel = Literal["debug", "info", "warning", "error"]

NUMBER = "{number}"
"""What stands for the number in the command that calls someone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSettings:
    """The home that commands act on."""

    kind: HomeKind = "demo"
    url: str | None = None
    token: Annotated[str | None, SettingLimits(secret=True)] = None
    certificate: Path | None = None
    area: str | None = None
    unlock_confidence: Annotated[float, SettingLimits(at_least=0, at_most=1)] = 0.7
    unlock_voice: Annotated[float, SettingLimits(at_least=0, at_most=1)] = 0.98
    code: Annotated[str | None, SettingLimits(secret=True)] = None

    def __post_init__(self) -> None:
        if self.code is not None and not re.fullmatch("[0-9]{4,12}", self.code):
            raise SettingError("must have 4 to 12 digits, and nothing else", "code")
        if self.kind == "demo":
            return
        if self.url is None:
            raise SettingError(
                "home_assistant needs `url`, such as http://homeassistant.local:8123", "kind"
            )
        if not self.url.startswith(("http://", "https://")):
            raise SettingError(f"'{self.url}' must begin with http:// or https://", "url")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderstandingSettings:
    """What commands mean."""

    sentences: Path | None = None
    plugins: Path | None = None
    confidence: Annotated[float, SettingLimits(at_least=0, at_most=1)] = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationSettings:
    """What may be said without the wake word."""

    answer_s: Annotated[float, SettingLimits(at_least=0, at_most=30)] = 8.0
    follow_up_s: Annotated[float, SettingLimits(at_least=0, at_most=30)] = 0.0
    directedness: Annotated[float, SettingLimits(at_least=0, at_most=1)] = 0.6
    barge_in: bool | None = None
    presence: PresenceSettings = field(default_factory=PresenceSettings)
    gaze_s: Annotated[float, SettingLimits(at_least=0, at_most=30)] = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckingSettings:
    """What goes down while somebody speaks to it."""

    level: Annotated[float, SettingLimits(at_least=0, at_most=1)] = 0.3
    local: bool = True
    home: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RepliesSettings:
    """How answers are heard."""

    silent: bool = False
    engine: VoiceEngine = "espeak"
    voice: Annotated[str | None, SettingLimits(file_suffixes=(".onnx",))] = None
    url: str | None = None
    player: tuple[str, ...] = ()
    sounds: tuple[ReplySound, ...] = ("wake", "success", "failure")
    brief: bool = False
    whisper: WhisperedReplies = "auto"

    def __post_init__(self) -> None:
        if self.engine == "piper" and not (self.voice or "").endswith(".onnx"):
            raise SettingError("piper needs `voice`, the .onnx file of one", "voice", "engine")
        if self.engine == "wyoming":
            if self.url is None:
                message = "wyoming needs `url`, such as tcp://127.0.0.1:10200"
                raise SettingError(message, "engine")
            check_tcp(self.url, "url")
        if self.brief and "success" not in self.sounds:
            raise SettingError("brief needs the sound `success`, or nothing is heard", "brief")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSettings:
    """Somebody of the household, by the name that their voice is learned with."""

    deny: tuple[str, ...] = ()
    list: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsSettings:
    """How people are called."""

    command: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.command and not any(NUMBER in part for part in self.command[1:]):
            raise SettingError(f"say where the number goes: [program, '{NUMBER}']", "command")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacySettings:
    """What happens to what was heard."""

    keep_audio_local: Annotated[
        Literal[True],
        SettingLimits(because="nothing in Hearth can send audio away, and no setting changes that"),
    ] = True
    keep_words_local: bool = True
    save_recordings: Literal[False] | Path = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingSettings:
    """What is logged."""

    level: LogLevel = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings; every section has defaults, so `Settings()` is a working configuration."""

    audio: AudioSettings = field(default_factory=AudioSettings)
    wake: WakeSettings = field(default_factory=WakeSettings)
    recogniser: RecogniserSettings = field(default_factory=RecogniserSettings)
    personalisation: PersonalisationSettings = field(default_factory=PersonalisationSettings)
    endpoint: EndpointSettings = field(default_factory=EndpointSettings)
    understanding: UnderstandingSettings = field(default_factory=UnderstandingSettings)
    home: HomeSettings = field(default_factory=HomeSettings)
    rescoring: RescoringSettings = field(default_factory=RescoringSettings)
    rescorer: RescorerSettings = field(default_factory=RescorerSettings)

    conversation: ConversationSettings = field(default_factory=ConversationSettings)
    ducking: DuckingSettings = field(default_factory=DuckingSettings)
    replies: RepliesSettings = field(default_factory=RepliesSettings)
    people: Mapping[str, PersonSettings] = field(default_factory=dict)
    calls: CallsSettings = field(default_factory=CallsSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    logging: LoggingSettings = field(default_factory=LoggingSettings)

    file: Path | None = field(default=None, compare=False)
    """Where the settings come from; `None`: the defaults."""
    secrets: frozenset[str] = field(default=frozenset(), compare=False)
    """Dotted names of settings that came out of `secrets.yaml` and are not to be shown."""

    def __post_init__(self) -> None:
        url = self.rescoring.url
        if url is not None and self.privacy.keep_words_local:
            raise SettingError(
                f"{url} would be sent the words of your commands, and privacy.keep_words_local "
                "says that they stay on this device: set that to false if you want this, or "
                "delete rescoring.url",
                "rescoring",
                "privacy",
            )

    def presence_at(self, source: SourceSettings) -> PresenceSettings:
        """What tells who is there, where a source hears: its own, else what all have."""
        own = source.presence
        return self.conversation.presence if own == PresenceSettings() else own

    @property
    def presences(self) -> tuple[PresenceSettings, ...]:
        """All that tell who is there."""
        sources = self.audio.sources
        return tuple(map(self.presence_at, sources)) or (self.conversation.presence,)

    @property
    def needs_network(self) -> bool:
        """Whether anything outside of this device is wanted."""
        voice_elsewhere = self.replies.engine == "wyoming"
        elsewhere = self.audio.satellite or any(each.satellite for each in self.audio.sources)
        called = bool(elsewhere or self.calls.command or self.rescoring.url)
        return called or voice_elsewhere or self.home.kind != "demo"

    @property
    def model_folder(self) -> Path:
        """The recogniser's folder."""
        return self.folder_of(self.recogniser.model)

    def folder_of(self, model: str) -> Path:
        """A model's folder: a bare name lies in `models/`, a path beside the file."""
        path = Path(model).expanduser()
        if len(path.parts) == 1 and path.name == model:
            return MODELS_FOLDER / path
        return (self.file.parent if self.file else Path.cwd()) / path
