"""Shards that others wrote, read as a corpus; and batches from them."""

import io
import json
import tarfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from training import corpus, tokens
from training.data import Utterances
from training.tar_corpus import TarCorpus, open_corpus

DEMO = Path(__file__).parents[2] / "demo"


@pytest.fixture(scope="module")
def speech():
    return soundfile.read(DEMO / "06-time.ogg", dtype="int16")[0]


def encoded(samples, name, rate=16_000, **settings):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=name, **settings)
    return file.getvalue()


def tar(path, *files):
    with tarfile.open(path, "w") as shard:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            shard.addfile(member, io.BytesIO(content))


def test_texts_of_their_own_and_any_audio_are_read(tmp_path, speech):
    opus = encoded(speech, "OGG", subtype="OPUS")
    first = [("a/x.1.txt", b"passed over: no recording in a/x")]
    tar(
        tmp_path / "0.tar",
        ("books/one.txt", b"what time is it\n"),
        ("books/one.opus", opus),
        ("books/two.wav", encoded(speech[:5000], "WAV")),
        ("books/two.speaker.txt", b"kept for others"),
        ("books/two.json", b'{"text": "what time", "voice": "anna", "mood": 3}'),
    )
    read = open_corpus(tmp_path)
    assert [(e.text, e.voice) for e in read.entries] == [
        ("what time is it", "what time is it"),  # As `prepare` does where nobody knows who it is.
        ("what time", "anna"),
    ]
    assert [e.samples for e in read.entries] == [len(speech), 5000]
    assert np.corrcoef(read.audio(0), speech)[0, 1] > 0.95
    np.testing.assert_array_equal(read.audio(1), speech[:5000])
    tar(tmp_path / "1.tar", *first)
    with pytest.raises(ValueError, match=r"a/x in .*1\.tar has no recording \(flac, ogg"):
        open_corpus(tmp_path)


def test_a_writer_of_webdataset_is_understood(tmp_path, speech):
    webdataset = pytest.importorskip("webdataset", reason="for this test only")
    with webdataset.TarWriter(str(tmp_path / "x.tar")) as sink:
        for number in range(3):
            audio = encoded(speech[number * 100 :], "FLAC")
            sink.write({"__key__": f"u{number}", "flac": audio, "txt": f"number {number}"})
    read = open_corpus(tmp_path)
    assert [entry.text for entry in read.entries] == ["number 0", "number 1", "number 2"]
    for number in range(3):
        np.testing.assert_array_equal(read.audio(number), speech[number * 100 :])


def test_what_does_not_fit_is_refused_by_name(tmp_path, speech):
    tar(tmp_path / "0.tar", ("one.flac", encoded(speech, "FLAC")))
    with pytest.raises(ValueError, match=r"one in .*0\.tar has no text"):
        TarCorpus(tmp_path)
    for audio in (encoded(speech, "FLAC", 44_100), encoded(np.stack([speech] * 2, 1), "FLAC")):
        tar(tmp_path / "0.tar", ("one.flac", audio), ("one.txt", b"what time is it"))
        with pytest.raises(ValueError, match=r"one\.flac in .* has (44100|16000) Hz and samples"):
            TarCorpus(tmp_path).audio(0)


def test_reading_takes_no_more_memory_than_an_utterance(tmp_path):
    loud = np.random.default_rng(0).integers(-9999, 9999, 160_000).astype(np.int16)
    files = [
        pair
        for n in range(60)
        for pair in (
            (f"{n}.wav", encoded(loud, "WAV")),
            (f"{n}.json", json.dumps({"text": "noise", "samples": len(loud)}).encode()),
        )
    ]
    tar(tmp_path / "0.tar", *files)
    del files
    tracemalloc.start()
    read = open_corpus(tmp_path)
    for index in (59, 0, 30):
        np.testing.assert_array_equal(read.audio(index), loud)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < (tmp_path / "0.tar").stat().st_size / 8


def test_batches_from_shards_are_those_from_flat_files(tmp_path, speech):
    flat, shards = tmp_path / "flat", tmp_path / "shards"
    texts = ["lights on", "turn the kitchen lights off", "what time is it"]
    corpus.write(flat, [(text, "anna", speech[n * 500 :]) for n, text in enumerate(texts)])
    tokens.train(texts, 24, flat)
    shards.mkdir()
    exact = corpus.Corpus(flat)
    for n, entry in enumerate(exact.entries):
        sound = encoded(exact.audio(n), "FLAC")
        tar(shards / f"{n}.tar", (f"{n}.flac", sound), (f"{n}.txt", entry.text.encode()))
    here, there = (
        next(iter(Utterances({each: 1.0}, tokens.load(flat), each, batch_s=20.0, seed=3)))
        for each in (flat, shards)
    )
    assert torch.equal(here.features, there.features)
    assert torch.equal(here.labels, there.labels)
