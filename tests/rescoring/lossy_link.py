"""Two network namespaces and a bad link between them: packets are delayed, and some are lost.

The link is made of two TUN devices, whose packets pass through a thread of the test. So it needs
no kernel module for traffic control, but root.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time
from pathlib import Path

_TUNSETIFF = 0x400454CA
_TUN_WITHOUT_HEADER = 0x1001
_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


def missing():
    """What such a link needs and is not here; empty if nothing."""
    if os.geteuid() != 0:
        return "only root makes network namespaces"
    if not Path("/dev/net/tun").exists():
        return "there is no /dev/net/tun"
    probe = f"hearth-probe-{os.getpid()}"
    try:
        _ip("netns", "add", probe)
        _ip("netns", "del", probe)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no network namespaces: {error}"
    return ""


def _ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def enter(namespace):
    """Move the calling thread into a namespace."""
    with Path("/run/netns", namespace).open() as file:
        if _LIBC.setns(file.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")


def _device(namespace, address):
    """A TUN device in a namespace; its packets are read and written here."""
    enter(namespace)
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH", b"tun0", _TUN_WITHOUT_HEADER))
    _ip("-n", namespace, "addr", "add", f"{address}/24", "dev", "tun0")
    _ip("-n", namespace, "link", "set", "tun0", "up")
    return device


class LossyLink:
    """`client` and `server` are namespaces; the server's address is `SERVER`."""

    SERVER = "10.199.0.2"

    def __init__(self, delay_s, loss):
        self.client, self.server = (f"hearth-{os.getpid()}-{each}" for each in "cs")
        self.lost = self.carried = 0
        self._delay_s, self._loss = delay_s, loss
        self._random = random.Random(0)
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        for namespace in (self.client, self.server):
            _ip("netns", "add", namespace)
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        for namespace in (self.client, self.server):
            _ip("netns", "del", namespace)

    def _run(self):
        ends = [_device(self.client, "10.199.0.1"), _device(self.server, self.SERVER)]
        self._ready.set()
        other = dict(zip(ends, reversed(ends), strict=True))
        under_way = []
        while not self._stop.is_set():
            readable, _, _ = select.select(ends, [], [], 0.005)
            now_s = time.monotonic()
            for device in readable:
                packet = os.read(device, 65_536)
                if self._random.random() < self._loss:
                    self.lost += 1
                    continue
                self.carried += 1
                entry = (now_s + self._delay_s, self.carried, other[device], packet)
                heapq.heappush(under_way, entry)
            while under_way and under_way[0][0] <= now_s:
                _, _, device, packet = heapq.heappop(under_way)
                os.write(device, packet)
        for device in ends:
            os.close(device)
