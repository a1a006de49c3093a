"""Hearth: a voice assistant that listens, understands and acts on the device itself."""
