"""Hearth: a voice assistant that listens, understands and acts on the device itself."""

import os

__version__ = "0.1.0"

# ONNX Runtime reports to its maker from 1.29 on, unless told so before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
