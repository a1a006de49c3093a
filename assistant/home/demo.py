"""The embedded demo home: every common kind of device, in memory, deterministic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from assistant.home.demo_devices import AREAS, CONTACTS, SCENES, demo_devices
from assistant.home.demo_services import SERVICES
from assistant.home.model import Area, Change, Device, DeviceState, HomeError, ServiceCall


class DemoHome:
    """A `Home` that needs no network. Two of them given the same calls are always in one state."""

    name = "demo"
    temperature_unit = "celsius"

    def __init__(self, contacts: Callable[[], Sequence[str]] = tuple) -> None:
        self._contacts = contacts
        self._devices = tuple(device for device, _ in demo_devices())
        self._states = {device.id: state for device, state in demo_devices()}
        self.messages: list[tuple[str, str]] = []
        """Messages and calls that the home was asked to make: contact and text."""

    async def connect(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing to let go of."""

    def areas(self) -> Sequence[Area]:
        """The areas of the demo home."""
        return AREAS

    def devices(self) -> Sequence[Device]:
        """The devices of the demo home."""
        return self._devices

    def contacts(self) -> Sequence[str]:
        """People who can be called or messaged: those given, and some invented ones."""
        return tuple(dict.fromkeys([*self._contacts(), *CONTACTS]))

    async def state(self, device_id: str) -> DeviceState:
        """A device's state now; raises `HomeError` for a device that is not there."""
        try:
            return self._states[device_id]
        except KeyError:
            raise HomeError(f"There is no device {device_id} in the demo home.") from None

    def follow(self, entity_id: str) -> None:
        """All states are known."""

    def sensed(self, entity_id: str) -> DeviceState | None:
        """A device's state now; `None` for one that is not there."""
        return self._states.get(entity_id)

    async def call(self, call: ServiceCall) -> Sequence[Change]:
        """Carry out a call on all its targets, or on none if one of them refuses."""
        if call.domain == "notify":
            return self._notify(call)
        if call.domain == "scene" and call.service == "turn_on":
            return [change for scene in call.targets for change in self._activate(scene)]
        new = {target: await self._after(call, target) for target in call.targets}
        return [change for target, state in new.items() for change in self._set(target, state)]

    async def _after(self, call: ServiceCall, target: str) -> DeviceState:
        state = await self.state(target)
        domain = target.partition(".")[0] if call.domain == "homeassistant" else call.domain
        service = SERVICES.get(f"{domain}.{call.service}")
        if service is None or not target.startswith(f"{domain}."):
            raise HomeError(f"{target} does not support {call.domain}.{call.service}.")
        return service(state, call.data)

    def _activate(self, scene: str) -> Iterator[Change]:
        if scene not in SCENES:
            raise HomeError(f"There is no scene {scene} in the demo home.")
        for device, (word, attributes) in SCENES[scene].items():
            old = self._states[device]
            yield from self._set(
                device, replace(old, state=word, attributes={**old.attributes, **attributes})
            )

    def _set(self, device: str, new: DeviceState) -> list[Change]:
        old, self._states[device] = self._states[device], new
        changes = [
            Change(device, key, old.attributes.get(key), value)
            for key, value in new.attributes.items()
            if old.attributes.get(key) != value
        ]
        if old.state != new.state:
            changes.insert(0, Change(device, "state", old.state, new.state))
        return changes

    def _notify(self, call: ServiceCall) -> Sequence[Change]:
        text = str(call.data.get("message", ""))
        for contact in call.targets:
            if contact not in self.contacts():
                raise HomeError(f"{contact} is not among the contacts.")
            self.messages.append((contact, text))
        return [Change(contact, call.service, None, text) for contact in call.targets]
