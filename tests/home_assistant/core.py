"""A real Home Assistant Core in a process of its own, with its demo devices, set up over HTTP."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from assistant.home.home_assistant.connection import Address, Connection

HASS = Path(__file__).parents[2] / ".venv-home-assistant" / "bin" / "hass"
_START_S = 120
_STOP_S = 30
_CONFIGURATION = """
homeassistant:
  {{name: Test, latitude: 52, longitude: 4, elevation: 0, unit_system: metric,
    time_zone: UTC, country: NL, language: en}}
http: {{server_host: 127.0.0.1, server_port: {port}}}
api:
websocket_api:
demo:
conversation:
automation:
  - alias: Magic
    trigger: {{platform: conversation, command: [abracadabra]}}
    action: [{{set_conversation_response: It is done}}]
  - alias: Disco
    trigger: {{platform: conversation, command: [start the disco, turn on party mode]}}
    action: [{{set_conversation_response: Disco it is}}]
  - alias: Blinds
    trigger: {{platform: conversation, command: close the living room blinds}}
    action: [{{set_conversation_response: Down they go}}]
input_boolean: {{tidy: {{name: Tidy}}, somebody: {{name: Somebody}}}}
script:
  flat:
    alias: Clean the flat
    sequence: [{{service: input_boolean.turn_on, target: {{entity_id: input_boolean.tidy}}}}]
  slow: {{alias: Slow thing, sequence: [{{delay: 3}}]}}
logger: {{default: warning}}
"""
SHOWN = (
    "automation.disco",
    "humidifier.dehumidifier",
    "humidifier.humidifier",
    "input_boolean.tidy",
    "lock.front_door",
    "lock.kitchen_door",
    "media_player.kitchen",
    "media_player.living_room",
    "script.flat",
    "script.slow",
    "todo.shopping_list",
    "vacuum.0_ground_floor",
    "weather.demo_weather_north",
)
"""Exposed as well; the demo gives most of these no identity, so no area or alias either."""
AREAS = {
    "Kitchen": (
        "light.kitchen_lights",
        "switch.decorative_lights",
        "cover.kitchen_window",
    ),
    "Living Room": (
        "light.living_room_rgbww_lights",
        "cover.living_room_window",
        "fan.living_room_fan",
        "climate.heatpump",
    ),
    "Bedroom": (
        "light.bed_light",
        "light.ceiling_lights",
        "fan.ceiling_fan",
        "climate.hvac",
    ),
    "Office": ("light.office_rgbw_lights", "switch.ac"),
    "Hallway": ("cover.hall_window",),
    "Garage": ("cover.garage_door",),
}
ALIASES = {
    "fan.ceiling_fan": ["bedroom fan"],
    "switch.ac": ["air conditioner"],
    "climate.heatpump": ["heat pump", "thermostat"],
    "light.office_rgbw_lights": ["office light"],
}


class Core:
    """The process, its address and a token."""

    def __init__(self, folder: Path):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "configuration.yaml").write_text(_CONFIGURATION.format(port=self.port))
        self.token = ""
        self._process = None

    def start(self):
        log = (self.folder / "output.log").open("ab")
        self._process = subprocess.Popen(
            [HASS, "-c", self.folder],
            stdout=log,
            stderr=log,
            env=os.environ | {"PATH": f"{HASS.parent}:{os.environ['PATH']}"},
            start_new_session=True,
        )
        for _ in range(_START_S * 2):
            try:
                self._get("/manifest.json")
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.5)
                assert self._process.poll() is None, (self.folder / "output.log").read_text()
            else:
                return
        raise TimeoutError((self.folder / "output.log").read_text())

    def stop(self, how=signal.SIGTERM):
        """Tell it to end, and kill it if it does not: on a busy machine it may take minutes."""
        if self._process is None:
            return
        process, self._process = self._process, None
        for number, limit_s in ((how, _STOP_S), (signal.SIGKILL, None)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(limit_s)
                return

    def onboard(self):
        client = f"{self.url}/"
        user = {
            "client_id": client,
            "name": "Test",
            "username": "test",
            "password": "only-for-tests",
            "language": "en",
        }
        code = self._post("/api/onboarding/users", json.dumps(user).encode())["auth_code"]
        grant = {"grant_type": "authorization_code", "code": code, "client_id": client}
        answer = self._post("/auth/token", urllib.parse.urlencode(grant).encode(), kind="form")
        self.token = answer["access_token"]

    async def admin(self) -> Connection:
        return await Connection.open(Address(self.url), self.token)

    async def running(self):
        """Wait until everything is set up; it answers before that."""
        admin = await self.admin()
        while (await admin.command("get_config"))["state"] != "RUNNING":  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        await admin.close()

    async def furnish(self):
        """Areas, their devices and aliases; a long-lived token in place of the short one."""
        await self.running()
        self.add_integration("shopping_list")
        admin = await self.admin()
        for area, entities in AREAS.items():
            area_id = await _area_id(admin, area)
            for entity in entities:
                await admin.command(
                    "config/entity_registry/update",
                    entity_id=entity,
                    area_id=area_id,
                    aliases=ALIASES.get(entity, []),
                )
        await admin.command(
            "homeassistant/expose_entity",
            assistants=["conversation"],
            entity_ids=[
                *(entity for entities in AREAS.values() for entity in entities),
                *SHOWN,
            ],
            should_expose=True,
        )
        self.token = await admin.command(
            "auth/long_lived_access_token", client_name="Hearth", lifespan=30
        )
        await admin.close()

    def add_integration(self, handler, **fields):
        """Fill in its form, as in the settings; gives the id of its entry."""
        flows = "/api/config/config_entries/flow"
        form = self._post(flows, json.dumps({"handler": handler}).encode())
        done = self._post(f"{flows}/{form['flow_id']}", json.dumps(fields).encode())
        assert done["type"] == "create_entry", done
        return done["result"]["entry_id"]

    def remove_integration(self, entry_id):
        path = f"/api/config/config_entries/entry/{entry_id}"
        self._send(urllib.request.Request(self.url + path, method="DELETE"))  # noqa: S310

    def reload_integration(self, domain):
        """Set it up anew; the demo's devices are as they were in the beginning."""
        path = f"{self.url}/api/config/config_entries/entry"
        for entry in self._send(urllib.request.Request(path)):  # noqa: S310
            if entry["domain"] == domain:
                self._post(f"/api/config/config_entries/entry/{entry['entry_id']}/reload", b"")

    def _get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:  # noqa: S310
            return answer.read()

    def _post(self, path, body, kind="json"):
        types = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
        headers = {"Content-Type": types[kind]}
        return self._send(urllib.request.Request(self.url + path, body, headers))  # noqa: S310

    def _send(self, request):
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)


async def _area_id(admin, name):
    for area in await admin.command("config/area_registry/list"):
        if area["name"] == name:
            return area["area_id"]
    return (await admin.command("config/area_registry/create", name=name))["area_id"]
