"""Is what was said so far an unfinished command? Asked by the end-pointer, many times a second."""

from __future__ import annotations

from assistant.nlu.digits import with_digits
from assistant.nlu.reader import Reader
from assistant.nlu.tokens import split_words, text_of, tokens_of, without_fillers

_NEVER_LAST = frozenset(
    {
        *("a", "an", "the", "my", "our", "your", "and", "or", "to", "at", "of", "for", "from"),
        *("with", "by", "in", "into", "is", "are", "set", "turn", "switch", "make", "change"),
        *("put", "add", "remove", "called", "named", "what", "what's", "how", "which", "tell"),
        *("play", "call", "text", "lock", "unlock", "open", "close", "shut", "raise", "lower"),
        *("dim", "start", "delete", "please", "can", "could", "would", "i", "it's"),
        *("point", "past", "quarter", "every", "any", "some", "uh", "um", "will", "do", "does"),
    }
)
"""Words that no command ends with, whatever came before."""
_VERBS = frozenset(
    {
        *("turn", "switch", "set", "put", "make", "change", "open", "close", "shut", "raise"),
        *("lower", "lock", "unlock", "add", "remove", "delete", "check", "start", "stop", "dim"),
        *("brighten", "play", "pause", "resume", "skip", "mute", "unmute", "cancel", "what"),
        *("what's", "how", "how's", "is", "are", "will", "which", "call", "text", "message"),
        *("send", "increase", "decrease", "activate", "take", "tell", "vacuum", "clean", "return"),
    }
)
"""Words that commands begin with."""

UNFINISHED = 0.95
PROBABLY_UNFINISHED = 0.75
MAY_GO_ON = 0.3
UNKNOWN = 0.4
FINISHED = 0.05


class Completeness:
    """Judges by a home's names and templates. Remembers what it was asked, as texts repeat."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def incomplete(self, text: str) -> float:
        """Probability (0 to 1) that a command was begun in `text` and goes on.

        0.95: it ends in a word that no command ends with, or in the beginning of a name.
        0.75: it begins like a command and is none yet. 0.4: it is like no command. 0.3: it is a
        command and its last words begin a longer name or amount. 0.05: it is a command.
        """
        words = split_words(text)
        if not words:
            return UNFINISHED
        if words[-1] in _NEVER_LAST:
            return UNFINISHED
        command = without_fillers(words)
        read = text_of(with_digits(tokens_of(command)))
        begins_name = self._begins_name(read)
        readings = self._reader.exact(text)
        if readings and not readings[0].unknown:
            return MAY_GO_ON if begins_name or self._may_grow(read) else FINISHED
        if begins_name:
            return UNFINISHED
        if command[0] in _VERBS:
            return PROBABLY_UNFINISHED if not readings else UNKNOWN
        return UNKNOWN

    def _begins_name(self, read: str) -> bool:
        """Whether the last words begin a longer name: "living" before "room"."""
        words = read.split()
        longest = self._reader.index.longest
        prefixes = self._reader.index.prefixes
        return any(
            " ".join(words[-count:]) in prefixes for count in range(1, min(longest, len(words)) + 1)
        )

    @staticmethod
    def _may_grow(read: str) -> bool:
        """Whether an amount may go on: "twenty" before "five", "an hour" before "and a half"."""
        last = read.rpartition(" ")[2]
        if last.isdecimal():
            return int(last) >= 20 and int(last) % 10 == 0  # noqa: PLR2004
        return last.removesuffix("s") in {"hour", "minute"}
