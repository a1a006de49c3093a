"""Every setting: its type, its default, what it may be.

`config.example.yaml` says why each is there. A section that needs more than the type and range of
single settings checks itself when it is made and raises `SettingError`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from assistant.config.error import nearest
from assistant.config.shipped import shipped
from assistant.errors import HearthError

MODELS_FOLDER = shipped("models")
"""Where models that ship with Hearth lie."""

VoiceActivityKind = Literal["silero", "webrtc"]
WakeEngine = Literal["micro", "open"]
Runtime = Literal["auto", "onnx", "edge"]
EndpointStyle = Literal["patient", "normal", "quick"]
HomeKind = Literal["demo", "home_assistant"]
VoiceEngine = Literal["espeak", "piper", "wyoming", "none"]
ReplySound = Literal["wake", "success", "failure"]
LogLevel = Literal["debug", "info", "warning", "error"]

WAKE_WORDS: dict[WakeEngine, tuple[str, ...]] = {
    "micro": ("alexa", "hey_jarvis", "hey_mycroft", "okay_nabu"),
    "open": ("alexa", "hey_jarvis", "hey_mycroft", "hey_rhasspy", "okay_nabu"),
}
"""The words that each engine's package has models for."""

WAKE_MODEL_SUFFIXES: dict[WakeEngine, str] = {"micro": ".json", "open": ".tflite"}
"""How the name of a model file ends, which may stand in place of a word."""


NUMBER = "{number}"
"""What stands for the number in the command that calls someone."""


class SettingError(HearthError, ValueError):
    """Settings that do not go together; `keys` are the ones to blame, most likely one first."""

    exit_status = 2

    def __init__(self, message: str, *keys: str) -> None:
        super().__init__(message)
        self.keys = keys


def check_tcp(url: str, key: str) -> None:
    """Raises `SettingError` for what is no address of a Wyoming server."""
    try:
        address = urlsplit(url)
        complete = address.scheme == "tcp" and address.hostname and address.port
    except ValueError:
        complete = False
    if not complete:
        raise SettingError(f"'{url}' must be an address such as tcp://kitchen.local:10700", key)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingLimits:
    """What a setting may be beyond its type, and what to say when it is refused."""

    at_least: float | None = None
    at_most: float | None = None
    because: str = ""
    file_suffixes: tuple[str, ...] = ()
    """A text that ends so is a file, relative to the file that it is written in."""
    secret: bool = False
    """Must come out of `secrets.yaml`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSettings:
    """The microphone."""

    device: Annotated[str | int | None, SettingLimits(at_least=0)] = None
    channels: Annotated[int, SettingLimits(at_least=1, at_most=32)] = 1
    gain_db: Annotated[float, SettingLimits(at_least=-40, at_most=40)] = 0.0
    pre_roll_s: Annotated[float, SettingLimits(at_least=0, at_most=10)] = 2.0
    voice_activity: VoiceActivityKind = "silero"
    satellite: str | None = None

    def __post_init__(self) -> None:
        if self.satellite is not None:
            check_tcp(self.satellite, "satellite")


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeSettings:
    """The wake words."""

    engine: WakeEngine = "micro"
    words: Annotated[
        tuple[str, ...], SettingLimits(file_suffixes=tuple(WAKE_MODEL_SUFFIXES.values()))
    ] = ("okay_nabu",)
    threshold: Annotated[float | None, SettingLimits(at_least=0, at_most=1)] = None
    refractory_s: Annotated[float, SettingLimits(at_least=0, at_most=30)] = 1.0

    def __post_init__(self) -> None:
        if not self.words:
            raise SettingError("name at least one wake word", "words")
        for word in self.words:
            self._check(word)

    def _check(self, word: str) -> None:
        known, suffix = WAKE_WORDS[self.engine], WAKE_MODEL_SUFFIXES[self.engine]
        if word.endswith(suffix) or word.lower().replace(" ", "_").replace("-", "_") in known:
            return
        there = f"the nearest is '{nearest(word, known)}'; there are {', '.join(known)}"
        raise SettingError(
            f"engine '{self.engine}' has no word '{word}'; {there}, and your own {suffix} files",
            "words",
            "engine",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecogniserSettings:
    """Speech to text."""

    model: str = "en-small"
    runtime: Runtime = "auto"
    beam: Annotated[int, SettingLimits(at_least=1, at_most=64)] = 8
    boost: Annotated[float, SettingLimits(at_least=0, at_most=2)] = 0.6
    attention_decoder: bool = True


Weight = Annotated[float, SettingLimits(at_least=0, at_most=10)]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightSettings:
    """How much each list of names counts, relative to `recogniser.boost`; 0 favours none of it."""

    devices: Weight = 1.0
    rooms: Weight = 1.0
    people: Weight = 1.0
    words: Weight = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalisationSettings:
    """Names that the recogniser favours."""

    enabled: bool = True
    weights: WeightSettings = field(default_factory=WeightSettings)
    contacts: tuple[str, ...] = ()
    contacts_file: Path | None = None
    words: tuple[str, ...] = ()
    sounds_like: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, sounds in self.sounds_like.items():
            count = len(name.split())
            for sound in sounds:
                if count not in {1, len(sound.split())}:
                    raise SettingError(
                        f"'{sound}' needs {count} words, one for each of '{name}'", "sounds_like"
                    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """When a sentence is over. A silence that is `None` is the style's."""

    style: EndpointStyle = "normal"
    speculative_silence_s: Annotated[float | None, SettingLimits(at_least=0.05, at_most=5)] = None
    final_silence_s: Annotated[float | None, SettingLimits(at_least=0.1, at_most=10)] = None
    incomplete_silence_s: Annotated[float | None, SettingLimits(at_least=0.1, at_most=20)] = None
    no_speech_timeout_s: Annotated[float, SettingLimits(at_least=0.5, at_most=60)] = 5.0
    max_utterance_s: Annotated[float, SettingLimits(at_least=1, at_most=120)] = 15.0

    def __post_init__(self) -> None:
        self._in_order("speculative_silence_s", "final_silence_s")
        self._in_order("final_silence_s", "incomplete_silence_s")
        self._in_order("no_speech_timeout_s", "max_utterance_s")

    def _in_order(self, shorter: str, longer: str) -> None:
        short, long = getattr(self, shorter), getattr(self, longer)
        if short is not None and long is not None and short > long:
            message = f"{shorter} ({short:g}) must not be longer than {longer} ({long:g})"
            raise SettingError(message, shorter, longer)


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSettings:
    """The home that commands act on."""

    kind: HomeKind = "demo"
    url: str | None = None
    token: Annotated[str | None, SettingLimits(secret=True)] = None
    certificate: Path | None = None
    area: str | None = None
    unlock_confidence: Annotated[float, SettingLimits(at_least=0, at_most=1)] = 0.7

    def __post_init__(self) -> None:
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


def leaves_device(url: str) -> bool:
    """Whether what is sent to a URL goes to another machine."""
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class RescoringSettings:
    """A server that gives a second opinion on the words."""

    url: str | None = None
    token: Annotated[str | None, SettingLimits(secret=True)] = None
    certificate: Path | None = None
    deadline_ms: Annotated[float, SettingLimits(at_least=10, at_most=2000)] = 150.0
    early: bool = True
    tag_names: bool = True

    def __post_init__(self) -> None:
        if self.url is not None:
            _check_address(self.url)


def _check_address(url: str) -> None:
    """Raises `SettingError` for a URL that words must not be sent to."""
    try:
        known = urlsplit(url).scheme in {"http", "https"} and urlsplit(url).hostname
    except ValueError:
        known = None
    if not known:
        raise SettingError(f"'{url}' must begin with https:// and name a server", "url")
    if not url.startswith("https://") and leaves_device(url):
        raise SettingError(
            f"'{url}' must begin with https://; http:// is only for this device itself", "url"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RescorerSettings:
    """The rescoring server, `assistant rescorer`. A weight that is `None` is the tuned one."""

    token: Annotated[str | None, SettingLimits(secret=True)] = None
    certificate: Path | None = None
    key: Path | None = None
    language_model: str = "lm-en-small"
    completion_model: str | None = None
    completion_token: Annotated[str | None, SettingLimits(secret=True)] = None
    language_weight: Annotated[float | None, SettingLimits(at_least=0, at_most=5)] = None
    internal_weight: Annotated[float | None, SettingLimits(at_least=0, at_most=5)] = None
    word_bonus: Annotated[float | None, SettingLimits(at_least=-10, at_most=10)] = None
    beam: Annotated[int, SettingLimits(at_least=1, at_most=64)] = 8
    concurrency: Annotated[int, SettingLimits(at_least=1, at_most=10_000)] = 256
    time_limit_ms: Annotated[float, SettingLimits(at_least=10, at_most=60_000)] = 1000.0

    def __post_init__(self) -> None:
        if self.certificate is not None and self.key is None:
            raise SettingError("a certificate needs its `key`", "certificate")
        if self.key is not None and self.certificate is None:
            raise SettingError("a key needs its `certificate`", "key")


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

    replies: RepliesSettings = field(default_factory=RepliesSettings)
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

    @property
    def needs_network(self) -> bool:
        """Whether anything outside of this device is wanted."""
        voice_elsewhere = self.replies.engine == "wyoming"
        called = bool(self.audio.satellite or self.calls.command or self.rescoring.url)
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
