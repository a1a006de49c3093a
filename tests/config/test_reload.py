"""Values out of files, read again."""

import threading

import pytest

from assistant.config.reload import FileReloader, version_of


def test_it_is_read_again_only_when_the_version_differs():
    versions, read = ["a"], []

    def again(before):
        read.append(before)
        return len(read)

    value = FileReloader(lambda: versions[-1], again)
    assert [value.get(), value.get()] == [1, 1]
    versions.append("b")
    assert [value.get(), value.get()] == [2, 2]
    assert read == [None, 1]


def test_what_it_raises_is_raised_once_and_the_value_stays():
    versions = ["a"]

    def again(before):
        if before is not None:
            raise ValueError
        return "good"

    value = FileReloader(lambda: versions[-1], again)
    versions.append("b")
    with pytest.raises(ValueError):  # noqa: PT011
        value.get()
    assert value.get() == "good"


def test_nobody_waits_for_another_who_reads():
    versions, begun, go_on = ["a"], threading.Event(), threading.Event()

    def again(before):
        if before is not None:
            begun.set()
            assert go_on.wait(60)
        return versions[-1]

    value = FileReloader(lambda: versions[-1], again)
    versions.append("b")
    other = threading.Thread(target=value.get)
    other.start()
    assert begun.wait(60)
    assert value.get() == "a"
    go_on.set()
    other.join()
    assert value.get() == "b"


def test_a_version_differs_with_what_is_in_the_file_and_whether_it_is_there(tmp_path):
    file = tmp_path / "file"
    versions = [version_of(file)]
    for text in ("one", "three"):
        file.write_text(text)
        versions += [version_of(file)]
    assert len(set(versions)) == 3
    file.unlink()
    assert version_of(file) == versions[0]
