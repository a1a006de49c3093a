"""Updates: a patch makes the new file or changes nothing."""

import shutil

import numpy as np
import pytest
import torch

from assistant.edge import patch
from assistant.edge.errors import EdgeFormatError
from training.model import Transducer
from training.pack import pack


@pytest.fixture
def versions(transducer, packed, pieces, tmp_path):
    """A model, its next version after a little training of one layer, and the patch."""
    torch.manual_seed(2)
    newer = Transducer(transducer.settings)
    newer.load_state_dict(transducer.state_dict())
    with torch.no_grad():
        weights = newer.encoder.blocks[1].mlp[0].weight
        weights += 0.01 * torch.randn_like(weights) * weights.abs().max()
    model, new = tmp_path / "model.edge", tmp_path / "new.edge"
    shutil.copy(packed, model)
    pack(newer.state_dict(), transducer.settings, pieces, new, sparsity=0.1, name="small")
    return model, new, tmp_path / "update.patch"


def test_a_patch_makes_the_new_file_and_can_be_rolled_back(versions):
    model, new, update = versions
    old = model.read_bytes()
    patch.make(model, new, update)
    patch.apply(update, model)
    assert model.read_bytes() == new.read_bytes()
    patch.apply(update, model)  # twice is as good as once
    patch.roll_back(model)
    assert model.read_bytes() == old
    with pytest.raises(EdgeFormatError, match="no earlier version"):
        patch.roll_back(model)


def test_a_small_change_is_a_small_patch(transducer, pieces, versions):
    model, new, update = versions
    with torch.no_grad():
        changed = Transducer(transducer.settings)
        changed.load_state_dict(transducer.state_dict())
        changed.joiner.out.weight[3] *= 0.9
    pack(changed.state_dict(), transducer.settings, pieces, new, name="small")
    assert patch.make(model, new, update) < 0.05 * new.stat().st_size
    patch.apply(update, model)
    assert model.read_bytes() == new.read_bytes()


def test_a_patch_for_another_model_changes_nothing(versions):
    model, new, update = versions
    patch.make(new, model, update)
    old = model.read_bytes()
    shutil.copy(new, other := model.with_name("other.edge"))
    patch.apply(update, other)
    assert other.read_bytes() == old
    patch.make(model, new, update)
    data = bytearray(model.read_bytes())
    data[-1] ^= 1
    model.write_bytes(data)
    with pytest.raises(EdgeFormatError, match="another version"):
        patch.apply(update, model)
    assert model.read_bytes() == data


def test_corrupt_patches_are_errors_and_change_nothing(versions, rng):
    model, new, update = versions
    patch.make(model, new, update)
    whole, old = update.read_bytes(), model.read_bytes()
    for at in (*range(patch.HEADER.size + 5), *rng.integers(0, len(whole), 60)):
        data = bytearray(whole)
        data[at] ^= 1 << int(rng.integers(0, 8))
        update.write_bytes(data)
        with pytest.raises(EdgeFormatError):
            patch.apply(update, model)
    for length in (0, 8, 60, *rng.integers(0, len(whole), 20)):
        update.write_bytes(whole[:length])
        with pytest.raises(EdgeFormatError):
            patch.apply(update, model)
    assert model.read_bytes() == old
    assert sorted(path.name for path in model.parent.iterdir()) == [
        "model.edge",
        "new.edge",
        "update.patch",
    ]


def test_a_patch_that_lies_with_right_checksums_is_an_error(versions, rng):
    model, new, update = versions
    patch.make(model, new, update)
    whole, old = update.read_bytes(), model.read_bytes()
    for at in rng.integers(patch.HEADER.size, len(whole), 80):
        data = bytearray(whole)
        data[at] ^= 1 << int(rng.integers(0, 8))
        update.write_bytes(patch.sealed(bytes(data)))
        with pytest.raises(EdgeFormatError):
            patch.apply(update, model)
    assert model.read_bytes() == old


def test_a_disk_that_is_full_leaves_the_old_model(versions, monkeypatch):
    model, new, update = versions
    patch.make(model, new, update)
    old = model.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(patch.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        patch.apply(update, model)
    assert model.read_bytes() == old
    assert not model.with_suffix(".edge.new").exists()


def test_command_line(versions, capsys):
    model, new, update = (str(path) for path in versions)
    assert patch.main(["make", model, new, update]) == 0
    assert "of the whole model" in capsys.readouterr().out
    assert patch.main(["apply", update, model]) == 0
    assert np.array_equal(*(np.fromfile(path, np.uint8) for path in (model, new)))
    assert patch.main(["apply", new, model]) == 1
    assert "is no patch" in capsys.readouterr().err
