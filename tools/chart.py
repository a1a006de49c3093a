"""Line charts as SVG, for what the tools measure."""

# ruff: noqa: INP001 - beside scripts, not part of a package
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM, _RIGHT = 640, 360, 56, 28, 48, 190
_TICKS = 5
_COLOURS = ("#c22", "#27c", "#292", "#a5a", "#d80", "#088")


@dataclass(frozen=True, slots=True)
class Line:
    """Points (x, y) from left to right; lines of one `colour` number belong together."""

    title: str
    points: Sequence[tuple[float, float]]
    colour: int = 0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """What is measured along an axis, and up to which value."""

    title: str
    most: float


def chart(lines: Sequence[Line], x: Axis, y: Axis) -> str:
    """The picture; points beyond an axis's end are drawn at its end."""
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(point: tuple[float, float]) -> str:
        right = min(point[0], x.most) / x.most
        up = min(point[1], y.most) / y.most
        return f"{_LEFT + right * width:.1f},{_TOP + (1 - up) * height:.1f}"

    size = f'width="{_WIDTH}" height="{_HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        f'<rect {size} fill="white"/>',
        *_grid(x, y, width, height),
    ]
    for at, line in enumerate(lines):
        colour = _COLOURS[line.colour % len(_COLOURS)]
        dash = ' stroke-dasharray="5 4"' if line.dashed else ""
        path = " ".join(map(place, line.points))
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
        )
        left, top = _WIDTH - _RIGHT + 12, _TOP + 6 + 18 * at
        parts.append(
            f'<path d="M{left},{top} h22" stroke="{colour}" stroke-width="2"{dash}/>'
            f'<text x="{left + 28}" y="{top + 4}">{line.title}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])


def _grid(x: Axis, y: Axis, width: int, height: int) -> list[str]:
    parts = [
        f'<text x="{_LEFT}" y="16">{y.title}</text>',
        (
            f'<text x="{_LEFT + width / 2:.0f}" y="{_HEIGHT - 10}" text-anchor="middle">'
            f"{x.title}</text>"
        ),
    ]
    for tick in range(_TICKS + 1):
        right = _LEFT + width * tick / _TICKS
        up = _TOP + height * (1 - tick / _TICKS)
        parts += [
            f'<path d="M{_LEFT},{up:.1f} h{width}" stroke="#ddd"/>',
            (
                f'<text x="{_LEFT - 6}" y="{up + 4:.1f}" text-anchor="end">'
                f"{y.most * tick / _TICKS:g}</text>"
            ),
            (
                f'<text x="{right:.1f}" y="{_HEIGHT - 28}" text-anchor="middle">'
                f"{x.most * tick / _TICKS:g}</text>"
            ),
        ]
    return parts
