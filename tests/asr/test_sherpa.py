"""Published transducers: the same tokens as sherpa-onnx finds with the same files.

The models are small and random (`sherpa_exports.py`), so what they hear is gibberish; but it is
decided by every feature, state and token, and one wrong value changes what follows.
"""

from pathlib import Path

import numpy as np
import onnx
import pytest
import sherpa_onnx
import soundfile
from onnxruntime.quantization import QuantType, quantize_dynamic

from assistant.asr.networks.manifest import ModelError
from assistant.asr.networks.model_folder import load_model
from assistant.asr.networks.published import published_files
from assistant.asr.recogniser import load_recogniser
from assistant.asr.vocabulary.tokens import WORD_START
from tests.asr.sherpa_exports import EXPORTS, TOKENS, write_export

DEMO = Path(__file__).parents[2] / "demo"
RECORDINGS = ("01-kitchen-light", "02-bedroom-fifty", "06-time")


def samples(name):
    audio, rate = soundfile.read(DEMO / f"{name}.ogg", dtype="int16")
    assert rate == 16_000
    return audio


@pytest.fixture(scope="module", params=EXPORTS)
def folder(request, tmp_path_factory):
    return write_export(tmp_path_factory.mktemp(request.param), request.param)


def their_result(folder, audio, method="greedy_search"):
    files = {part: str(path) for part, path in published_files(folder).items()}
    tokens = str(folder / "tokens.txt")
    recogniser = sherpa_onnx.OnlineRecognizer.from_transducer(
        tokens=tokens, num_threads=1, decoding_method=method, **files
    )
    stream = recogniser.create_stream()
    stream.accept_waveform(16_000, audio.astype(np.float32) / 32768)
    stream.input_finished()
    while recogniser.is_ready(stream):
        recogniser.decode_stream(stream)
    return recogniser.get_result_all(stream)


def their_tokens(folder, audio, method="greedy_search"):
    tokens = their_result(folder, audio, method).tokens
    return [token.replace(" ", "▁").lower() for token in tokens]


def words(tokens):
    return "".join(tokens).replace("▁", " ").split()


def greedy_tokens(model, audio):
    """Tokens by plain greedy search over the whole windows that the audio has."""
    network = model.network
    stream = model.front_end.open()
    frames = np.concatenate([stream.accept(audio), stream.finish()])
    window = network.chunk_frames + network.look_ahead_frames
    state = network.initial_state()
    found = [network.blank_id] * network.context_size
    # sherpa-onnx waits for one frame more than it uses.
    for start in range(0, len(frames) - window, network.chunk_frames):
        encoded, state = network.encode(frames[start : start + window], state)
        for vector in encoded:
            context = np.array([found[-network.context_size :]])
            token = int(network.join(vector, network.predict(context))[0].argmax())
            if token != network.blank_id:
                found.append(token)
    return [network.tokens[token] for token in found[network.context_size :]]


@pytest.mark.parametrize("recording", RECORDINGS)
def test_tokens_are_those_of_sherpa_onnx(folder, recording):
    theirs = their_tokens(folder, samples(recording))
    assert len(set(theirs)) > 8
    assert greedy_tokens(load_model(folder), samples(recording)) == theirs


@pytest.mark.parametrize("recording", RECORDINGS)
def test_the_narrowest_search_is_theirs_to_the_last_whole_chunk(folder, recording):
    stream = load_recogniser(folder, beam=1).open()
    stream.accept(samples(recording))
    theirs = " ".join(words(their_tokens(folder, samples(recording))))
    # They leave out the audio after the last whole window; we hear all of it.
    assert stream.finish().text.startswith(theirs)
    assert len(theirs.split()) > 8


def test_a_confident_model_is_heard_alike_by_both_beam_searches(tmp_path):
    write_export(tmp_path, "lstm", sharpness=8.0)
    stream = load_recogniser(tmp_path, beam=4).open()
    stream.accept(samples("06-time"))
    theirs = their_tokens(tmp_path, samples("06-time"), "modified_beam_search")
    assert stream.finish().text.startswith(" ".join(words(theirs)))


def test_pieces_and_looks_change_nothing(folder):
    audio = samples("06-time")
    recogniser = load_recogniser(folder)
    whole = recogniser.open()
    whole.accept(audio)
    pieces = recogniser.open()
    for start in range(0, len(audio), 1234):
        pieces.accept(audio[start : start + 1234])
        look = pieces.peek()
    assert look.nbest == pieces.finish().nbest == whole.finish().nbest


@pytest.mark.parametrize("length", [0, 1, 100, 2000])
def test_almost_no_audio_ends(folder, length):
    stream = load_recogniser(folder).open()
    stream.accept(np.zeros(length, np.int16))
    assert stream.finish().nbest


def test_the_marks_for_other_tools_are_no_tokens(folder):
    network = load_model(folder).network
    assert network.tokens == tuple(piece.lower() for piece in TOKENS)
    assert network.name == folder.name
    assert network.frames_per_output == 4


def quantised(folder, *parts):
    for part in parts:
        path = next(folder.glob(f"{part}*.onnx"))
        small = path.with_suffix(".int8.onnx")
        quantize_dynamic(path, small, op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8)


def test_of_several_precisions_the_usual_ones_are_taken(tmp_path):
    write_export(tmp_path, "zipformer2")
    quantised(tmp_path, "encoder", "decoder", "joiner")
    assert {part: path.name for part, path in published_files(tmp_path).items()} == {
        "encoder": "encoder-epoch-99-avg-1.int8.onnx",
        "decoder": "decoder-epoch-99-avg-1.onnx",
        "joiner": "joiner-epoch-99-avg-1.int8.onnx",
    }
    theirs = their_tokens(tmp_path, samples("06-time"))
    assert greedy_tokens(load_model(tmp_path), samples("06-time")) == theirs


@pytest.mark.parametrize("tag", ["", "-epoch-20-avg-1-chunk-16-left-64", "-v1.2"])
def test_names_of_every_kind_are_found(tmp_path, tag):
    write_export(tmp_path, "lstm", tag=tag)
    assert published_files(tmp_path)["encoder"].name == f"encoder{tag}.onnx"


def test_two_models_in_one_folder_are_one_too_many(tmp_path):
    write_export(tmp_path, "lstm", tag="-epoch-20-avg-1")
    write_export(tmp_path, "lstm", tag="-epoch-99-avg-1")
    with pytest.raises(ModelError, match=r"several .* encoder-epoch-20.* or .*-99.*: leave one"):
        load_model(tmp_path)


@pytest.mark.parametrize("name", ["encoder", "decoder", "joiner"])
def test_a_missing_part_is_named(tmp_path, name):
    write_export(tmp_path, "lstm")
    (tmp_path / f"{name}-epoch-99-avg-1.onnx").unlink()
    with pytest.raises(ModelError, match=rf"{name}\.onnx is missing: copy it"):
        load_model(tmp_path)


def test_missing_tokens_are_named(tmp_path):
    write_export(tmp_path, "lstm")
    (tmp_path / "tokens.txt").unlink()
    with pytest.raises(ModelError, match=r"tokens\.txt is missing: copy it"):
        load_model(tmp_path)


def change_metadata(path, **changes):
    model = onnx.load(path)
    values = {each.key: each.value for each in model.metadata_props} | changes
    del model.metadata_props[:]
    kept = {key: value for key, value in values.items() if value is not None}
    onnx.helper.set_model_props(model, kept)
    onnx.save(model, path)


@pytest.mark.parametrize(
    ("part", "changes", "message"),
    [
        ("encoder", {"model_type": None}, "lack 'model_type'"),
        ("encoder", {"model_type": "conformer"}, "is a conformer, none of zipformer2"),
        ("encoder", {"T": None}, "lack 'T'"),
        ("encoder", {"T": "nine"}, "T = 'nine', which is no count"),
        ("encoder", {"T": "10"}, "cannot be run"),
        ("encoder", {"decode_chunk_len": "0"}, "which is no count"),
        ("encoder", {"decode_chunk_len": "12"}, "T = 9, less than decode_chunk_len = 12"),
        ("encoder", {"feature": "whisper"}, "wants whisper features"),
        ("decoder", {"context_size": None}, "lack 'context_size'"),
        ("decoder", {"context_size": "3"}, "cannot be run"),
        ("decoder", {"vocab_size": "500"}, r"tokens\.txt has 25 of its 500"),
        ("decoder", {"vocab_size": "20"}, "scores 23 tokens, the decoder knows 20"),
    ],
)
def test_unsuitable_metadata_are_explained(tmp_path, part, changes, message):
    write_export(tmp_path, "lstm")
    change_metadata(tmp_path / f"{part}-epoch-99-avg-1.onnx", **changes)
    with pytest.raises(ModelError, match=rf"-epoch-99-avg-1\.onnx cannot be used: .*{message}"):
        load_model(tmp_path)


def test_a_file_that_is_no_model_is_named(tmp_path):
    write_export(tmp_path, "lstm")
    (tmp_path / "joiner-epoch-99-avg-1.onnx").write_text("version https://git-lfs.github.com")
    with pytest.raises(ModelError, match=r"joiner-epoch-99-avg-1\.onnx cannot be loaded"):
        load_model(tmp_path)


def test_an_export_for_one_hypothesis_at_a_time_is_refused(tmp_path):
    write_export(tmp_path, "lstm")
    path = tmp_path / "joiner-epoch-99-avg-1.onnx"
    model = onnx.load(path)
    for value in model.graph.input:
        value.type.tensor_type.shape.dim[0].dim_value = 1
    onnx.save(model, path)
    with pytest.raises(ModelError, match=r"joiner.* cannot be used: it cannot be run"):
        load_model(tmp_path)


def test_bytes_are_the_text_that_sherpa_onnx_writes(tmp_path):
    """Byte-level BPE: every token a word of letters that are spelled in bytes."""
    spelled = ("ƌŢġ", "ƍĪĶ", "ƎĢŕ", "ũŏ", "TURN", "ON")
    tokens = (*TOKENS[:3], *(WORD_START + piece for piece in spelled))
    write_export(tmp_path, "lstm", tokens=tokens)
    result = their_result(tmp_path, samples("01-kitchen-light"))
    network = load_model(tmp_path).network
    assert [piece.strip(WORD_START) for piece in network.tokens[3:7]] == list("开打灯é")
    stream = load_recogniser(tmp_path, beam=1).open()
    stream.accept(samples("01-kitchen-light"))
    ours = stream.finish().text.replace(" ", "")
    assert ours.startswith(result.text.lower().replace(" ", ""))
    assert len(set(ours)) > 6
