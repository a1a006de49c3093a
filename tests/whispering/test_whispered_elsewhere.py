"""`whispered` in what `assistant transcribe` and the Wyoming server tell."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("scipy", reason="the extra `train` is not installed, which makes whispers")
pytest.importorskip("wyoming", reason="the extra `wyoming` is not installed")

from wyoming.asr import Transcript
from wyoming.audio import AudioChunk, AudioStop

from assistant import cli
from assistant.app.household import make_household
from assistant.app.whispers import load_whispers
from assistant.audio.vad import SileroVad
from assistant.config import Settings
from assistant.pipeline.worker import Worker
from assistant.whispering.spoken import WhereSpoken
from assistant.wyoming.description import describe
from assistant.wyoming.session import Services, Session
from tests.scripted import Script, ScriptedRecogniser
from training.whisper import whispered

FILE = Path(__file__).parents[1] / "recordings" / "and-the-bedroom-slt.ogg"
SPEECH = soundfile.read(FILE, dtype="int16")[0]
HISS = np.random.default_rng(0).normal(0, 300, 48_000).astype(np.int16)
SOUNDS = {
    "spoken": SPEECH,
    "whispered": whispered(SPEECH),
    "hiss": HISS,
    "silence": np.zeros(48_000, np.int16),
}


def is_as_it_should(name, told):
    """Whether a probability is told where somebody speaks, and is right."""
    if name in ("hiss", "silence"):
        return told is None
    return (told >= 0.5) is (name == "whispered")


def test_hiss_alone_would_count_as_whispered():
    stream = load_whispers().open()
    stream.accept(HISS)
    assert stream.probability() >= 0.5


@pytest.mark.parametrize("pieces", [1, 7, 100])
@pytest.mark.parametrize("name", SOUNDS)
def test_it_is_told_where_somebody_speaks(name, pieces):
    stream = WhereSpoken(load_whispers(), SileroVad).open()
    for piece in np.array_split(SOUNDS[name], pieces):
        stream.accept(piece)
    assert is_as_it_should(name, stream.probability())


def test_transcribe_tells_it(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, samples in SOUNDS.items():
        soundfile.write(f"{name}.wav", samples, 16_000)
    files = [f"{name}.wav" for name in SOUNDS]
    assert cli.main(["transcribe", "--no-personalization", *files]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = {Path(line["file"]).stem: line.get("whispered") for line in lines}
    assert [name for name in SOUNDS if not is_as_it_should(name, told[name])] == []


async def test_the_wyoming_server_tells_it():
    sent, worker = [], Worker()

    async def send(event):
        sent.append(event)

    services = Services(
        info=describe("scripted", ()),
        worker=worker,
        recogniser=ScriptedRecogniser(Script([("and", 0.5)])),
        detector=lambda names: None,
        household=make_household(Settings()),
        bias=tuple,
    )
    session = Session(services, send)
    for name, samples in SOUNDS.items():
        await session.take(AudioChunk(16_000, 2, 1, samples.tobytes()).event())
        await session.take(AudioStop().event())
        context = next(each for each in reversed(sent) if isinstance(each, Transcript)).context
        assert is_as_it_should(name, (context or {}).get("whispered"))
    worker.close()
