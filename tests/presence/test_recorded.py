"""Who was there, by a file, and while something was said."""

import pytest

from assistant.presence.recorded import PresenceFileError, RecordedPresence, read_presence
from assistant.presence.senses import Seen, SeenWhile

LINES = """\
{"audio_s": 4.0, "present": false}
{"audio_s": 1.0, "present": true, "facing": false}

{"audio_s": 2.5, "facing": true}
"""


def test_each_line_holds_until_the_next_one(tmp_path):
    file = tmp_path / "seen.jsonl"
    file.write_text(LINES)
    now_s = 0.0
    presence = RecordedPresence(read_presence(file), lambda: now_s)
    seen = {}
    for now_s in (0.5, 1.0, 2.4, 2.5, 5.0):
        seen[now_s] = presence.seen()
    assert seen == {
        0.5: Seen(),
        1.0: Seen(somebody=True, facing=False),
        2.4: Seen(somebody=True, facing=False),
        2.5: Seen(somebody=True, facing=True),
        5.0: Seen(somebody=False),
    }


@pytest.mark.parametrize(
    "line",
    ["facing", "[1]", '{"present": true}', '{"audio_s": "1"}', '{"audio_s": 1, "facing": "yes"}'],
)
def test_what_is_no_such_line_is_told_with_its_number(tmp_path, line):
    file = tmp_path / "seen.jsonl"
    file.write_text(f'{{"audio_s": 0}}\n{line}\n')
    with pytest.raises(PresenceFileError, match="line 2: write a JSON object with audio_s"):
        read_presence(file)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(PresenceFileError, match="cannot be read"):
        read_presence(tmp_path / "gone.jsonl")


def test_most_of_what_was_seen_while_somebody_spoke_counts():
    seen = SeenWhile()
    assert seen.seen == Seen()
    for facing in (True, True, None, False):
        seen.note(Seen(True if facing else None, facing))
    assert seen.seen == Seen(somebody=True, facing=True)
    seen.note(Seen(facing=False))
    seen.note(Seen(facing=False))
    assert seen.seen.facing is False
