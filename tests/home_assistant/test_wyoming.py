"""Home Assistant's own `wyoming` integration hears with Hearth: its pipelines get what we heard."""

import asyncio
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import soundfile

from assistant.audio.source import SAMPLE_RATE

pytest.importorskip("wyoming", reason="the extra `wyoming` is not installed")
pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT = Path(__file__).parents[2]
CHUNK = 1024
_ASSISTANT = "import sys; from assistant.cli import main; sys.exit(main())"
_SETTINGS = """
home: {{kind: home_assistant, url: "{url}", token: !secret home_token}}
wake: {{words: [alexa]}}
"""
_PIPELINE = {
    "name": "Hearth",
    "language": "en",
    "conversation_engine": "homeassistant",
    "conversation_language": "en",
    "stt_engine": "stt.hearth",
    "stt_language": "en",
    "tts_engine": None,
    "tts_language": None,
    "tts_voice": None,
    "wake_word_entity": "wake_word.hearth",
    "wake_word_id": "alexa",
}


@asynccontextmanager
async def hearth(core, folder):
    """`assistant wyoming` in a process of its own; gives its port."""
    (folder / "config.yaml").write_text(_SETTINGS.format(url=core.url))
    secrets = folder / "secrets.yaml"
    secrets.write_text(f"home_token: {core.token}\n")
    secrets.chmod(0o600)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _ASSISTANT, "wyoming", "--port", "0"),
        *("--config", folder / "config.yaml"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    try:
        ready = (await process.stdout.readline()).decode()
        yield int(ready.rsplit(":", 1)[1])
    finally:
        process.terminate()
        await process.wait()


class Assist:
    """A pipeline of Home Assistant that hears with Hearth, and a microphone."""

    def __init__(self, admin, pipeline):
        self.admin = admin
        self.pipeline = pipeline

    async def hear(self, command, wake=None):
        """Everything that happens, by its type, while int16 [n] is spoken."""
        events = asyncio.Queue()
        start, extra = ("wake_word", {"timeout": 0}) if wake is not None else ("stt", {})
        await self.admin.subscribe(
            "assist_pipeline/run",
            events.put_nowait,
            start_stage=start,
            end_stage="intent",
            input={"sample_rate": SAMPLE_RATE, **extra},
            pipeline=self.pipeline,
        )
        happened, waking = {}, None
        async with asyncio.timeout(60):
            while "run-end" not in happened:
                event = await events.get()
                happened[event["type"]] = event["data"]
                if event["type"] == "run-start":
                    number = event["data"]["runner_data"]["stt_binary_handler_id"]
                elif event["type"] == "wake_word-start":
                    waking = asyncio.create_task(self._without_end(number, wake))
                elif event["type"] == "wake_word-end":
                    waking.cancel()
                elif event["type"] == "stt-start":
                    await self._send(number, command)
                    await self._send(number, command[:0])
        return happened

    async def _without_end(self, number, samples):
        """A microphone goes on when nobody speaks, and Home Assistant counts on it."""
        while True:
            await self._send(number, samples)
            samples = np.zeros(CHUNK, np.int16)
            await asyncio.sleep(CHUNK / SAMPLE_RATE)

    async def _send(self, number, samples):
        """Audio; none is its end."""
        for at in range(0, max(1, samples.size), CHUNK):
            part = samples[at : at + CHUNK].tobytes()
            await self.admin._socket.send_bytes(bytes([number]) + part)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def assist(core, tmp_path_factory):
    async with hearth(core, tmp_path_factory.mktemp("hearth")) as port:
        entry = await asyncio.to_thread(
            core.add_integration, "wyoming", host="127.0.0.1", port=port
        )
        admin = await core.admin()
        made = await admin.command("assist_pipeline/pipeline/create", **_PIPELINE)
        yield Assist(admin, made["id"])
        await admin.command("assist_pipeline/pipeline/delete", pipeline_id=made["id"])
        await admin.close()
        await asyncio.to_thread(core.remove_integration, entry)


def recording(name, pause_s):
    """A recording, int16 [n], cut where the pause behind its wake word is."""
    samples, rate = soundfile.read(ROOT / "demo" / f"{name}.ogg", dtype="int16")
    assert rate == SAMPLE_RATE
    return np.split(samples, [round(pause_s * rate)])


async def test_its_services_are_entities_there(assist):
    heard = await assist.admin.command("stt/engine/list", language="en")
    assert {"engine_id": "stt.hearth", "supported_languages": ["en"]} in heard["providers"]
    words = await assist.admin.command("wake_word/info", entity_id="wake_word.hearth")
    assert words == {"wake_words": [{"id": "alexa", "name": "alexa", "phrase": "alexa"}]}


async def state(assist, entity):
    states = await assist.admin.command("get_states")
    return next(each for each in states if each["entity_id"] == entity)


async def test_a_command_heard_by_hearth_is_carried_out_there(assist):
    await assist.admin.command(
        "call_service",
        domain="light",
        service="turn_off",
        target={"entity_id": "light.kitchen_lights"},
    )
    _, command = recording("01-kitchen-light", 1.35)
    happened = await assist.hear(command)
    assert happened["stt-end"]["stt_output"]["text"] == "turn on the kitchen light"
    assert (await state(assist, "light.kitchen_lights"))["state"] == "on"


async def test_the_wake_word_is_detected_by_hearth_and_then_the_command(assist):
    wake, command = recording("12-garage", 1.3)
    happened = await assist.hear(command, wake)
    assert happened["wake_word-end"]["wake_word_output"]["wake_word_id"] == "alexa"
    assert happened["stt-end"]["stt_output"]["text"] == "open the garage door"


async def test_silence_is_no_command(assist):
    happened = await assist.hear(np.zeros(SAMPLE_RATE, np.int16))
    assert happened["error"]["code"] == "stt-no-text-recognized"
