"""Shards of a corpus: what `webdataset` itself reads in them, and what training does."""

import io
import itertools
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("dask", reason="the extra `train` is not installed")

from training import corpus, shards
from training.corpus import Corpus
from training.shards import parts_of
from training.tar_corpus import TarCorpus, open_corpus

DEMO = Path(__file__).parents[2] / "demo"


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    """A corpus of seven of the demo's recordings, of some five seconds each."""
    folder = tmp_path_factory.mktemp("flat")
    files = sorted(DEMO.glob("*.ogg"))[:7]
    rows = [(file.stem[3:], "anna", soundfile.read(file, dtype="int16")[0]) for file in files]
    assert corpus.write(folder, [*rows, ("naïve café", "ben", rows[0][2][:800])]) == 8
    return folder


def packed(flat, out, *arguments):
    shards.main([str(flat), str(out), "--shard-minutes", "0.2", *arguments])
    return sorted(out.glob("*.tar"))


def test_the_real_webdataset_reads_what_is_written(flat, tmp_path):
    webdataset = pytest.importorskip("webdataset", reason="for this test only")
    files = packed(flat, tmp_path / "out")
    assert len(files) > 2
    read = list(webdataset.WebDataset([*map(str, files)], shardshuffle=False, empty_check=False))
    exact = Corpus(flat)
    assert len(read) == len(exact)
    assert len({sample["__key__"] for sample in read}) == len(exact)
    for index, sample in enumerate(read):
        known = json.loads(sample["json"])
        entry = exact.entries[index]
        said = {"text": entry.text, "voice": entry.voice, "samples": entry.samples}
        assert known == said
        samples, rate = soundfile.read(io.BytesIO(sample["flac"]), dtype="int16")
        assert rate == 16_000
        np.testing.assert_array_equal(samples, exact.audio(index))


def test_shards_are_a_corpus_with_the_same_samples(flat, tmp_path):
    packed(flat, tmp_path / "out")
    exact, read = Corpus(flat), open_corpus(tmp_path / "out")
    assert isinstance(read, TarCorpus)
    assert read.entries == exact.entries
    for index in reversed(range(len(exact))):
        np.testing.assert_array_equal(read.audio(index), exact.audio(index))


def test_a_corpus_is_not_replaced_by_its_shards(flat, capsys):
    with pytest.raises(SystemExit):
        packed(flat, flat)
    assert "CORPUS and OUT are the same folder" in capsys.readouterr().err
    assert len(Corpus(flat)) == 8


def test_opus_keeps_the_length_and_takes_a_fraction(flat, tmp_path):
    size = [
        sum(file.stat().st_size for file in packed(flat, tmp_path / encoding, *given))
        for encoding, given in (("flac", ()), ("ogg", ("--encoding", "ogg")))
    ]
    assert size[1] < 0.4 * size[0]
    exact, read = Corpus(flat), open_corpus(tmp_path / "ogg")
    assert read.entries == exact.entries
    for index in range(7):
        assert np.corrcoef(read.audio(index), exact.audio(index))[0, 1] > 0.95


def test_shards_are_the_same_however_many_processes_write_them(flat, tmp_path, capsys):
    for count in ("1", "3"):
        packed(flat, tmp_path / count, "--processes", count)
    files = sorted(path.name for path in (tmp_path / "1").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "3").iterdir())
    assert files == [f"{number:06}.tar" for number in range(len(files))]
    for name in files:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "3" / name).read_bytes()
    told = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert sorted(told) == sorted(files * 2)


def test_shards_can_be_packed_again(flat, tmp_path):
    packed(flat, tmp_path / "small")
    shards.main([str(tmp_path / "small"), str(tmp_path / "large")])
    [file] = (tmp_path / "large").iterdir()
    assert open_corpus(tmp_path / "large").entries == Corpus(flat).entries
    with tarfile.open(file) as tar:
        names = tar.getnames()
    assert names[:2] == ["000000000.flac", "000000000.json"]


@given(
    lengths_s=st.lists(st.floats(0.01, 3.0), min_size=1, max_size=12),
    most_s=st.floats(0.005, 10.0),
)
def test_parts_follow_each_other_and_none_is_too_long(tmp_path_factory, lengths_s, most_s):
    folder = tmp_path_factory.mktemp("parts")
    samples = [int(length_s * 16_000) for length_s in lengths_s]
    corpus.write(folder, [("a", "b", np.zeros(count, np.int16)) for count in samples])
    parts = parts_of(folder, folder, most_s, "flac")
    assert [n for part in parts for n in range(part.first, part.last)] == [*range(len(samples))]
    for part in parts:
        own = sum(samples[part.first : part.last])
        assert own <= most_s * 16_000 or part.last - part.first == 1
    for part, after in itertools.pairwise(parts):
        assert sum(samples[part.first : after.first + 1]) > most_s * 16_000
