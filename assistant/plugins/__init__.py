"""Plugins: what they are, and how they are found, checked and run. See docs/plugins.md.

What a plugin needs is here, whatever file it lives in.
"""

from assistant.plugins.api import (
    Asks,
    Background,
    Named,
    Outcome,
    Plugin,
    PluginContext,
    PluginError,
    say_in_log,
)

__all__ = [
    "Asks",
    "Background",
    "Named",
    "Outcome",
    "Plugin",
    "PluginContext",
    "PluginError",
    "say_in_log",
]
