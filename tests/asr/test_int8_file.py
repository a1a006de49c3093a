"""Weights in one file: what is read is what was written, but for rounding."""

import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from assistant.asr.networks import int8_file

MATRICES = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=3, max_side=5),
    elements=st.floats(-100, 100, width=32),
)


@given(matrix=MATRICES)
def test_each_row_is_rounded_by_its_own_scale(tmp_path_factory, matrix):
    file = tmp_path_factory.mktemp("weights") / "some.npz"
    int8_file.write(file, {"m": matrix}, {"numbers": np.arange(3)})
    read = int8_file.read(file)
    rows = matrix.reshape(len(matrix), -1)
    step = np.abs(rows).max(1, keepdims=True) / 127
    assert read["m"].dtype == np.float32
    assert read["m"].shape == matrix.shape
    assert (np.abs(read["m"].reshape(rows.shape) - rows) <= 0.51 * step + 1e-6).all()
    assert read["numbers"].tolist() == [0, 1, 2]
    assert set(read) == {"m", "numbers"}


@pytest.mark.parametrize("content", [b"", b"no archive at all"])
def test_what_is_no_such_file_is_an_error(tmp_path, content):
    file = tmp_path / "some.npz"
    file.write_bytes(content)
    with pytest.raises((OSError, ValueError, EOFError, zipfile.BadZipFile)):
        int8_file.read(file)
