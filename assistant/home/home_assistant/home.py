"""Home Assistant as a `Home`: connected, live, and honest when it is not there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from assistant.audio.clock import Clock, MonotonicClock
from assistant.home.home_assistant.catalogue import Catalogue, read_catalogue
from assistant.home.home_assistant.connection import Address, CommandError, Connection, RefusedError
from assistant.home.home_assistant.expectations import expected
from assistant.home.home_assistant.extras import with_extras
from assistant.home.home_assistant.states import States, changes
from assistant.home.model import (
    Area,
    Change,
    Device,
    DeviceState,
    HomeError,
    NotUnderstoodError,
    ServiceCall,
)

_LOG = logging.getLogger(__name__)
PAUSES_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
"""Between attempts to connect; the last one repeats."""
_SETTLE_S = 0.5
"""Registries change in bursts; they are read again when it has been quiet so long."""
_STATES_S = 5.0
_CONFIRM_S = 3.0
_NOTICE_S = 0.5
"""How long a change is waited for where we cannot know what it should be."""
_REGISTRIES = ("entity", "device", "area", "floor")
_UNREACHABLE = "I cannot reach Home Assistant now."
_UNDERSTOOD = ("failed_to_handle", "unknown")
"""Codes of errors that come after a sentence was understood."""
_STUCK = {
    "jammed": "is jammed",
    "unavailable": "cannot be reached",
    "unknown": "cannot be reached",
}
"""States that nothing comes of, and how to say so."""


class HomeAssistantHome:
    """A `Home` over Home Assistant's WebSocket API.

    `connect` raises what is wrong, and goes on trying in the background unless the token was
    refused: Home Assistant may only be starting.
    """

    name = "home_assistant"

    def __init__(
        self,
        address: Address,
        token: str,
        contacts: Callable[[], Sequence[str]] = tuple,
        clock: Clock | None = None,
    ) -> None:
        self._address = address
        self._token = token
        self._contacts = contacts
        self._clock = clock or MonotonicClock()
        self._catalogue = Catalogue()
        self._states = States()
        self._connection: Connection | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._why_not = _UNREACHABLE
        self._subscriptions: list[int] = []
        """To the states of entities."""
        self._stale = asyncio.Event()
        self._followed: set[str] = set()
        """Entities to know of, exposed or not."""

    async def connect(self) -> None:
        """Connect, and stay so; raises `HomeError` if the first attempt fails."""
        first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keeper = asyncio.create_task(self._keep(first))
        await first

    async def close(self) -> None:
        """Disconnect for good."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    def areas(self) -> Sequence[Area]:
        """The areas known when it was last connected."""
        return self._catalogue.areas

    def devices(self) -> Sequence[Device]:
        """The exposed entities known when it was last connected."""
        return self._catalogue.devices

    @property
    def temperature_unit(self) -> str | None:
        """`celsius` or `fahrenheit`; `None` before it was connected."""
        return self._catalogue.temperature_unit

    def contacts(self) -> Sequence[str]:
        """The people in the settings."""
        return self._contacts()

    async def state(self, device_id: str) -> DeviceState:
        """An entity's state; of lists and the weather also what is in them."""
        connection = self._connected()
        state = self._states.get(device_id)
        if state is None:
            raise HomeError(f"Home Assistant no longer shows {self._label(device_id)}.")
        return await with_extras(connection, device_id, state)

    def follow(self, entity_id: str) -> None:
        """From now on be told of an entity's changes, whether it is exposed or not."""
        self._followed.add(entity_id)
        self._stale.set()

    def sensed(self, entity_id: str) -> DeviceState | None:
        """An entity's state now; `None` while nothing is known of it."""
        return self._states.get(entity_id)

    async def call(self, call: ServiceCall) -> Sequence[Change]:
        """Call a service, and wait until the entities are as they should be."""
        connection = self._connected()
        if call.domain == "notify":
            raise HomeError("This home has no way to call people or to write to them.")
        before = {target: self._known(target) for target in call.targets}
        await connection.command(
            "call_service",
            domain=call.domain,
            service=call.service,
            service_data=dict(call.data),
            target={"entity_id": list(call.targets)},
        )
        await self._confirm(call, before)
        return [
            change
            for target, old in before.items()
            for change in changes(target, old, self._known(target))
        ]

    async def process(self, text: str) -> str:
        """What Home Assistant's own agent, which runs there, answers to a sentence it acts on.

        Raises `HomeError` with the answer where it does not act.
        """
        try:
            answer = await self._connected().command(
                "conversation/process", text=text, language="en", agent_id="homeassistant"
            )
        except CommandError as error:
            raise NotUnderstoodError(str(error)) from None  # it has no agent, or a broken one
        response = answer["response"]
        said = str(response["speech"].get("plain", {}).get("speech", ""))
        if response.get("response_type") != "error":
            return said or "Done."
        code = response.get("data", {}).get("code")
        # Whatever else goes wrong does so in something that it did understand.
        raise HomeError(said) if code in _UNDERSTOOD else NotUnderstoodError(said)

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed.done():
            raise HomeError(self._why_not)
        return self._connection

    def _known(self, entity_id: str) -> DeviceState:
        return self._states.get(entity_id) or DeviceState("unknown")

    def _label(self, entity_id: str) -> str:
        names = (device.name for device in self._catalogue.devices if device.id == entity_id)
        return next(names, entity_id)

    async def _confirm(self, call: ServiceCall, before: Mapping[str, DeviceState]) -> None:
        """Wait for the states; raises `HomeError` naming what did not follow."""
        wanted = expected(call)
        if wanted is None:
            await self._states.wait_until(
                lambda: any(self._known(target) != old for target, old in before.items()),
                _NOTICE_S,
            )
            return

        def waiting() -> list[str]:
            return [target for target in call.targets if not wanted(self._known(target))]

        def stuck() -> list[str]:
            return [target for target in waiting() if self._known(target).state in _STUCK]

        done = await self._states.wait_until(lambda: waiting() == stuck(), _CONFIRM_S)
        if done and not waiting():
            return
        troubles = [self._trouble(target) for target in waiting()]
        raise HomeError(f"{'; '.join(troubles)}.")

    def _trouble(self, entity_id: str) -> str:
        state, name = self._known(entity_id).state, self._label(entity_id)
        return f"{name} {_STUCK.get(state, 'did not do it in time')}"

    async def _keep(self, first: asyncio.Future[None]) -> None:
        """Connect again and again until closed or refused."""
        failures = 0
        while True:
            try:
                await self._live(first)
                failures = 0
            except HomeError as error:
                refused = isinstance(error, RefusedError)
                if not first.done():
                    first.set_exception(error)  # whoever connects says it
                else:
                    _LOG.log(logging.WARNING if refused else logging.DEBUG, "%s", error)
                if refused:
                    self._why_not = str(error)
                    return
                failures += 1
            await self._clock.sleep(PAUSES_S[min(failures, len(PAUSES_S) - 1)])

    async def _live(self, first: asyncio.Future[None]) -> None:
        """One connection from its beginning to its end."""
        connection = await Connection.open(self._address, self._token)
        try:
            await self._follow(connection)
            self._connection = connection
            count = len(self._catalogue.devices)
            _LOG.info("connected to Home Assistant %s, %d entities", connection.version, count)
            if not first.done():
                first.set_result(None)
            await self._refresh_until_closed(connection)
        finally:
            self._connection = None
            self._states.clear()
            await connection.close()
        _LOG.warning("the connection to Home Assistant was lost; trying again")

    async def _follow(self, connection: Connection) -> None:
        """Read everything, and be told of changes from now on."""
        self._stale.clear()
        self._subscriptions.clear()
        for registry in _REGISTRIES:
            await connection.subscribe(
                "subscribe_events",
                lambda _event: self._stale.set(),
                event_type=f"{registry}_registry_updated",
            )
        await self._read(connection)

    async def _read(self, connection: Connection) -> None:
        """The catalogue as it is now, and the states of all that is in it."""
        catalogue = await read_catalogue(connection)
        while self._subscriptions:
            await connection.unsubscribe(self._subscriptions.pop())
        follow = partial(connection.subscribe, "subscribe_entities", self._states.take)
        if ids := [device.id for device in catalogue.devices]:
            self._subscriptions.append(await follow(entity_ids=ids))
            there = self._states.get
            await self._states.wait_until(lambda: all(map(there, ids)), _STATES_S)
        for entity_id in self._followed.difference(ids):
            try:  # Each by itself: one that is refused takes no other away.
                self._subscriptions.append(await follow(entity_ids=[entity_id]))
            except CommandError as error:
                _LOG.warning("%s is not followed: %s", entity_id, error)
                self._followed.discard(entity_id)
        self._catalogue = catalogue

    async def _refresh_until_closed(self, connection: Connection) -> None:
        while not connection.closed.done():
            stale = asyncio.create_task(self._stale.wait())
            try:
                await asyncio.wait({stale, connection.closed}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                stale.cancel()
            if self._stale.is_set() and not connection.closed.done():
                await self._clock.sleep(_SETTLE_S)
                self._stale.clear()
                await self._read(connection)
                _LOG.debug("Home Assistant's names were read again")
