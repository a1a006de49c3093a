"""`assistant edge report`, and the recogniser on the edge runtime."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from assistant.asr.recogniser import load_recogniser
from assistant.cli import main
from assistant.edge.network import EdgeNetwork
from training.model import ModelSettings, Transducer
from training.pack import pack


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model folder for the edge runtime alone, of the features' real size."""
    path = tmp_path_factory.mktemp("model")
    shape = {"vocabulary": 40, "width": 32, "heads": 2, "layers": 1, "hidden": 32, "joint": 32}
    settings = ModelSettings(**shape)
    pieces = ["<blk>", "<unk>", "</s>", *(f"▁w{index}" for index in range(3, 40))]
    pack(Transducer(settings).state_dict(), settings, pieces, path / "model.edge", name="tiny")
    return path


def test_report_for_people_and_for_machines(folder, tmp_path, capsys):
    model, picture = str(folder / "model.edge"), tmp_path / "picture.svg"
    common = ["edge", "report", "--model", model, "--seconds", "1"]
    assert main([*common, "--picture", str(picture)]) == 0
    assert "tiny on Edge NPU" in capsys.readouterr().err
    assert picture.read_text("utf8").startswith("<svg")
    assert main([*common, "--json", "--processor", "raspberry-pi-4"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["processor"].startswith("Raspberry Pi 4")
    assert err == ""


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        (["--model", "nowhere.edge"], 2, "nowhere.edge is missing"),
        (["--model", "{model}", "--processor", "abacus"], 2, "no processor abacus"),
        (["--model", __file__], 1, "no packed model"),
    ],
)
def test_what_is_wrong_is_one_line(folder, capsys, more, status, message):
    more = [each.format(model=folder / "model.edge") for each in more]
    assert main(["edge", "report", *more]) == status
    line = capsys.readouterr().err
    assert message in line
    assert line.count("\n") == 1


def test_the_recogniser_gives_the_same_in_pieces_as_at_once(folder, rng):
    samples = (rng.normal(size=40_000) * 3000).astype(np.int16)
    recogniser = load_recogniser(folder, runtime="edge")
    whole, pieces = recogniser.open(), recogniser.open()
    whole.accept(samples)
    for part in np.array_split(samples, 31):
        pieces.accept(part)
    assert pieces.finish().nbest == whole.finish().nbest


def test_the_recogniser_does_without_onnx_runtime(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "model")
    code = (
        "import sys; from pathlib import Path; import numpy as np\n"
        "from assistant.asr.recogniser import load_recogniser\n"
        "stream = load_recogniser(Path(sys.argv[1]), runtime='edge').open()\n"
        "stream.accept(np.zeros(16000, np.int16)); stream.finish()\n"
        "assert 'onnxruntime' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "model")], check=True)


def test_a_folder_is_as_good_as_the_file(folder):
    networks = [EdgeNetwork.load(path) for path in (folder, folder / "model.edge")]
    contexts = np.array([[1, 2, 3]])
    assert_array_equal(*(network.predict(contexts) for network in networks))
