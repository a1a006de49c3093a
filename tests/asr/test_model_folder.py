"""Model folders: what is missing or damaged is named."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.asr.networks.manifest import (
    TURN_END,
    FileEntry,
    ModelError,
    read_manifest,
    write_manifest,
)
from assistant.asr.networks.model_folder import load_model, runtime_for
from assistant.asr.recogniser import load_recogniser
from assistant.asr.vocabulary.lexicon import Words
from assistant.asr.vocabulary.tokens import read_tokens
from assistant.config.shipped import shipped
from assistant.edge import native
from assistant.edge.native import Level
from assistant.rescoring import language_model_folder
from training.export import export, manifest_of
from training.model import ModelSettings, Transducer

TOKENS = ["<blk>", "<unk>", "</s>", "▁a", "▁b", "c"]


@pytest.fixture(scope="session")
def original(tmp_path_factory):
    torch.manual_seed(0)
    shape = ModelSettings(vocabulary=6, width=16, heads=2, layers=1, hidden=16, joint=16)
    model = Transducer(shape).eval()
    folder = tmp_path_factory.mktemp("model")
    lines = [f"{token} {number}\n" for number, token in enumerate(TOKENS)]
    (folder / "tokens.txt").write_text("".join(lines), "utf8")
    export(model, folder / "tokens.txt", folder, manifest_of(model, "tiny", "en", "MIT"))
    return folder


@pytest.fixture
def folder(original, tmp_path):
    for path in original.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_a_model_loads_and_decodes(folder):
    recogniser = load_recogniser(folder)
    assert recogniser.name == "tiny"
    assert recogniser.model.network.tokens == tuple(TOKENS)
    assert recogniser.model.network.frames_per_output == 4
    stream = recogniser.open()
    stream.accept((np.random.default_rng(0).standard_normal(20_000) * 3000).astype(np.int16))
    result = stream.finish()
    assert np.isfinite(result.nbest[0].log_prob)
    assert 0 < result.end_of_sentence < 1


@pytest.mark.parametrize("name", ["encoder.onnx", "predictor.onnx", "joiner.onnx", "tokens.txt"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=rf"{name} is missing: fetch"):
        load_model(folder)


def test_a_list_of_words_is_read_and_checked(original, folder):
    assert load_model(original).words is None
    Words(["ab"], ["ba"]).write(folder / "words.txt")
    write_manifest(folder, read_manifest(folder))
    words = load_model(folder).words
    assert (words.usual, words.rare) == (("ab",), ("ba",))
    (folder / "words.txt").unlink()
    with pytest.raises(ModelError, match=r"words.txt is missing: fetch"):
        load_model(folder)


def test_a_list_of_words_may_be_that_of_the_model_beside(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("beside") / "other"
    other.mkdir()
    Words(["ab"], ["ba"]).write(other / "words.txt")
    mine = shutil.copytree(folder, other.parent / "mine")
    shared = {"words.txt": FileEntry(0, "", "other")}
    write_manifest(mine, replace(read_manifest(mine), files=shared))
    assert read_manifest(mine).files["words.txt"].bytes == (other / "words.txt").stat().st_size
    assert load_model(mine).words.usual == ("ab",)
    (other / "words.txt").write_text("cut")
    with pytest.raises(ModelError, match=r"other/words.txt is not the file .* checksum"):
        load_model(mine)
    (other / "words.txt").unlink()
    with pytest.raises(ModelError, match=r"other/words.txt is missing: fetch"):
        load_model(mine)


@pytest.fixture
def with_first_pass(folder, tmp_path_factory):
    """A folder whose stream is heard by the model in another one beside, `small`."""
    torch.manual_seed(1)
    beside = tmp_path_factory.mktemp("two")
    shape = ModelSettings(vocabulary=6, width=16, heads=2, layers=1, hidden=16, joint=16)
    other = Transducer(shape).eval()
    manifest = manifest_of(other, "small", "en", "MIT")
    export(other, folder / "tokens.txt", beside / "small", manifest)
    mine = shutil.copytree(folder, beside / "mine")
    write_manifest(mine, replace(read_manifest(mine), streaming_model="small"))
    return mine


def test_a_stream_may_be_heard_by_the_model_beside(with_first_pass):
    audio = (np.random.default_rng(0).standard_normal(40_000) * 3000).astype(np.int16)
    alone = shutil.copytree(with_first_pass, with_first_pass.parent / "alone")
    write_manifest(alone, replace(read_manifest(alone), streaming_model=""))
    mine, small, whole = (
        load_recogniser(with_first_pass.parent / name).open() for name in ("mine", "small", "alone")
    )
    for stream in (mine, small, whole):
        stream.accept(audio)
    assert mine.partial().nbest == small.partial().nbest != whole.partial().nbest
    assert mine.finish().nbest == whole.finish().nbest != small.finish().nbest


def test_models_that_do_not_go_together_are_named(with_first_pass):
    other = [*TOKENS[:-1], "d"]
    lines = [f"{token} {number}\n" for number, token in enumerate(other)]
    small = with_first_pass.parent / "small"
    (small / "tokens.txt").write_text("".join(lines), "utf8")
    write_manifest(small, read_manifest(small))
    with pytest.raises(ModelError, match=r"small cannot hear the stream for tiny"):
        load_model(with_first_pass)
    shutil.rmtree(small)
    with pytest.raises(ModelError, match=r"small is no folder"):
        load_model(with_first_pass)


def test_another_model_is_a_name_and_no_way_out_of_the_folder(folder):
    values = json.loads((folder / "manifest.json").read_text())
    values["files"]["tokens.txt"]["model"] = "../../etc"
    (folder / "manifest.json").write_text(json.dumps(values))
    with pytest.raises(ModelError, match="wrong kind"):
        load_model(folder)


@pytest.mark.parametrize("model", ["en-small", "en-mini", "en-stream", "lm-en-small"])
def test_a_shipped_model_says_its_version_and_the_commit_that_trained_it(model):
    folder = shipped("models") / model
    read = language_model_folder.read_manifest if "lm" in model else read_manifest
    manifest = read(folder)
    assert re.fullmatch(r"\d{4}\.\d\d\.\d\d", manifest.version)
    assert re.fullmatch(r"[0-9a-f]{40}", manifest.commit)


@pytest.mark.parametrize("runtime", ["onnx", "edge"])
def test_the_manifest_says_how_many_tokens_a_frame_may_emit(folder, runtime):
    """For both runtimes; three where an older one does not say it, or there is none for edge."""
    manifest = folder / "manifest.json"
    if runtime == "edge":
        manifest.write_bytes((shipped("models") / "en-stream" / "manifest.json").read_bytes())
        for name in ("model.edge", TURN_END):
            (folder / name).symlink_to(shipped("models") / "en-stream" / name)
    values = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(values | {"max_symbols_per_frame": 2}))
    assert load_recogniser(folder, runtime=runtime).search.max_symbols_per_frame == 2
    del values["max_symbols_per_frame"]
    manifest.write_text(json.dumps(values))
    assert load_recogniser(folder, runtime=runtime).search.max_symbols_per_frame == 3
    if runtime == "edge":
        manifest.unlink()
        assert load_recogniser(folder, runtime=runtime).search.max_symbols_per_frame == 3


@pytest.mark.parametrize("name", ["encoder.onnx", "tokens.txt"])
def test_a_damaged_file_is_named(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=rf"{name} is not the file .* checksum"):
        load_model(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda values: values.pop("blank_id"), "lacks 'blank_id'"),
        (lambda values: values.update(form="other"), "form 'other' .* use a newer one"),
        (lambda values: values.update(mels=80, features=[]), "wrong kind"),
        (
            lambda values: values["features"].update(kind="mfcc"),
            "features 'mfcc' .* use a newer one",
        ),
        (lambda values: values.update(max_symbols_per_frame=0), "wrong kind"),
        (lambda values: values["files"].pop("joiner.onnx"), r"does not list joiner\.onnx"),
    ],
)
def test_an_unusable_manifest_is_explained(folder, change, message):
    path = folder / "manifest.json"
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))
    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_a_manifest_that_is_no_json_is_named(folder):
    (folder / "manifest.json").write_text("{")
    with pytest.raises(ModelError, match=r"manifest\.json is no JSON"):
        load_model(folder)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ModelError, match="nowhere is no folder") as error:
        load_model(tmp_path / "nowhere")
    assert error.value.exit_status == 2  # the settings are wrong


def test_a_misspelt_name_is_answered_with_those_there_are(tmp_path, original):
    shutil.copytree(original, tmp_path / "tiny")
    with pytest.raises(ModelError, match=r"tinny is no folder: .* one; there is tiny$"):
        load_model(tmp_path / "tinny")


def test_a_folder_without_a_model_says_what_it_looked_for(tmp_path):
    with pytest.raises(
        ModelError, match=r"holds no model: .* neither manifest.json nor tokens.txt"
    ):
        load_model(tmp_path)


def test_a_folder_for_the_edge_runtime_says_so(tmp_path):
    (tmp_path / "model.edge").write_bytes(b"")
    with pytest.raises(ModelError, match=r"set recogniser\.runtime to edge"):
        load_model(tmp_path)


def test_unknown_runtimes_are_refused(folder):
    with pytest.raises(ModelError, match="choose auto or onnx or edge"):
        load_model(folder, "gpu")


@pytest.mark.parametrize(
    ("files", "levels", "runtime"),
    [
        (("encoder.onnx", "model.edge"), (Level.PORTABLE, Level.NEON), "edge"),
        (("encoder.onnx", "model.edge"), (Level.PORTABLE, Level.AVX2), "onnx"),
        (("encoder.onnx", "model.edge"), (Level.PORTABLE,), "onnx"),
        (("encoder.onnx", "model.edge"), (), "onnx"),
        (("encoder.onnx",), (Level.NEON,), "onnx"),
        (("model.edge",), (), "edge"),
    ],
)
def test_the_runtime_is_the_one_for_this_processor(tmp_path, monkeypatch, files, levels, runtime):
    for name in files:
        (tmp_path / name).touch()
    monkeypatch.setattr(native, "levels", lambda: levels)
    assert runtime_for(tmp_path, "auto") == runtime
    assert runtime_for(tmp_path, "onnx") == "onnx"


def test_a_folder_without_a_packed_model_has_no_edge_runtime(folder):
    with pytest.raises(ModelError, match="no model for the edge runtime"):
        load_model(folder, "edge")


def test_malformed_tokens_are_placed(folder):
    (folder / "tokens.txt").write_text("<blk> 0\n\n▁a one\n", "utf8")
    with pytest.raises(ModelError, match=r"tokens\.txt, line 3"):
        read_tokens(folder / "tokens.txt")
    (folder / "tokens.txt").write_bytes("<blk> 0\né 1\n".encode("latin1"))
    with pytest.raises(ModelError, match=r"tokens\.txt is no UTF-8 text: fetch"):
        read_tokens(folder / "tokens.txt")
    (folder / "tokens.txt").write_text("<blk> 0\n▁a 2\n", "utf8")
    with pytest.raises(ModelError, match="not 0 to 1"):
        read_tokens(folder / "tokens.txt")


def test_tokens_are_read_however_they_are_set_apart(folder):
    (folder / "tokens.txt").write_bytes("<blk> 0\r\n▁a\t1\r\n  2\n\u2028 3\n".encode())
    assert read_tokens(folder / "tokens.txt") == ("<blk>", "▁a", " ", " ")


def test_without_the_attention_decoder_its_files_are_not_needed(tmp_path):
    shutil.copytree(Path(__file__).parents[2] / "models" / "en-small", tmp_path / "model")
    for name in ("cross_kv.onnx", "decoder_step.onnx", "pieces.txt"):
        (tmp_path / "model" / name).unlink()
    assert load_model(tmp_path / "model", attention_decoder=False).network.attention_decoder is None
    with pytest.raises(ModelError, match=r"cross_kv\.onnx is missing"):
        load_model(tmp_path / "model")


def test_an_attention_decoder_by_its_older_names_is_loaded(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(Path(__file__).parents[2] / "models" / "en-small", folder)
    manifest = (folder / "manifest.json").read_text()
    for name, older in (("cross_kv", "hearing"), ("decoder_step", "writing")):
        (folder / f"{name}.onnx").rename(folder / f"{older}.onnx")
        manifest = manifest.replace(f"{name}.onnx", f"{older}.onnx")
    (folder / "manifest.json").write_text(manifest)
    assert load_model(folder).network.attention_decoder is not None
    (folder / "hearing.onnx").unlink()
    with pytest.raises(ModelError, match=r"hearing\.onnx is missing"):
        load_model(folder)


@pytest.mark.parametrize(
    ("model", "runtime"), [("en-small", "onnx"), ("en-small", "edge"), ("en-mini", "edge")]
)
def test_what_is_predicted_does_not_depend_on_what_else_is_asked(model, runtime):
    network = load_model(shipped("models") / model, runtime).network
    draw = np.random.default_rng(0)
    contexts = draw.integers(0, len(network.tokens), (40, network.context_size))
    together = network.predict(contexts)
    for one, expected in zip(contexts, together, strict=True):
        np.testing.assert_array_equal(network.predict(one[None])[0], expected)
