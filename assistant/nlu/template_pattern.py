"""What a text must look like to be worth reading by a sentence template: a regular expression.

Other than hassil's own patterns, these spell out what lists hold, so that almost every text that is
no sentence of a template is told apart here: hassil's search takes milliseconds for a template of
many optional parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from hassil import (
    Alternative,
    Expression,
    ListReference,
    Sentence,
    SlotList,
    TextSlotList,
)

from assistant.nlu.expressions import Traversal

_ANYTHING: Final = "(?:.+)"
_SPELLED_OUT: Final = 100
"""A list with more values may be anything here."""


class PatternWriter(Traversal[str]):
    """Writes patterns; the value of the traversal is the pattern so far.

    Lists that are not in `lists`, such as names of the home, may be anything.
    """

    def __init__(self, rules: Mapping[str, Sentence], lists: Mapping[str, SlotList]) -> None:
        super().__init__(rules)
        self._lists = lists

    def pattern(self, expression: Expression) -> re.Pattern[str]:
        """What every text matches that an expression matches.

        Raises:
            CircularRuleError: a rule needs itself.
            KeyError: a rule is not there.

        """
        return re.compile(f"^{self.after(expression, '')}$", re.IGNORECASE)

    def words(self, text: str, value: str) -> str:
        """The text, with any space or none where it has one."""
        return value + re.escape(text).replace(r"\ ", "[ ]*")

    def listed(self, reference: ListReference, value: str) -> str:
        """One of the list's values, or anything."""
        values = self._lists.get(reference.list_name)
        if isinstance(values, TextSlotList) and len(values.values) <= _SPELLED_OUT:
            return value + self.joined(self.after(each.text_in, "") for each in values.values)
        return value + _ANYTHING

    def alternatives(self, expression: Alternative, value: str) -> str:
        """One of them."""
        return value + self.joined(self.after(item, "") for item in expression.items)

    def permutation(self, items: Sequence[Expression], value: str) -> str:
        """As many of them, whichever they are."""
        return f"{value}{self.joined(self.after(item, '') for item in items)}{{{len(items)}}}"

    def joined(self, values: Iterable[str]) -> str:
        """One of several patterns."""
        return f"(?:{'|'.join(values)})"
