"""One part of a published transducer: an ONNX file with its metadata."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.asr.networks.manifest import ModelError
from assistant.asr.networks.onnx import TYPES, session


class OnnxPart:
    """A graph, run by position, and what its metadata say. Errors name the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._session = session(path)
        self._metadata: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map
        self._inputs = self._session.get_inputs()
        self._names = [each.name for each in self._inputs]

    def text(self, key: str, default: str | None = None) -> str:
        """A value of the metadata.

        Raises:
            ModelError: there is none, nor a default.

        """
        value = self._metadata.get(key, default)
        if value is None:
            raise self.unsuitable(f"its metadata lack {key!r}")
        return value

    def number(self, key: str) -> int:
        """A value of the metadata that counts something.

        Raises:
            ModelError: there is none, or it is no number above 0.

        """
        value = self.text(key)
        if not value.isdecimal() or not int(value):
            raise self.unsuitable(f"its metadata have {key} = {value!r}, which is no count")
        return int(value)

    def zeros(self) -> list[NDArray[np.generic]]:
        """An input of zeros for each, with one stream where the graph leaves a length open.

        Raises:
            ModelError: an input is of a type that no such model has.

        """
        for each in self._inputs:
            if each.type not in TYPES:
                raise self.unsuitable(f"its input {each.name} is {each.type}")
        return [
            np.zeros(
                [length if isinstance(length, int) else 1 for length in each.shape],
                TYPES[each.type],
            )
            for each in self._inputs
        ]

    def run(self, *inputs: NDArray[np.generic]) -> list[NDArray[np.generic]]:
        """All outputs.

        Raises:
            ModelError: the graph does not take these inputs.

        """
        try:
            outputs: list[NDArray[np.generic]] = self._session.run(
                None, dict(zip(self._names, inputs, strict=True))
            )
        except Exception as error:
            # The runtime's errors have no public base class, and several lines.
            raise self.unsuitable(f"it cannot be run ({' '.join(str(error).split())})") from error
        return outputs

    def unsuitable(self, why: str) -> ModelError:
        """An error that names the file and says what to do."""
        return ModelError(
            f"{self.path} cannot be used: {why}. It must be part of a streaming transducer that"
            " icefall exported for sherpa-onnx"
        )
