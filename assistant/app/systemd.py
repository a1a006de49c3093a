"""What systemd is told: that Hearth is ready, how it is, and that it still hears.

The protocol is the one of sd_notify(3): a datagram to the socket named in `NOTIFY_SOCKET`.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping

_LOG = logging.getLogger(__name__)

_PINGS_PER_TIMEOUT = 3
"""So that one late ping does not restart the service."""


class Notifier:
    """Sends messages to the service manager; does nothing where there is none.

    `address`: path of the socket, or `@name` for an abstract one, or nothing.
    """

    def __init__(self, address: str | None) -> None:
        self._address = address

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Notifier:
        """The notifier that systemd asks for."""
        return cls(environ.get("NOTIFY_SOCKET"))

    def ready(self, status: str = "") -> None:
        """Start-up is over: units that wait for this one may start."""
        self._send("READY=1", f"STATUS={_one_line(status)}" if status else "")

    def status(self, text: str) -> None:
        """One line that `systemctl status` shows."""
        self._send(f"STATUS={_one_line(text)}")

    def stopping(self) -> None:
        """Shutting down has begun."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Put the watchdog off once more."""
        self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        name = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        message = "\n".join(line for line in lines if line).encode()
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.setblocking(False)
                sender.sendto(message, name)
        except OSError as error:
            # A manager that does not listen is no reason to stop listening ourselves.
            _LOG.warning("systemd was not reached at %s: %s", self._address, error.strerror)


def watchdog_interval_s(environ: Mapping[str, str] = os.environ) -> float | None:
    """Seconds between pings, or `None` when systemd does not watch this process."""
    timeout_us = environ.get("WATCHDOG_USEC", "")
    watched = environ.get("WATCHDOG_PID") in (None, str(os.getpid()))
    if not watched or not timeout_us.isdigit() or int(timeout_us) == 0:
        return None
    return int(timeout_us) / 1e6 / _PINGS_PER_TIMEOUT


class AudioWatchdog:
    """Keeps systemd's watchdog quiet only while audio moves on.

    A capture thread that died, a loop that hangs, a sound server that delivers nothing: none of
    them makes samples arrive, so none of them keeps the service from being restarted.
    """

    def __init__(
        self,
        notifier: Notifier,
        interval_s: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._notifier = notifier
        self._interval_s = interval_s
        self._clock = clock
        self._samples = 0
        self._due_s = clock()

    def heard(self, samples: int) -> None:
        """Call with the number of samples heard so far; cheap enough for every frame."""
        if samples != self._samples and self._ping():
            self._samples = samples

    def looked_for_device(self) -> None:
        """Call after each attempt to open a microphone that is not there.

        An unplugged microphone is waited for, and restarting would not bring it back. Attempts
        have to come more often than the watchdog's timeout.
        """
        self._ping()

    def _ping(self) -> bool:
        now_s = self._clock()
        if self._interval_s is None or now_s < self._due_s:
            return False
        self._due_s = now_s + self._interval_s
        self._notifier.alive()
        return True


def _one_line(text: str) -> str:
    return " ".join(text.split())
