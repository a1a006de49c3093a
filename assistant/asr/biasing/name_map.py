"""A picture of which names an utterance may say, and when."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from assistant.asr.biasing.heard_names import SURE
from assistant.asr.result import HeardName
from assistant.lattice.graph import Word

_SECOND: Final = 180.0
_ROW: Final = 22.0
_LEFT: Final = 170.0
_STYLE: Final = "text{font:13px sans-serif} .word{text-anchor:middle} .name{text-anchor:end}"


def to_svg(words: Sequence[Word], names: Sequence[HeardName], length_s: float) -> str:
    """A row for each name, the surest first, over the words that were recognised.

    Names stand where they were heard, the darker the surer.
    """
    width = _LEFT + _SECOND * length_s + 20
    height = _ROW * (len(names) + 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}">',
        f"<style>{_STYLE}</style>",
    ]
    for row, name in enumerate(names):
        top = _ROW * (row + 0.5)
        x, long = _LEFT + _SECOND * name.start_s, _SECOND * (name.end_s - name.start_s)
        label = f"{escape(name.phrase.text)} {name.margin:.0f}"
        dark = min(1.0, max(0.1, name.margin / SURE))
        place = f'x="{x:.0f}" y="{top:.0f}" width="{long:.0f}" height="{_ROW - 4:.0f}"'
        parts += [
            f'<text class="name" x="{_LEFT - 10:.0f}" y="{top + 14:.0f}">{label}</text>',
            f'<rect {place} fill="#27c" fill-opacity="{dark:.2f}"/>',
        ]
    bottom = _ROW * (len(names) + 1.5)
    for word in words:
        middle = _LEFT + _SECOND * (word.start_s + word.end_s) / 2
        parts.append(
            f'<text class="word" x="{middle:.0f}" y="{bottom:.0f}">{escape(word.text)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
