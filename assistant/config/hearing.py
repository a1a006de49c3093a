"""The settings of hearing: microphone, wake words, recogniser, favoured names, end-pointing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from assistant.config.error import nearest
from assistant.config.limits import SettingError, SettingLimits, check_tcp
from assistant.config.presence import PresenceSettings

VoiceActivityKind = Literal["silero", "webrtc"]
EchoCancellation = Literal["none", "speex", "webrtc"]
EchoReference = Literal["auto", "own", "system"]
WakeEngine = Literal["micro", "open"]
Runtime = Literal["auto", "onnx", "edge"]
EndpointStyle = Literal["patient", "normal", "quick"]

WAKE_WORDS: dict[WakeEngine, tuple[str, ...]] = {
    "micro": ("alexa", "hey_jarvis", "hey_mycroft", "okay_nabu"),
    "open": ("alexa", "hey_jarvis", "hey_mycroft", "hey_rhasspy", "okay_nabu"),
}
"""The words that each engine's package has models for."""

WAKE_MODEL_SUFFIXES: dict[WakeEngine, str] = {"micro": ".json", "open": ".tflite"}
"""How the name of a model file ends, which may stand in place of a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """One of several microphones or satellites."""

    name: str
    area: str | None = None
    device: Annotated[str | int | None, SettingLimits(at_least=0)] = None
    channels: Annotated[int, SettingLimits(at_least=1, at_most=32)] = 1
    gain_db: Annotated[float, SettingLimits(at_least=-40, at_most=40)] = 0.0
    satellite: str | None = None
    presence: PresenceSettings = field(default_factory=PresenceSettings)

    def __post_init__(self) -> None:
        if self.satellite is not None:
            check_tcp(self.satellite, "satellite")


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSettings:
    """The microphone, or several."""

    device: Annotated[str | int | None, SettingLimits(at_least=0)] = None
    channels: Annotated[int, SettingLimits(at_least=1, at_most=32)] = 1
    gain_db: Annotated[float, SettingLimits(at_least=-40, at_most=40)] = 0.0
    pre_roll_s: Annotated[float, SettingLimits(at_least=0, at_most=10)] = 2.0
    voice_activity: VoiceActivityKind = "silero"
    echo_cancellation: EchoCancellation = "none"
    echo_reference: EchoReference = "auto"
    satellite: str | None = None
    sources: tuple[SourceSettings, ...] = ()

    def __post_init__(self) -> None:
        if self.satellite is not None:
            check_tcp(self.satellite, "satellite")
        names = [source.name for source in self.sources]
        if len(set(names)) < len(names):
            raise SettingError("each source needs a name of its own", "sources")
        if len({source.satellite or source.device for source in self.sources}) < len(names):
            raise SettingError("each source needs a device or satellite of its own", "sources")


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
    voice_filter: bool = True


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
    """Names and sentences that the recogniser favours."""

    enabled: bool = True
    sentences: bool = True
    habits: bool = True
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
