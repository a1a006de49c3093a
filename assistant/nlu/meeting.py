"""Whether numbers or times that were said apart become another one where words are put together.

"Six thirty" before "seven" is 6:37, "an hour" before "ten minutes" is one length, and "six" before
the end of "half past seven" is 7:06.
"""

from __future__ import annotations

from assistant.nlu.amounts import AMOUNT_WORDS, duration
from assistant.nlu.clauses import Words
from assistant.nlu.spoken_digits import has_digits
from assistant.nlu.times import OH, is_within_time


def meet(before: Words, after: Words) -> bool:
    """Whether a number or time goes over the place between the words before and those after it."""
    if not before or not after:
        return False
    begins = has_digits(after[:1]) or after[0] in OH or duration(after, 0) is not None
    ends = has_digits(before[-1:]) or before[-1] in AMOUNT_WORDS
    return (begins and ends) or is_within_time([*before, *after], len(before))
