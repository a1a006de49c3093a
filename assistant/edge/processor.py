"""The description of an edge processor: what it multiplies, holds and moves, at what cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import yaml

from assistant.edge.errors import EdgeFormatError

FOLDER: Final = Path(__file__).parent / "processors"
BITS: Final = (16, 8, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """What operations cost, in picojoules."""

    multiplication: dict[int, float]
    """By the bits of the wider factor that is not an 8-bit activation."""
    vector_operation: float
    on_chip_byte: float
    off_chip_byte: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Processor:
    """A processor that executes programs step by step, with loads beside the multiplications."""

    name: str
    clock_mhz: float
    multiplications_per_cycle: dict[int, float]
    """By bits, as in `Energy.multiplication`."""
    skips_zero_blocks: bool
    vector_operations_per_cycle: float
    """Operations of floats: scaling, activations, layer norm, softmax."""
    step_overhead_cycles: float
    """To set up one step."""
    on_chip_bytes: float
    """Memory for the arena, attention's keys and values, and weights that stay."""
    bus_bytes_per_s: float
    decoder_weights_per_cycle: float
    """Weights that come out of decompression."""
    weights_read_per_rows: float
    """Weights are read again for every so many rows of activations; 0: once for all of them."""
    energy_pj: Energy
    static_mw: float
    sources: dict[str, str]

    @property
    def bytes_per_cycle(self) -> float:
        """The bus in its own clock's terms."""
        return self.bus_bytes_per_s / (self.clock_mhz * 1e6)


def names() -> tuple[str, ...]:
    """The descriptions that ship."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def load(name: str | Path) -> Processor:
    """The description of that name, or in that YAML file; `EdgeFormatError` says what is wrong."""
    path = FOLDER / f"{name}.yaml" if str(name) in names() else Path(name)
    try:
        values = yaml.safe_load(path.read_text("utf8"))
    except OSError as error:
        there = ", ".join(names())
        raise EdgeFormatError(f"no processor {name}: give one of {there}, or a file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise EdgeFormatError(f"{path} is no YAML: {error}") from error
    whole = _checked(Processor, values, path)
    energy = _checked(Energy, whole["energy_pj"], path)
    return Processor(**{**whole, "energy_pj": Energy(**energy)})


def _checked(kind: type[Energy | Processor], values: Any, path: Path) -> dict[str, Any]:  # noqa: ANN401
    """Values that have the fields of `kind`, each of its type."""
    if not isinstance(values, dict):
        raise EdgeFormatError(f"{path}: {kind.__name__.lower()} is no mapping")
    known = {field.name: str(field.type) for field in fields(kind)}
    for key in (*(values.keys() - known.keys()), *(known.keys() - values.keys())):
        verb = "is not known" if key in values else "is missing"
        raise EdgeFormatError(f"{path}: {key} {verb}; {', '.join(known)} are needed")
    for key, type_ in known.items():
        if not _fits(values[key], type_, key):
            raise EdgeFormatError(f"{path}: {key} cannot be {values[key]!r}")
    return values


def _fits(value: Any, type_: str, key: str) -> bool:  # noqa: ANN401
    if type_ == "float":
        zero_is_fine = key in _MAY_BE_ZERO
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and math.isfinite(value) and (value > 0 or (zero_is_fine and value == 0))
    if type_ == "dict[int, float]":
        return isinstance(value, dict) and all(
            bits in value and _fits(value[bits], "float", key) for bits in BITS
        )
    kinds = {"str": str, "bool": bool, "dict[str, str]": dict, "Energy": dict}
    return isinstance(value, kinds[type_])


_MAY_BE_ZERO: Final = {
    "step_overhead_cycles",
    "weights_read_per_rows",
    "static_mw",
    *(field.name for field in fields(Energy)),
}
