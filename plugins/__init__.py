"""Plugins that ship with Hearth: one folder each."""
