"""Files that are written whole or not at all."""

import stat

import pytest

from assistant.config.whole_file import write_whole, written_beside


@pytest.mark.parametrize("synced", [False, True])
def test_a_file_is_written_for_its_owner_alone(tmp_path, synced):
    path = tmp_path / "state" / "timers.json"
    for text in ("[1]", "ü"):
        write_whole(path, text, synced=synced)
        assert path.read_text("utf-8") == text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_what_an_earlier_attempt_left_is_no_hindrance(tmp_path):
    path = tmp_path / "a.json"
    written_beside(path).write_text("half")
    write_whole(path, "whole")
    assert path.read_text() == "whole"


def test_what_cannot_be_moved_leaves_nothing_half_written(tmp_path):
    path = tmp_path / "a.json"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(path, "text")
    assert list(tmp_path.iterdir()) == [path]
