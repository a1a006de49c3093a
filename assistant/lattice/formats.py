"""A lattice as text in HTK's Standard Lattice Format, and as a picture."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

from assistant.lattice.graph import Edge, Lattice, best_path

_NO_WORD: Final = "!NULL"

_SECOND: Final = 240.0
_ROW: Final = 34.0
_MARGIN: Final = 40.0
_STYLE: Final = (
    "text{font:13px sans-serif;text-anchor:middle}"
    "path{fill:none;stroke:#99a}.best{stroke:#06c}text.best{fill:#06c;stroke:none}"
    "circle{fill:#fff;stroke:#556}.time{fill:#889;font-size:11px}"
)


def to_slf(lattice: Lattice) -> str:
    """HTK's Standard Lattice Format (The HTK Book, chapter 20): words on links, natural logs.

    `a` is the score that the recogniser gave the word, `p` its posterior. A stretch without a
    word is HTK's `!NULL`.
    """
    lines = [
        "VERSION=1.0",
        "base=2.718282",
        "acscale=1.0",
        f"start={lattice.start} end={lattice.final}",
        f"N={len(lattice.nodes)} L={len(lattice.edges)}",
        *(f"I={node.id} t={node.time_s:.2f}" for node in lattice.nodes),
        *(
            f"J={number} S={edge.start} E={edge.end} W={_quoted(edge.word)}"
            f" a={edge.log_prob:.4f} p={edge.posterior:.4f}"
            for number, edge in enumerate(lattice.edges)
        ),
    ]
    return "\n".join(lines) + "\n"


def _quoted(word: str) -> str:
    """HTK protects quotes at a word's beginning with a backslash."""
    return "\\" + word if word[:1] in {"'", '"'} else word or _NO_WORD


def to_svg(lattice: Lattice) -> str:
    """A picture: time from left to right, a curve a word, the best path in blue.

    Thickness is the posterior, which stands behind each word too.
    """
    best = set(best_path(lattice))
    heights = _heights(lattice, best)
    low = min(heights.values(), default=0.0)
    high = max(heights.values(), default=0.0)
    middle = _MARGIN - low
    # Nodes that share a time would lie upon each other; each stands at least a little further.
    places: list[float] = []
    for node in lattice.nodes:
        nearest = places[-1] + _ROW if places else _MARGIN
        places.append(max(_MARGIN + node.time_s * _SECOND, nearest))
    width, height = places[-1] + _MARGIN, middle + high + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}">',
        f"<style>{_STYLE}</style>",
        *(
            _curve(edge, places, middle, heights[edge], "best" if edge in best else "other")
            for edge in lattice.edges
        ),
    ]
    for node, x in zip(lattice.nodes, places, strict=True):
        parts.append(f'<circle cx="{x:.0f}" cy="{middle:.0f}" r="4"/>')
        parts.append(
            f'<text class="time" x="{x:.0f}" y="{height - 8:.0f}">{node.time_s:.2f} s</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _heights(lattice: Lattice, best: set[Edge]) -> dict[Edge, float]:
    """How far above or below the middle each edge's curve runs: no two at the same place."""
    heights: dict[Edge, float] = {}
    spans: list[tuple[float, int, int]] = []
    rest = sorted(set(lattice.edges) - best, key=lambda edge: -edge.posterior)
    for edge in [*sorted(best, key=lambda edge: edge.start), *rest]:
        row = 0 if edge in best else 1
        while any(
            level == _level(row) and edge.start < end and start < edge.end
            for level, start, end in spans
        ):
            row += 1
        spans.append((_level(row), edge.start, edge.end))
        heights[edge] = _level(row)
    return heights


def _level(row: int) -> float:
    """Rows fill up around the middle: 0, above, below, further above, ..."""
    side = -1 if row % 2 else 1
    return side * _ROW * ((row + 1) // 2)


def _curve(edge: Edge, places: list[float], middle: float, height: float, kind: str) -> str:
    start, end, peak = places[edge.start], places[edge.end], middle + height
    handle = (end - start) / 4
    thickness = 1.0 + 3.0 * edge.posterior
    word = escape(edge.word) or "&#8709;"
    path = (
        f"M{start:.0f},{middle:.0f} C{start + handle:.0f},{middle + 4 * height / 3:.0f}"
        f" {end - handle:.0f},{middle + 4 * height / 3:.0f} {end:.0f},{middle:.0f}"
    )
    return (
        f'<path class="{kind}" stroke-width="{thickness:.1f}" d="{path}"/>'
        f'<text class="{kind}" x="{(start + end) / 2:.0f}" y="{peak - 5:.0f}">'
        f"{word} {edge.posterior:.2f}</text>"
    )
