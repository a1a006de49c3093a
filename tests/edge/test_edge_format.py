"""The packed file: what is written is read, and nothing that is not."""

import struct
import zlib

import numpy as np
import pytest

from assistant.edge import format as packed_format
from assistant.edge.errors import EdgeFormatError
from assistant.edge.format import ENTRY, HEADER
from assistant.edge.matrix import Matrix
from assistant.edge.model import EdgeModel
from assistant.edge.network import EdgeNetwork
from training.pack import pack, read_tokens


@pytest.fixture
def broken(tmp_path):
    """Write bytes as a model and try to use them."""

    def use(data):
        path = tmp_path / "broken.edge"
        path.write_bytes(bytes(data))
        network = EdgeNetwork.load(path)
        features = np.ones((network.chunk_frames, network.mels), np.float32)
        encoded, _ = network.encode(features, network.initial_state())
        context = np.zeros((1, network.context_size), np.int64)
        return network.join(encoded[0], network.predict(context))

    return use


def resealed(data):
    """With all checksums made right again, so that what they protect is looked at."""
    data = bytearray(data)
    count = struct.unpack_from("<H", data, 10)[0]
    for index in range(count):
        at = HEADER.size + ENTRY.size * index
        *_, offset, length = ENTRY.unpack_from(data, at)
        end = offset + -(-length // 64) * 64
        struct.pack_into("<I", data, at + 60, zlib.crc32(data[offset:end]))
    start = -(-(HEADER.size + ENTRY.size * count) // 64) * 64
    struct.pack_into("<I", data, 12, zlib.crc32(data[HEADER.size : start]))
    struct.pack_into("<I", data, HEADER.size - 4, zlib.crc32(data[: HEADER.size - 4]))
    return data


def test_what_was_written_is_read(packed, pieces):
    model = EdgeModel.load(packed)
    again = packed.with_name("again.edge")
    model.save(again)
    assert again.read_bytes() == packed.read_bytes()
    assert model.tokens == tuple(pieces)
    assert all(matrix.blocks.ctypes.data % 64 == 0 for matrix in model.matrices)
    assert not model.matrices[0].blocks.flags.writeable


def test_every_flipped_byte_is_found(packed, broken, rng):
    data = packed.read_bytes()
    head = range(HEADER.size + 3 * ENTRY.size)
    anywhere = rng.integers(0, len(data), 150)
    for at in (*head, *anywhere):
        changed = bytearray(data)
        changed[at] ^= 1 << int(rng.integers(0, 8))
        with pytest.raises(EdgeFormatError):
            broken(changed)


def test_every_truncation_is_found(packed, broken, rng):
    data = packed.read_bytes()
    for length in (0, 1, 63, 64, len(data) - 1, *rng.integers(64, len(data), 40)):
        with pytest.raises(EdgeFormatError, match=r"packed model|corrupt"):
            broken(data[:length])
    with pytest.raises(EdgeFormatError):
        broken(data + b"\0")


def test_lies_with_right_checksums_are_errors_or_harmless(packed, broken, rng):
    data = packed.read_bytes()
    count = struct.unpack_from("<H", data, 10)[0]
    table = range(HEADER.size, HEADER.size + ENTRY.size * count)
    refused = 0
    for at in (*rng.choice(table, 400), *rng.integers(0, len(data), 100)):
        changed = bytearray(data)
        changed[at] = int(rng.integers(0, 256))
        try:
            with np.errstate(all="ignore"):
                assert broken(resealed(changed)).shape[0] == 1
        except EdgeFormatError:
            refused += 1
        except (struct.error, IndexError):
            # Only `resealed` may stumble, over an offset that leads out of the file.
            pass
    assert refused > 100


def test_a_bitmap_that_tells_of_other_blocks_is_refused(packed):
    matrix = EdgeModel.load(packed).matrix("encoder.blocks.0.mlp.0")
    bitmap = matrix.bitmap.copy()
    bitmap[0, 0] ^= np.uint64(1)
    parts = {"scales": matrix.scales, "bias": matrix.bias, "blocks": matrix.blocks}
    with pytest.raises(EdgeFormatError, match="other blocks"):
        Matrix("m", matrix.outputs, matrix.inputs, 8, bitmap=bitmap, **parts).check()
    bitmap[0, 0] = matrix.bitmap[0, 0] | np.uint64(1 << 63)
    with pytest.raises(EdgeFormatError, match="outside"):
        Matrix("m", matrix.outputs, matrix.inputs, 8, bitmap=bitmap, **parts).check()


def test_a_model_with_a_part_missing_is_refused(packed, tmp_path):
    sections = packed_format.read(packed)
    del sections["encoder.up"]
    packed_format.write(tmp_path / "m.edge", sections)
    with pytest.raises(EdgeFormatError, match=r"no matrix encoder\.up.*export it again"):
        EdgeModel.load(tmp_path / "m.edge")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "not those"),
    ],
)
def test_settings_that_make_no_sense_are_refused(packed, tmp_path, settings, message):
    sections = packed_format.read(packed)
    packed_format.write(tmp_path / "m.edge", {**sections, "settings": settings})
    with pytest.raises(EdgeFormatError, match=message):
        EdgeModel.load(tmp_path / "m.edge")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"heads": 2', '"heads": 3', "3 heads"),
        ('"heads": 2', '"heads": true', "heads is True"),
        ('"left": 32', '"left": 4000', "512 steps"),
        ('"width": 32', '"width": 64', "conv1 is not 64"),
        ('"blank": 0', '"blank": 40', "blank"),
        ('"layers": 2', '"layers": 1e9', "layers"),
    ],
)
def test_settings_that_do_not_fit_are_refused(packed, tmp_path, old, new, message):
    sections = packed_format.read(packed)
    assert old in sections["settings"]
    changed = sections["settings"].replace(old, new)
    packed_format.write(tmp_path / "m.edge", {**sections, "settings": changed})
    with pytest.raises(EdgeFormatError, match=message):
        EdgeModel.load(tmp_path / "m.edge")


def test_a_file_of_another_kind_is_named(broken):
    with pytest.raises(EdgeFormatError, match="no packed model"):
        broken(b"RIFF" * 100)


def test_pieces_are_read_from_a_token_file(transducer, pieces, tmp_path):
    lines = "".join(f"{piece} {index}\n" for index, piece in enumerate(pieces))
    (tmp_path / "tokens.txt").write_text(lines, "utf8")
    assert read_tokens(tmp_path / "tokens.txt") == tuple(pieces)
    state, settings = transducer.state_dict(), transducer.settings
    with pytest.raises(EdgeFormatError, match="39 tokens instead of 40"):
        pack(state, settings, pieces[1:], tmp_path / "m.edge")
