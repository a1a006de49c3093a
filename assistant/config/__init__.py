"""The configuration: YAML with `!include` and `!secret`, to frozen typed settings.

`load(path)` gives `Settings` or raises `ConfigError`, whose message has the file, line and column
and what to do; `effective(settings)` shows them.
"""

from assistant.config.error import ConfigError
from assistant.config.load import effective, load
from assistant.config.settings import (
    MODELS_FOLDER,
    WAKE_WORDS,
    AudioSettings,
    CallsSettings,
    EndpointSettings,
    HomeSettings,
    LoggingSettings,
    PersonalisationSettings,
    PrivacySettings,
    RecogniserSettings,
    RepliesSettings,
    RescorerSettings,
    RescoringSettings,
    SettingError,
    Settings,
    UnderstandingSettings,
    WakeSettings,
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
