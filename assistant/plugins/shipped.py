"""The plugins that ship with Hearth, as modules of this package wherever their folders lie."""

from __future__ import annotations

from assistant.config.shipped import shipped

FOLDER = shipped("plugins")
__path__ = [str(FOLDER)]
