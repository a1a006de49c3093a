"""Sound devices that come and go, and give what a test gives them."""

import numpy as np

from assistant.audio.capture import DeviceError


class FakeCapture:
    def __init__(self, device, channels, inbox):
        self.rate, self.channels = device.rate, channels
        self.inbox = inbox
        self.plugged = True
        self.closed = False

    def alive(self):
        return self.plugged

    def close(self):
        self.closed = True

    def give(self, samples, overrun=False):
        block = np.repeat(np.asarray(samples, np.float32)[:, None], self.channels, axis=1)
        self.inbox.put(block, overrun=overrun)


class FakeDriver:
    def __init__(self, *devices):
        self.present = list(devices)
        self.refuse = ""
        self.captures = []
        self.attempts = 0

    def devices(self):
        self.attempts += 1
        return tuple(self.present)

    def open(self, device, channels, inbox):
        if self.refuse:
            raise DeviceError(self.refuse)
        self.captures.append(FakeCapture(device, channels, inbox))
        return self.captures[-1]
