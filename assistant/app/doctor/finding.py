"""What a check finds."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

CONNECT_S = 15.0
"""So long a server may take to answer."""


class Verdict(StrEnum):
    """How a finding is meant."""

    OK = "ok"
    HINT = "hint"
    """Works, but could be better."""
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    about: str
    verdict: Verdict
    message: str

    def __str__(self) -> str:
        return f"{self.verdict.value:<8}{self.about}: {self.message}"


def ok(about: str, message: str) -> Finding:
    """All is well."""
    return Finding(about, Verdict.OK, message)


def hint(about: str, message: str) -> Finding:
    """It works, but could be better."""
    return Finding(about, Verdict.HINT, message)


def problem(about: str, message: object) -> Finding:
    """Something is wrong; the message says what to do."""
    return Finding(about, Verdict.PROBLEM, str(message))


def reached(about: str, url: str) -> Finding:
    """Whether something in the network accepts connections."""
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname, address.port), CONNECT_S).close()
    except OSError as error:
        return problem(about, f"{url} cannot be reached: {error.strerror or error}")
    return ok(about, f"{url} can be reached")
