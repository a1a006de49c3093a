"""What a setting may be beyond its type, and the error that says what it may not be."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from assistant.errors import HearthError


class SettingError(HearthError, ValueError):
    """Settings that do not go together; `keys` are the ones to blame, most likely one first."""

    exit_status = 2

    def __init__(self, message: str, *keys: str) -> None:
        super().__init__(message)
        self.keys = keys


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


def check_tcp(url: str, key: str) -> None:
    """Raises `SettingError` for what is no address of a Wyoming server."""
    try:
        address = urlsplit(url)
        complete = address.scheme == "tcp" and address.hostname and address.port
    except ValueError:
        complete = False
    if not complete:
        raise SettingError(f"'{url}' must be an address such as tcp://kitchen.local:10700", key)
