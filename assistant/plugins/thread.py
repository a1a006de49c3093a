"""Keeps a plugin that is not ours from stalling the assistant.

It lives in a thread with an event loop of its own. Whatever it does there, blocking calls included,
the assistant waits for it for a limited time only, and says which plugin it was.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

from assistant.home.model import Area, Change, Device, DeviceState, Home, HomeError, ServiceCall
from assistant.nlu.interpretation import Interpretation
from assistant.plugins.api import Background, Named, Outcome, Plugin, PluginContext, PluginError
from assistant.plugins.http import SharedSession

_LOG = logging.getLogger(__name__)
T = TypeVar("T")

LOAD_S = 10.0
PREPARE_S = 2.0
ACT_S = 10.0
CLOSE_S = 2.0


class PluginThread:
    """A thread with an event loop, in which one plugin lives."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._hangs = False
        thread = threading.Thread(target=self._loop.run_forever, name=f"plugin {name}", daemon=True)
        thread.start()

    def call(self, function: Callable[[], T], limit_s: float) -> T:
        """Call a function there and wait; raises what it raises, or `PluginError` if too slow."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: BLE001 - handed to who waits
                future.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        try:
            return future.result(limit_s)
        except TimeoutError:
            raise PluginError(f"it took longer than {limit_s:g} s") from None

    async def run(self, function: Callable[[], object], limit_s: float) -> Any:  # noqa: ANN401
        """Call a function there, await what it gives if it can be awaited, and give the result."""
        if self._hangs:
            raise PluginError("it still hangs in an earlier command")

        async def there() -> object:
            result = function()
            return await result if inspect.isawaitable(result) else result

        future = asyncio.run_coroutine_threadsafe(there(), self._loop)
        try:
            async with asyncio.timeout(limit_s):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            self._hangs = True
            # Only a loop that runs again clears this.
            self._loop.call_soon_threadsafe(self._recovered)
            raise PluginError(f"it took longer than {limit_s:g} s") from None

    def stop(self) -> None:
        """End the loop, and the thread with it unless it hangs."""
        self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.call_soon(self._loop.stop)

    def _recovered(self) -> None:
        self._hangs = False


class HomeFromThread:
    """The home as a plugin's thread sees it: its calls are made in the assistant's loop."""

    def __init__(self, home: Home) -> None:
        self.name = home.name
        self._home = home
        self.loop: asyncio.AbstractEventLoop | None = None

    async def connect(self) -> None:
        """The assistant connects; a plugin need not."""

    async def close(self) -> None:
        """The assistant closes; a plugin need not."""

    def areas(self) -> Sequence[Area]:
        """The areas known now."""
        return self._home.areas()

    def devices(self) -> Sequence[Device]:
        """The devices known now."""
        return self._home.devices()

    def contacts(self) -> Sequence[str]:
        """Names of people who can be called or messaged."""
        return self._home.contacts()

    async def state(self, device_id: str) -> DeviceState:
        """A device's state now; raises `HomeError`."""
        return await self.cross(lambda: self._home.state(device_id))

    async def call(self, call: ServiceCall) -> Sequence[Change]:
        """Carry out a call and say what changed; raises `HomeError`."""
        return await self.cross(lambda: self._home.call(call))

    async def cross(self, make: Callable[[], Awaitable[T]]) -> T:
        """Await something in the assistant's loop; raises `HomeError` before the plugin started."""

        async def there() -> T:
            return await make()

        if self.loop is None:
            raise HomeError("The home is not there yet: use it from start() on.")
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(there(), self.loop))


class Isolated:
    """A plugin in its thread. Its name and intents are asked for once, when it is loaded."""

    def __init__(
        self, name: str, load: Callable[[PluginContext], Plugin], context: PluginContext
    ) -> None:
        self._thread = PluginThread(name)
        self._home = HomeFromThread(context.home)
        self._announce = context.announce
        self._http = SharedSession()
        inside = replace(
            context,
            home=self._home,
            announce=self._say,
            carry_out=self._there(context.carry_out),
            carry_out_confirmed=self._there(context.carry_out_confirmed),
            understand=self._there(context.understand),
            hush=lambda: False,  # what is being said is none of its business
            voices=None,  # whose voices are known is nobody else's business
            session=self._http.get,  # one of its own: a session belongs to an event loop
        )
        try:
            self._plugin = self._thread.call(lambda: load(inside), LOAD_S)
            self._intents = self._thread.call(lambda: tuple(self._plugin.intents()), LOAD_S)
            self.name = str(self._plugin.name)
        except BaseException:
            self._thread.stop()
            raise
        self._names: tuple[str, ...] = ()

    def intents(self) -> Sequence[str]:
        """Names of the intents that the plugin carries out."""
        return self._intents

    def names(self) -> Sequence[str]:
        """Names that the plugin had when it was started."""
        return self._names

    async def start(self) -> None:
        """Start the plugin; one that cannot start is logged, and its commands fail."""
        self._home.loop = asyncio.get_running_loop()
        try:
            if isinstance(self._plugin, Background):
                await self._thread.run(self._plugin.start, LOAD_S)
            if isinstance(self._plugin, Named):
                self._names = tuple(map(str, await self._thread.run(self._plugin.names, LOAD_S)))
        except Exception:  # noqa: BLE001 - not ours; go on without it
            _LOG.exception("plugin %s cannot start", self.name)

    async def close(self) -> None:
        """Close the plugin, or leave it behind if it does not end."""
        try:
            if isinstance(self._plugin, Background):
                await self._thread.run(self._plugin.close, CLOSE_S)
            if self._http.is_open:
                await self._thread.run(self._http.close, CLOSE_S)
        except Exception:  # noqa: BLE001 - not ours, and it ends anyway
            _LOG.exception("plugin %s did not close", self.name)
        finally:
            self._thread.stop()

    async def prepare(self, interpretation: Interpretation) -> None:
        """Let it prepare, for a short time."""
        self._home.loop = asyncio.get_running_loop()
        await self._thread.run(lambda: self._plugin.prepare(interpretation), PREPARE_S)

    async def act(self, interpretation: Interpretation) -> Outcome:
        """Let it act; raises `PluginError` if it takes too long, or what it raises itself."""
        self._home.loop = asyncio.get_running_loop()
        outcome = await self._thread.run(lambda: self._plugin.act(interpretation), ACT_S)
        if not isinstance(outcome, Outcome):
            raise PluginError(f"act() must give an Outcome, not {type(outcome).__name__}")
        return outcome

    def _there(self, ask: Callable[[str], Awaitable[T]]) -> Callable[[str], Awaitable[T]]:
        """The same question, asked from the plugin's thread."""

        async def there(text: str) -> T:
            return await self._home.cross(lambda: ask(text))

        return there

    def _say(self, text: str) -> None:
        if self._home.loop is not None:
            self._home.loop.call_soon_threadsafe(self._announce, text)
