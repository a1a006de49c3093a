"""What tells by how words are said whether a turn is over, and the stream that asks it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.asr.decoding.beam_search import SearchSettings
from assistant.asr.networks.manifest import TURN_END, ModelError
from assistant.asr.networks.model_folder import load_model
from assistant.asr.recogniser import TransducerRecogniser
from assistant.asr.turn_end import OUTPUTS, TurnEndNetwork, padded

ROOT = Path(__file__).parents[2]
STREAM = ROOT / "models" / "en-stream"


@pytest.fixture(scope="module")
def model():
    return load_model(STREAM, "edge")


@pytest.fixture(scope="module")
def command():
    """The demo's first command with the wake word, int16 at 16 kHz, and where its speech ends."""
    samples, _ = soundfile.read(ROOT / "demo" / "01-kitchen-light.ogg", dtype="int16")
    return samples, int(np.flatnonzero(np.abs(samples.astype(int)) > 1500)[-1])


def weights(rng, inputs=5, width=4, heads=2, hidden=3):
    shapes = {
        "input.weight": (width, inputs),
        "input.bias": (width,),
        "beside.weight": (width, width, 3),
        "beside.bias": (width,),
        "attention.weight": (heads, width),
        "attention.bias": (heads,),
        "place": (OUTPUTS, heads),
        "hidden.weight": (hidden, heads * width),
        "hidden.bias": (hidden,),
        "last.weight": (1, hidden),
        "last.bias": (1,),
    }
    return {name: rng.normal(0, 1, shape) for name, shape in shapes.items()}


def by_hand(w, outputs):
    """The same, output by output and head by head."""
    rows = np.concatenate([np.zeros((OUTPUTS - len(outputs), outputs.shape[1])), outputs])
    values = [np.maximum(w["input.weight"] @ row + w["input.bias"], 0) for row in rows]
    mixed = []
    for at in range(OUTPUTS):
        total = w["beside.bias"].copy()
        for place, beside in enumerate((at - 1, at, at + 1)):
            if 0 <= beside < OUTPUTS:
                total += w["beside.weight"][:, :, place] @ values[beside]
        mixed.append(values[at] + np.maximum(total, 0))
    pooled = []
    for head in range(w["place"].shape[1]):
        scores = [
            w["attention.weight"][head] @ each + w["attention.bias"][head] + w["place"][at, head]
            for at, each in enumerate(mixed)
        ]
        shares = np.exp(scores) / np.exp(scores).sum()
        pooled.append(sum(share * each for share, each in zip(shares, mixed, strict=True)))
    hidden = np.maximum(w["hidden.weight"] @ np.concatenate(pooled) + w["hidden.bias"], 0)
    return (w["last.weight"] @ hidden + w["last.bias"])[0]


@pytest.mark.parametrize("heard", [1, 17, OUTPUTS])
def test_it_is_attention_over_the_last_outputs(heard):
    rng = np.random.default_rng(heard)
    given, outputs = weights(rng), rng.normal(0, 1, (heard, 5)).astype(np.float32)
    network = TurnEndNetwork(given)
    assert network.inputs == 5
    assert network.log_odds(outputs) == pytest.approx(by_hand(given, outputs), abs=1e-3)


def test_only_the_last_outputs_count():
    rng = np.random.default_rng(2)
    network, outputs = TurnEndNetwork(weights(rng)), rng.normal(0, 1, (90, 5)).astype(np.float32)
    assert network.log_odds(outputs) == network.log_odds(outputs[-OUTPUTS:])


def test_what_was_not_heard_is_silence_before():
    outputs = np.ones((3, 2), np.float32)
    assert padded(outputs).shape == (OUTPUTS, 2)
    assert (padded(outputs)[-3:] == 1).all()
    assert padded(outputs).sum() == 6


def test_weights_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="no numbers"):
        TurnEndNetwork(weights(np.random.default_rng(0)) | {"last.bias": np.array([np.nan])})


def test_weights_that_lack_a_part_are_refused():
    given = weights(np.random.default_rng(0))
    del given["place"]
    with pytest.raises(KeyError):
        TurnEndNetwork(given)


@pytest.fixture
def copied(tmp_path):
    """A copy of `en-stream`."""
    return Path(shutil.copytree(STREAM, tmp_path / "en-stream"))


def test_a_damaged_file_is_told(copied):
    (copied / TURN_END).write_bytes(b"no weights")
    with pytest.raises(ModelError, match=r"turn-end\.npz.*fetch the model again"):
        load_model(copied, "edge")


def test_a_model_without_it_hears_as_before(copied, model, command):
    manifest = json.loads((copied / "manifest.json").read_text("utf8"))
    del manifest["files"][TURN_END]
    (copied / "manifest.json").write_text(json.dumps(manifest), "utf8")
    (copied / TURN_END).unlink()
    without = peeked(load_model(copied, "edge"), command[0])
    assert without.turn_end is None
    assert replace(peeked(model, command[0]), turn_end=None, decode_ms=0) == replace(
        without, decode_ms=0
    )


def test_a_model_takes_it_from_what_hears_its_stream():
    assert load_model(ROOT / "models" / "en-small", attention_decoder=False).turn_end is not None


def peeked(model, samples, piece=None):
    """The result of one look after samples, given at once or in pieces."""
    stream = TransducerRecogniser(model, SearchSettings()).open()
    for at in range(0, len(samples), piece or len(samples)):
        stream.accept(samples[at : at + (piece or len(samples))])
    return stream.peek()


def test_a_stream_gives_what_the_whole_gives(model, command):
    samples, end = command
    heard = samples[: end + 1600]
    network = model.streaming
    extractor = model.front_end.open()
    frames = np.concatenate([extractor.accept(heard), extractor.finish()])
    state, outputs = network.initial_state(), []
    for at in range(0, len(frames), network.chunk_frames):
        chunk = frames[at : at + network.chunk_frames]
        missing = -len(chunk) % network.frame_multiple
        chunk = np.pad(chunk, ((0, missing), (0, 0)), constant_values=model.front_end.floor)
        encoded, state = network.encode(chunk, state)
        outputs.append(encoded)
    whole = model.turn_end.log_odds(np.concatenate(outputs))
    assert peeked(model, heard, 320).turn_end == pytest.approx(whole, abs=1e-3)
    assert peeked(model, heard, 1001).turn_end == pytest.approx(whole, abs=1e-3)


def test_it_is_told_at_a_look_and_stays_until_the_next(model, command):
    samples, end = command
    stream = TransducerRecogniser(model, SearchSettings()).open()
    stream.accept(samples[: end - 9600])
    assert stream.partial().turn_end is None
    early = stream.peek().turn_end
    stream.accept(samples[end - 9600 : end + 1600])
    stream.goes_on()
    late = stream.peek().turn_end
    assert late > early
    assert stream.partial().turn_end == late


def test_words_that_end_sound_otherwise_than_words_that_go_on(model, command):
    samples, end = command
    ends, goes_on = (
        peeked(model, np.concatenate([samples[:until], np.zeros(2400, np.int16)])).turn_end
        for until in (end, end - 8000)
    )
    assert ends > goes_on
