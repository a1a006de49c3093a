"""What the doctor says of the edge runtime."""

import shutil

import pytest

from assistant.app.doctor import Verdict, models
from assistant.config import load
from assistant.edge import native


@pytest.fixture
def settings(packed, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    shutil.copy(packed, folder / "model.edge")
    path = tmp_path / "config.yaml"
    path.write_text("recogniser: {model: ./model, runtime: edge}\n", "utf8")
    return load(path)


def examined(settings):
    return [(finding.verdict, finding.message) for finding in models.edge(settings)]


def test_a_model_that_is_whole(settings, monkeypatch):
    monkeypatch.setattr(native, "lost", lambda: None)
    [(verdict, message)] = examined(settings)
    assert verdict is Verdict.OK
    assert message.endswith("checksums right")


def test_a_corrupt_model_and_a_missing_one(settings, monkeypatch):
    monkeypatch.setattr(native, "lost", lambda: None)
    path = settings.model_folder / "model.edge"
    path.write_bytes(path.read_bytes()[:-1])
    [(verdict, message)] = examined(settings)
    assert verdict is Verdict.PROBLEM
    assert "corrupt" in message
    path.unlink()
    [(verdict, message)] = examined(settings)
    assert verdict is Verdict.PROBLEM
    assert "recogniser.runtime" in message


def test_kernels_that_were_not_built_are_a_hint(settings, monkeypatch):
    monkeypatch.setattr(native, "lost", lambda: "the edge kernels were not built")
    assert (Verdict.HINT, "the edge kernels were not built") in examined(settings)
