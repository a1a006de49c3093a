import asyncio
import ssl
import subprocess

import pytest
from aiohttp import web

from assistant.app.assembly import favoured
from assistant.app.household import make_household
from assistant.config.settings import HomeSettings, Settings
from assistant.home.home_assistant.connection import Address
from assistant.home.home_assistant.home import HomeAssistantHome
from assistant.home.model import HomeError, ServiceCall
from tests.hand_clock import HandClock
from tests.plugins.home_assistant_server import TOKEN, Server, eventually

TURN_ON = ServiceCall("light", "turn_on", ("light.lamp",))


@pytest.fixture
async def server():
    server = Server()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def home(server):
    home = HomeAssistantHome(Address(f"http://127.0.0.1:{server.port}"), TOKEN, clock=HandClock())
    await home.connect()
    yield home
    await home.close()


def message_of(error):
    return str(error.value)


async def test_entities_areas_and_aliases_are_known(home):
    (lamp,) = home.devices()
    assert (lamp.name, lamp.domain, lamp.aliases) == ("Lamp", "light", ("glow",))
    assert (await home.state("light.lamp")).state == "off"


async def test_a_call_tells_what_changed(home, server):
    (change,) = await home.call(TURN_ON)
    assert (change.attribute, change.before, change.after) == ("state", "off", "on")
    assert server.calls == ["light.turn_on"]


async def test_garbage_is_ignored(home, server, caplog):
    for garbage in (
        "",
        "{",
        "null",
        "[1, 2]",
        '{"id": "x"}',
        '{"id": 99999, "type": "result", "success": true}',
        '{"id": 5, "type": "event", "event": {"c": {"light.lamp": 3}}}',
        '{"id": 5, "type": "event", "event": 7}',
        b"\x00\xff",
    ):
        await server.send_raw(garbage)
    assert (await home.call(TURN_ON))[0].after == "on"
    assert server.connections == 1
    assert "ignored" in caplog.text


@pytest.mark.parametrize(
    "garbage",
    [b"\xff" * 64, b"\x81\x7f\0\0\1\0\0\0\0\0", b"HTTP/1.1 500 No\r\n\r\n", b"\x81\x02\xc3\x28"],
    ids=["reserved bits", "a terabyte", "HTTP", "no UTF-8"],
)
async def test_bytes_that_are_no_frames_end_one_connection(home, server, garbage):
    server.deaf = True
    command = asyncio.create_task(home.call(TURN_ON))
    await asyncio.sleep(0)
    server.write(garbage)
    with pytest.raises(HomeError, match="The connection to Home Assistant was lost"):
        await command
    server.deaf = False
    await eventually(lambda: home._clock.waits_s)
    await home._clock.turn(60)
    await eventually(lambda: home._connection is not None)
    assert (server.connections, server.calls) == (2, [])
    assert (await home.call(TURN_ON))[0].after == "on"


async def test_it_reconnects_after_growing_pauses(home, server):
    await server.stop()
    await eventually(lambda: home._connection is None)
    with pytest.raises(HomeError, match="I cannot reach Home Assistant now"):
        await home.call(TURN_ON)
    pauses = []
    for _ in range(4):
        await eventually(lambda: home._clock.waits_s)
        pauses += home._clock.waits_s
        await home._clock.turn(pauses[-1])
        await asyncio.sleep(0.05)
    assert pauses == sorted(pauses)
    assert pauses[-1] > pauses[0]
    await server.start()
    await eventually(lambda: home._clock.waits_s)
    await home._clock.turn(60)
    await eventually(lambda: home._connection is not None)
    assert server.calls == []
    assert (await home.call(TURN_ON))[0].after == "on"


async def test_a_call_that_is_not_answered_does_not_hang(home, server, monkeypatch):
    monkeypatch.setattr("assistant.home.home_assistant.connection._ANSWER_S", 0.1)
    server.deaf = True
    with pytest.raises(HomeError, match="did not answer within"):
        await home.call(TURN_ON)


async def test_an_entity_that_does_not_follow_is_named(home, server, monkeypatch):
    monkeypatch.setattr("assistant.home.home_assistant.home._CONFIRM_S", 0.1)
    monkeypatch.setattr(server, "_change", lambda *_: asyncio.sleep(0))
    with pytest.raises(HomeError, match="Lamp did not do it in time"):
        await home.call(TURN_ON)


async def test_a_home_that_starts_later_is_found(server):
    url = f"http://127.0.0.1:{server.port}"
    await server.stop()
    home = HomeAssistantHome(Address(url), TOKEN, clock=HandClock())
    with pytest.raises(HomeError, match=r"cannot be reached at http://127\.0"):
        await home.connect()
    await server.start()
    await eventually(lambda: home._clock.waits_s)
    await home._clock.turn(60)
    await eventually(home.devices)
    await home.close()


async def test_a_refused_token_is_tried_once(server, caplog):
    home = HomeAssistantHome(
        Address(f"http://127.0.0.1:{server.port}"), "wrong-secret", clock=HandClock()
    )
    with pytest.raises(HomeError, match="refuses the token: it was revoked or is not whole"):
        await home.connect()
    await asyncio.sleep(0.05)
    assert home._keeper.done()
    with pytest.raises(HomeError, match="refuses the token"):
        await home.call(TURN_ON)
    assert "wrong-secret" not in caplog.text
    await home.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:{port}/elsewhere", "There is no Home Assistant at .* \\(HTTP 404\\)"),
        ("http://nowhere.invalid:8123", "cannot be reached at http://nowhere.invalid:8123"),
        ("http://127.0.0.1:1", "cannot be reached at http://127.0.0.1:1"),
        ("https://127.0.0.1:{port}", "There is no HTTPS at https://127.* write `http://` in `url`"),
        ("http://", "There is no Home Assistant at http://"),
    ],
)
async def test_a_wrong_address_is_said(server, url, said):
    home = HomeAssistantHome(Address(url.format(port=server.port)), TOKEN, clock=HandClock())
    with pytest.raises(HomeError, match=said):
        await home.connect()
    await home.close()


async def test_a_server_that_is_something_else_is_said():
    async def other(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str("hello")
        await socket.close()
        return socket

    app = web.Application()
    app.router.add_get("/api/websocket", other)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    home = HomeAssistantHome(Address(f"http://127.0.0.1:{port}"), TOKEN, clock=HandClock())
    with pytest.raises(HomeError, match="There is no Home Assistant at"):
        await home.connect()
    await home.close()
    await runner.cleanup()


@pytest.fixture
def certificate(tmp_path):
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"),
        ],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("openssl cannot make a certificate here")
    return tmp_path / "cert.pem"


@pytest.fixture
async def secure(certificate):
    """A server with a certificate, and its URL."""
    server = Server()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    yield server, await server.start(context)
    await server.stop()


async def test_a_server_that_speaks_https_only_is_said(secure, caplog):
    _, url = secure
    plain = url.replace("https", "http")
    settings = HomeSettings(kind="home_assistant", url=plain, token=TOKEN)
    house = make_household(Settings(home=settings))
    await house.start()
    assert f"What is at {plain} speaks HTTPS only: write `https://` in `url`." in caplog.text
    await house.close()


async def test_a_self_signed_certificate_has_to_be_named(certificate, secure):
    _, url = secure
    settings = HomeSettings(kind="home_assistant", url=url, token=TOKEN)
    stranger = make_household(Settings(home=settings)).home
    with pytest.raises(HomeError, match=r"is not trusted.*set `certificate` to its file"):
        await stranger.connect()
    await stranger.close()
    trusting = HomeSettings(kind="home_assistant", url=url, token=TOKEN, certificate=certificate)
    home = make_household(Settings(home=trusting)).home
    await home.connect()
    assert len(home.devices()) == 1
    await home.close()


async def test_a_thousand_entities_are_known():
    areas = [f"area{index}" for index in range(100)]
    server = Server(
        {f"light.{n}_{area}": (f"{area} light {n}", "off") for area in areas for n in range(10)},
        areas,
    )
    url = await server.start()
    home = HomeAssistantHome(Address(url), TOKEN)
    await home.connect()
    assert len(home.devices()) == 1000
    assert {device.area_id for device in home.devices()} == set(areas)
    await home.close()
    await server.stop()


async def test_a_household_without_its_home_refuses_aloud(server, caplog):
    await server.stop()
    settings = HomeSettings(
        kind="home_assistant", url=f"http://127.0.0.1:{server.port}", token=TOKEN
    )
    household = make_household(Settings(home=settings))
    await household.start()
    assert "cannot be reached at" in caplog.text
    replies = []
    for said in ("turn on the lamp", "lorem ipsum dolor"):
        outcome = await household.texts.later(said)
        assert not outcome.success
        replies.append(outcome.reply)
    assert replies == ["I cannot reach Home Assistant now."] * 2
    await household.close()
    await server.start()


@pytest.fixture
async def house(server):
    url = f"http://127.0.0.1:{server.port}"
    house = make_household(Settings(home=HomeSettings(kind="home_assistant", url=url, token=TOKEN)))
    await house.start()
    yield house
    await house.close()


async def test_a_home_assistant_without_an_agent_leaves_the_answer_to_hearth(house):
    outcome = await house.texts.later("turn on the disco")
    assert (outcome.success, outcome.reply) == (False, "I know no device called disco.")


AGENT = {
    "start the disco": ("", "Disco it is"),
    "activate the siren": ("", ""),
    "turn on the oven": ("no_valid_targets", "Sorry, I am not aware of any device called oven"),
    "turn on the sauna": ("failed_to_handle", "The sauna is broken"),
}
ANSWERS = [
    ("start the disco", True, "Disco it is"),
    ("activate the siren", True, "Done."),
    ("turn on the oven", False, "I know no device called oven."),
    ("turn on the sauna", False, "The sauna is broken"),
    ("turn on the moat", False, "I know no device called moat."),
    ("what is the moat", False, "Sorry, what?"),
]


@pytest.mark.parametrize(("said", "done", "reply"), ANSWERS, ids=[said for said, *_ in ANSWERS])
async def test_an_agent_that_refuses_is_told_from_one_that_fails(house, server, said, done, reply):
    server.agent = AGENT
    outcome = await house.texts.later(said)
    assert (outcome.success, outcome.reply) == (done, reply)
    assert server.processed == [(said, "homeassistant")]
    assert (await house.texts.later("turn on the lamp")).reply == "Turned on the Lamp."
    assert len(server.processed) == 1


async def test_an_agent_that_takes_too_long_is_said(house, server, monkeypatch):
    monkeypatch.setattr("assistant.home.home_assistant.connection._ANSWER_S", 0.1)
    server.agent = AGENT
    monkeypatch.setattr(server, "_answer", lambda *_: asyncio.sleep(0))
    outcome = await house.texts.later("start the disco")
    assert (outcome.success, outcome.reply) == (
        False,
        "Home Assistant did not answer within 0.1 s.",
    )


async def test_floors_are_known_by_their_aliases_and_as_they_are_said():
    lamps = {f"light.{area}": (f"{area} lamp", "on") for area in ("den", "hall")}
    server = Server(lamps, ["den", "hall", "loft"])
    server.floors = {"den": ("2F", "upstairs"), "hall": ("1st floor", "downstairs")}
    server.floors["loft"] = ("Attic", "")
    settings = HomeSettings(kind="home_assistant", url=await server.start(), token=TOKEN)
    house = make_household(Settings(home=settings))
    await house.start()
    for said, floor, lamp in (
        ("turn off the lights upstairs", "2F", "light.den"),
        ("turn off the 2f lights", "2F", "light.den"),
        ("turn off two f lights", "2F", "light.den"),
        ("dim the lights on two f", "2F", "light.den"),
        ("turn off everything upstairs", "2F", "light.den"),
        ("turn off the lights downstairs", "1st floor", "light.hall"),
        ("turn off the lights on the first floor", "1st floor", "light.hall"),
    ):
        meant = house.understanding.interpret_text(said)
        assert (meant.slots["floor"], meant.targets) == (floor, (lamp,)), said
    empty = await house.texts.later("turn off the lights in the attic")
    assert empty.reply == "There is no light in the Attic."
    assert {"2F", "upstairs", "Attic"} <= {each.text for each in favoured(Settings(), house)}
    await house.close()
    await server.stop()
