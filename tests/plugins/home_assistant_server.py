"""As much of Home Assistant's WebSocket API as its clients need, to be told to misbehave.

What Home Assistant really does is tested against the real one, in tests/home_assistant.
"""

import asyncio
import json

from aiohttp import WSMsgType, web

TOKEN = "right"  # noqa: S105


class Server:
    def __init__(self, entities=None, areas=()):
        self.entities = entities or {"light.lamp": ("Lamp", "off")}
        self.areas = list(areas)
        self.floors = {}
        """By area: the name of its floor, and what else it is called."""
        self.aliases = {"light.lamp": ("glow",)}
        self.attributes = {}
        """Those of entities, as Home Assistant gives them."""
        self.unit = None
        """Of temperatures, if it tells."""
        self.agent = None
        """What its agent answers, if it has one: code ("" for no error) and speech by sentence."""
        self.processed = []
        self.calls = []
        self.data = []
        """What each call was given."""
        self.sockets = []
        self.connections = 0
        self.token = TOKEN
        self.deaf = False
        """Whether it takes commands and does nothing."""
        self._runner = None
        self.port = None
        self._subscriptions = []

    async def start(self, ssl=None):
        app = web.Application()
        app.router.add_get("/api/websocket", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port or 0, ssl_context=ssl)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]
        return f"http{'s' if ssl else ''}://127.0.0.1:{self.port}"

    async def stop(self):
        for socket in self.sockets:
            await socket.close()
        await self._runner.cleanup()

    async def send_raw(self, data):
        for socket in self.sockets:
            await (socket.send_bytes if isinstance(data, bytes) else socket.send_str)(data)

    def write(self, data):
        """Bytes that need not be frames."""
        for socket in self.sockets:
            socket._req.transport.write(data)

    async def _serve(self, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "auth_required", "ha_version": "test"})
        said = await socket.receive_json()
        if said.get("access_token") != self.token:
            await socket.send_json({"type": "auth_invalid", "message": "no"})
            await socket.close()
            return socket
        await socket.send_json({"type": "auth_ok", "ha_version": "test"})
        self.connections += 1
        self.sockets.append(socket)
        self._subscriptions = []
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._answer(socket, json.loads(message.data))
        finally:
            self.sockets.remove(socket)
        return socket

    async def _answer(self, socket, command):
        number, kind = command["id"], command["type"]
        if self.deaf and kind == "call_service":
            return
        known = {
            "homeassistant/expose_entity/list": lambda: {
                "exposed_entities": {each: {"conversation": True} for each in self.entities}
            },
            "config/entity_registry/list": lambda: [{"entity_id": e} for e in self.entities],
            "config/entity_registry/get_entries": lambda: {
                each: {
                    "entity_id": each,
                    "area_id": self._area(each),
                    "aliases": [None, *self.aliases.get(each, ())],
                }
                for each in command["entity_ids"]
            },
            "config/device_registry/list": list,
            "config/area_registry/list": lambda: [
                {
                    "area_id": area,
                    "name": area.replace("_", " ").title(),
                    "aliases": [],
                    "floor_id": area if area in self.floors else None,
                }
                for area in self.areas
            ],
            "config/floor_registry/list": lambda: [
                {"floor_id": area, "name": name, "aliases": [*aliases, None]}
                for area, (name, *aliases) in self.floors.items()
            ],
            "get_states": lambda: [
                {"entity_id": each, "state": state, "attributes": {"friendly_name": name}}
                for each, (name, state) in self.entities.items()
            ],
            "subscribe_events": lambda: None,
            "unsubscribe_events": lambda: None,
            "subscribe_entities": lambda: None,
            "call_service": dict,
        }
        if self.unit:
            known["get_config"] = lambda: {"unit_system": {"temperature": self.unit}}
        if self.agent is not None:
            known["conversation/process"] = lambda: self._process(command)
        if kind not in known:
            error = {"code": "unknown_command", "message": "Unknown command."}
            await socket.send_json(
                {"id": number, "type": "result", "success": False, "error": error}
            )
            return
        if kind == "call_service":
            self.calls.append(f"{command['domain']}.{command['service']}")
            self.data.append(command.get("service_data"))
            await self._change(socket, command)
        result = {"id": number, "type": "result", "success": True, "result": known[kind]()}
        await socket.send_json(result)
        if kind == "subscribe_entities":
            self._subscriptions.append(number)
            added = {
                e: {"s": state, "a": self.attributes.get(e, {})}
                for e, (_, state) in self.entities.items()
            }
            await socket.send_json({"id": number, "type": "event", "event": {"a": added}})

    async def _change(self, socket, command):
        new = {"turn_on": "on", "turn_off": "off"}.get(command["service"])
        set_to = {k: v for k, v in command.get("service_data", {}).items() if k == "temperature"}
        plus = {"a": set_to} if set_to else {"s": new}
        changed = {entity: {"+": plus} for entity in command["target"]["entity_id"]}
        for number in self._subscriptions:
            await socket.send_json({"id": number, "type": "event", "event": {"c": changed}})

    def _process(self, command):
        self.processed.append((command["text"], command["agent_id"]))
        code, said = self.agent.get(command["text"], ("no_intent_match", "Sorry, what?"))
        response = {"speech": {"plain": {"speech": said}} if said else {}}
        if code:
            return {"response": {"response_type": "error", "data": {"code": code}, **response}}
        return {"response": {"response_type": "action_done", "data": {}, **response}}

    def _area(self, entity):
        return next((area for area in self.areas if entity.endswith(area)), None)


async def eventually(so, limit_s=5.0):
    async with asyncio.timeout(limit_s):
        while not so():  # noqa: ASYNC110 - it happens over a socket
            await asyncio.sleep(0.01)
