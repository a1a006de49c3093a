"""A clock that tests advance."""

import asyncio


class HandClock:
    def __init__(self):
        self.now_s = 1000.0
        self._sleepers = []

    def now(self):
        return self.now_s

    async def sleep(self, duration_s):
        woken = asyncio.get_running_loop().create_future()
        sleeper = (self.now_s + duration_s, woken)
        self._sleepers.append(sleeper)
        try:
            await woken
        finally:
            if sleeper in self._sleepers:
                self._sleepers.remove(sleeper)

    @property
    def waits_s(self):
        """How long each sleeper still sleeps."""
        return [until_s - self.now_s for until_s, _ in self._sleepers]

    async def turn(self, duration_s):
        """Let time pass; whoever waits for it goes on, and may sleep again within it."""
        end_s = self.now_s + duration_s
        await settle()
        while due := [each for each in self._sleepers if each[0] <= end_s]:
            until_s, woken = min(due, key=lambda each: each[0])
            self.now_s = until_s
            self._sleepers.remove((until_s, woken))
            woken.set_result(None)
            await settle()
        self.now_s = end_s


async def settle():
    """Let every task go on until it waits, threads included."""
    for _ in range(5):
        await asyncio.sleep(0.002)
