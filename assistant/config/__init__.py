"""The configuration: YAML with `!include` and `!secret`, to frozen typed settings.

`load(path)` gives `Settings` or raises `ConfigError`, whose message has the file, line and column
and what to do; `effective(settings)` shows them.
"""

from assistant.config.error import ConfigError
from assistant.config.hearing import (
    WAKE_WORDS,
    AudioSettings,
    EndpointSettings,
    PersonalisationSettings,
    RecogniserSettings,
    WakeSettings,
)
from assistant.config.limits import SettingError
from assistant.config.load import effective, load
from assistant.config.rescoring import RescorerSettings, RescoringSettings
from assistant.config.settings import (
    MODELS_FOLDER,
    CallsSettings,
    HomeSettings,
    LoggingSettings,
    PrivacySettings,
    RepliesSettings,
    Settings,
    UnderstandingSettings,
)

__all__ = [
    "MODELS_FOLDER",
    "WAKE_WORDS",
    "AudioSettings",
    "CallsSettings",
    "ConfigError",
    "EndpointSettings",
    "HomeSettings",
    "LoggingSettings",
    "PersonalisationSettings",
    "PrivacySettings",
    "RecogniserSettings",
    "RepliesSettings",
    "RescorerSettings",
    "RescoringSettings",
    "SettingError",
    "Settings",
    "UnderstandingSettings",
    "WakeSettings",
    "effective",
    "load",
]
