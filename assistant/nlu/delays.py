"""One time for several commands: "turn on the light and turn off the TV at nine".

A time in front is that of all of them, unless a sentence ends between them. A time behind the last
one may be for it alone, so it is asked whether it is for all. "Now" answers that, and so does what
cannot be done at the same time: "turn the light on and off in ten minutes".
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.nlu.agreement import Found, asked, contradict
from assistant.nlu.clauses import PRONOUNS, Segment, Words, says_now
from assistant.nlu.interpretation import Interpretation
from assistant.nlu.parse import COMMAND, REMINDER
from assistant.nlu.single_command import SingleCommands

_STOP = "."


def with_times(commands: SingleCommands, found: Found, segments: Sequence[Segment]) -> Found | None:
    """The commands with the times that are meant for each; None if one cannot be put off."""
    first, *others = found
    if not others:
        return found
    if time := _time_in_front(first):
        if any(map(_is_delayed, others)) or _is_for_first(segments):
            return found
        can_wait = commands.when_due(first).targets
        later = _delayed(commands, others, before=time) if can_wait else None
        return later and (first, *later)
    return _with_time_behind(commands, found, segments)


def _with_time_behind(
    commands: SingleCommands, found: Found, segments: Sequence[Segment]
) -> Found | None:
    """The same where the last command has a time after it, if any."""
    *others, last = found
    time = _time_behind(last)
    if not time or any(map(_is_delayed, others)) or _is_for_last(segments[-1]):
        return found
    if any(REMINDER in each.slots for each in others):
        return asked(found)  # it may be what to be reminded of
    if not any(each.targets for each in others):
        return found  # only what is done to devices can wait
    due = commands.when_due(last)
    if _says_now(segments[:-1]) or any(contradict(each, due) for each in others):
        is_clear = not others[1:] or _says_now(segments[-2:-1])
        return found if is_clear else asked(found)
    later = _delayed(commands, others, after=time)
    return later and asked((*later, last))


def _is_for_first(segments: Sequence[Segment]) -> bool:
    """Whether a command after the first one is not for its time."""
    return any(_STOP in each.joined_by for each in segments) or _says_now(segments[1:])


def _says_now(segments: Sequence[Segment]) -> bool:
    return any(says_now(each.words) for each in segments)


def _is_for_last(segment: Segment) -> bool:
    """Whether a command comes after the others, or is about what they named."""
    return segment.in_sequence or bool(PRONOUNS & set(segment.words))


def _is_delayed(command: Interpretation) -> bool:
    return COMMAND in command.slots


def _time_in_front(command: Interpretation) -> Words:
    words, later = _words(command)
    return words[: -len(later)] if later and words[-len(later) :] == later else ()


def _time_behind(command: Interpretation) -> Words:
    words, later = _words(command)
    return words[len(later) :] if later and words[: len(later)] == later else ()


def _words(command: Interpretation) -> tuple[Words, Words]:
    """The words of a command, and those of what is to be done later, if anything is."""
    return tuple(command.text.split()), tuple(str(command.slots.get(COMMAND, "")).split())


def _delayed(
    commands: SingleCommands,
    found: Sequence[Interpretation],
    *,
    before: Words = (),
    after: Words = (),
) -> Found | None:
    """The commands for the time that these words say; None unless each of them can wait."""
    later = []
    for each in found:
        words = tuple(each.text.split())
        at_once = commands.exact(words)
        delayed = commands.exact((*before, *words, *after))
        if at_once is None or delayed is None or not at_once.same_meaning(each):
            return None
        if not each.targets:
            return None
        if delayed.slots.get(COMMAND) != each.text:
            return None
        later.append(delayed)
    return tuple(later)
