"""Carries out what a sentence means: each of its commands in turn, answered as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.nlu.interpretation import Interpretation
from assistant.plugins import Outcome, Plugin, outcome_of

PluginFor = Callable[[str | None], Plugin | None]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one command, and which plugin carried it out."""

    plugin: str
    outcome: Outcome
    failed: str = ""
    """A message for the log, where the plugin failed."""


async def carry_out(plugin_for: PluginFor, meant: Interpretation) -> tuple[Done, ...]:
    """Carry out every command of a sentence; none, and nothing done, where no plugin can one."""
    plugins = [plugin_for(command.intent) for command in meant.commands]
    done = []
    for plugin, command in zip(plugins, meant.commands, strict=True):
        if plugin is None or None in plugins:
            return ()
        done.append(Done(plugin.name, *await outcome_of(plugin, command)))
    return tuple(done)


def named(done: Sequence[Done]) -> list[tuple[str, ...]]:
    """The devices of each command that was carried out."""
    return [each.outcome.targets for each in done if each.outcome.success]


def in_one(done: Sequence[Done]) -> Outcome:
    """What came of a sentence's commands as one outcome."""
    outcomes = [each.outcome for each in done]
    return Outcome(
        success=all(outcome.success for outcome in outcomes),
        reply=" ".join(dict.fromkeys(outcome.reply for outcome in outcomes)),
        targets=tuple(target for outcome in outcomes for target in outcome.targets),
        changes=tuple(change for outcome in outcomes for change in outcome.changes),
    )
