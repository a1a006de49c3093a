"""English words that say nothing by themselves."""

from __future__ import annotations

from typing import Final

_WORDS: Final = """
a all an and at be by do for from go he her his i in is it its my no not of off on or our out she so
that the their them they this to up was we what with yes you your
"""
FUNCTION_WORDS: Final = frozenset(_WORDS.split())
"""A name of these only would be heard everywhere."""
