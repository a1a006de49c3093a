import os
import socket
from collections.abc import Iterator

import pytest

from assistant.app.systemd import AudioWatchdog, Notifier, watchdog_interval_s


class Manager:
    """The service manager's side of a real notification socket."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.socket.setblocking(False)

    def received(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return messages


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path) -> Iterator[Manager]:
    abstract = f"@hearth-test-{os.getpid()}"
    manager = Manager(abstract if request.param == "abstract" else str(tmp_path / "notify"))
    yield manager
    manager.socket.close()


def notifier(manager: Manager) -> Notifier:
    return Notifier.from_environment({"NOTIFY_SOCKET": manager.address})


def test_each_message_is_one_datagram(manager):
    to = notifier(manager)
    to.ready("listening for okay nabu")
    to.status("two\nlines")
    to.stopping()
    assert manager.received() == [
        "READY=1\nSTATUS=listening for okay nabu",
        "STATUS=two lines",
        "STOPPING=1",
    ]


def test_without_a_manager_nothing_happens():
    Notifier.from_environment({}).ready()
    assert watchdog_interval_s({}) is None


def test_a_manager_that_is_gone_is_logged_and_survived(tmp_path, caplog):
    Notifier(str(tmp_path / "gone")).ready()
    assert "systemd was not reached" in caplog.text


def test_a_manager_that_does_not_read_never_blocks(manager):
    to = notifier(manager)
    for _ in range(2000):
        to.alive()
    assert manager.received()[0] == "WATCHDOG=1"


@pytest.mark.parametrize(
    ("environ", "interval_s"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 10.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 10.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_interval_is_a_third_of_the_timeout(environ, interval_s):
    assert watchdog_interval_s(environ) == interval_s


def test_the_watchdog_is_fed_once_an_interval_while_audio_flows(manager):
    clock = Clock()
    watchdog = AudioWatchdog(notifier(manager), 10.0, clock)
    for frame in range(1, 2501):
        watchdog.heard(frame * 160)
        clock.now_s += 0.01
    assert manager.received() == ["WATCHDOG=1"] * 3


def test_the_watchdog_is_not_fed_when_audio_stands_still(manager):
    clock = Clock()
    watchdog = AudioWatchdog(notifier(manager), 10.0, clock)
    watchdog.heard(160)
    assert manager.received() == ["WATCHDOG=1"]
    for _ in range(100):
        clock.now_s += 1
        watchdog.heard(160)
    assert manager.received() == []
    watchdog.heard(320)
    assert manager.received() == ["WATCHDOG=1"]


def test_samples_between_two_pings_count_for_the_next(manager):
    clock = Clock()
    watchdog = AudioWatchdog(notifier(manager), 10.0, clock)
    watchdog.heard(160)
    clock.now_s += 5
    watchdog.heard(320)
    clock.now_s += 5
    watchdog.heard(320)
    assert manager.received() == ["WATCHDOG=1"] * 2


def test_looking_for_a_microphone_keeps_the_service_alive(manager):
    clock = Clock()
    watchdog = AudioWatchdog(notifier(manager), 10.0, clock)
    for _ in range(4):
        watchdog.looked_for_device()
        clock.now_s += 15
    assert manager.received() == ["WATCHDOG=1"] * 4


def test_an_unwatched_service_sends_nothing(manager):
    watchdog = AudioWatchdog(notifier(manager), None)
    watchdog.heard(160)
    watchdog.looked_for_device()
    assert manager.received() == []
