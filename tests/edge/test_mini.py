"""The small model that ships: half of its blocks are gone, and it hears commands all the same."""

import asyncio
from pathlib import Path

import pytest

from assistant.asr.recogniser import load_recogniser
from assistant.commands.transcribe import read_samples
from assistant.edge.model import FILE_NAME, EdgeModel

ROOT = Path(__file__).parents[2]
MINI = ROOT / "models" / "en-mini"


def test_half_of_its_blocks_are_gone_and_the_others_are_small():
    model = EdgeModel.load(MINI / FILE_NAME)
    matrices = [model.matrix(f"encoder.blocks.{layer}.mlp.0") for layer in range(5)]
    assert {matrix.bits for matrix in matrices} == {4}
    assert [matrix.density for matrix in matrices] == pytest.approx([0.5] * 5, abs=0.02)
    assert (MINI / FILE_NAME).stat().st_size < 4e6


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("04-back-door", "lock the back door"),
        ("05-timer", "set a timer for ten minutes"),
        ("08-living-room", "turn on the lights in the living room"),
    ],
)
def test_it_hears_commands(name, said):
    stream = load_recogniser(MINI, runtime="edge").open()
    stream.accept(asyncio.run(read_samples(str(ROOT / "demo" / f"{name}.ogg"))))
    assert said in stream.finish().text
