"""The settings of rescoring: the server that is asked, and the server that Hearth can be."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from assistant.config.limits import SettingError, SettingLimits


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
