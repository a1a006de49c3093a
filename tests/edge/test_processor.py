"""The processor model: what it counts, and that it counts what is executed."""

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from assistant.edge import processor, report
from assistant.edge.emulate import Emulator, kept_on_chip
from assistant.edge.errors import EdgeFormatError
from assistant.edge.model import EdgeModel
from assistant.edge.network import EdgeNetwork
from assistant.edge.program import Linear, Program, Rows
from assistant.edge.quantise import quantise
from assistant.edge.reference import Reference

NPU = processor.load("edge-npu")
NONE = Rows(0, 0, 0)


@pytest.fixture
def counted(rng):
    """What a product of 8 rows with a matrix costs."""

    def count(description, sparsity=None, bits=8, kept=frozenset()):
        weights = np.abs(rng.normal(size=(64, 128))).astype(np.float32) + 1
        matrix = quantise("m", weights, None, bits, sparsity)
        step = Linear(matrix, Rows(0, 128, 8), Rows(1024, 64, 8))
        emulator = Emulator(description, Reference(), kept)
        arena = np.ones(2048, np.float32)
        emulator.run(Program((step,), 0, {}, NONE, 0), arena)
        assert arena[1024:1536].any()
        return emulator.total, matrix

    return count


def test_multiplications_bytes_and_cycles_of_a_product(counted):
    cost, matrix = counted(NPU)
    assert cost.multiplications == 8 * 64 * 128
    assert cost.skipped == 0
    assert cost.bus_bytes == matrix.nbytes
    assert cost.multiplying == 8 * 64 * 128 / 256
    assert cost.decoding == 64 * 128 / 16
    assert cost.moving == matrix.nbytes / (3.2e9 / 500e6)
    assert cost.bound == "bus"
    slowest = max(cost.multiplying, cost.decoding, cost.moving)
    assert cost.cycles == slowest + cost.vector + 200


def test_zero_blocks_cost_nothing(counted):
    dense, sparse = counted(NPU)[0], counted(NPU, 0.5)[0]
    assert sparse.multiplications == sparse.skipped == dense.multiplications / 2
    assert dense.bus_bytes - sparse.bus_bytes == 64 * 128 / 2
    assert sparse.energy_j < dense.energy_j
    stubborn = counted(replace(NPU, skips_zero_blocks=False), 0.5)[0]
    assert stubborn.multiplications == dense.multiplications
    assert stubborn.bus_bytes == sparse.bus_bytes


def test_four_bits_move_half_the_bytes(counted):
    assert counted(NPU)[0].bus_bytes - counted(NPU, bits=4)[0].bus_bytes == 64 * 128 / 2


def test_weights_on_the_chip_do_not_use_the_bus(counted):
    cost, _ = counted(NPU, kept=frozenset(["m"]))
    assert cost.bus_bytes == 0
    assert cost.plain_bytes == 64 * 128 + 8 * 64


def test_the_emulator_does_not_change_what_is_computed(packed, rng):
    model = EdgeModel.load(packed)
    emulator = Emulator(NPU, Reference(), frozenset())
    features = rng.normal(size=(16, 16)).astype(np.float32)
    counted, _ = EdgeNetwork(model, emulator).encode(features, EdgeNetwork(model).initial_state())
    plain = EdgeNetwork(model, Reference())
    np.testing.assert_array_equal(counted, plain.encode(features, plain.initial_state())[0])
    encoder = {matrix.name for matrix in model.matrices if matrix.name.startswith("encoder")}
    assert encoder < set(emulator.costs)
    attention = emulator.costs["encoder.blocks.0.attn"]
    assert attention.multiplications == 2 * 8 * 8 * 32


def test_what_is_used_often_stays_on_the_chip(packed):
    matrices = EdgeModel.load(packed).matrices
    often = {"predictor.conv", "predictor.out", "joiner.out"}
    size = sum(matrix.nbytes for matrix in matrices)
    assert kept_on_chip(matrices, replace(NPU, on_chip_bytes=size + 10), 10) == {
        matrix.name for matrix in matrices
    }
    assert kept_on_chip(matrices, replace(NPU, on_chip_bytes=5000), 5000) == frozenset()
    cache = replace(NPU, on_chip_bytes=size - 1, weights_read_per_rows=16)
    assert kept_on_chip(matrices, cache, 0) == often


@pytest.mark.parametrize("name", processor.names())
def test_the_report_of_every_processor_that_ships(packed, name):
    account = report.account(EdgeModel.load(packed), processor.load(name), audio_s=1.0)
    values = json.loads(json.dumps(account.to_json()))
    assert 0 < values["real_time_factor"] < 1
    assert values["energy_mj_per_s"] > 0
    assert values["bus_bytes_per_s"] <= values["bus_bytes_per_s_uncompressed"]
    cycles = sum(layer["cycles"] for layer in values["layers"])
    assert cycles == pytest.approx(account.total.cycles, rel=1e-3)
    assert account.processor.name in report.text(account)
    picture = ET.fromstring(report.picture(account))  # noqa: S314 - it is ours
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert set(account.costs) <= set(texts)


def test_a_wrong_description_is_explained(tmp_path):
    with pytest.raises(EdgeFormatError, match="give one of edge-npu"):
        processor.load("nothing")
    text = (processor.FOLDER / "edge-npu.yaml").read_text("utf8")
    path = tmp_path / "mine.yaml"
    for old, new, message in [
        ("clock_mhz: 500", "clock_mhz: 0", "clock_mhz cannot be 0"),
        ("clock_mhz: 500", "clock: 500", "clock is not known"),
        ("on_chip_byte: 12.5", "on_chip_byte: much", "on_chip_byte cannot be 'much'"),
        ("{16: 128, 8: 256, 4: 256}", "{8: 256}", "multiplications_per_cycle"),
        ("static_mw: 5", "static_mw: [", "no YAML"),
    ]:
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf8")
        with pytest.raises(EdgeFormatError, match=message):
            processor.load(path)
