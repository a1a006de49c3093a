"""A picture of which names an utterance may say, and when."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from assistant.asr.biasing.heard_names import SURE
from assistant.asr.result import HeardName
from assistant.lattice.graph import Word

_SECOND: Final = 220.0
_ROW: Final = 22.0
_LEFT: Final = 170.0
_RIGHT: Final = 20.0
_SIZE: Final = 13
_BLUE: Final = (0x22, 0x77, 0xCC)
_STYLE: Final = (
    f"text{{font:{_SIZE}px sans-serif;dominant-baseline:central}}"
    " .word{text-anchor:middle} .name{text-anchor:end}"
)
_FONT: Final = "DejaVuSans.ttf"
"""It has the letters of most names; Pillow's own, the only one on a bare system, has not."""
_SHARP: Final = 2
"""Pixels of a PNG for one of the drawing."""


@dataclass(frozen=True, slots=True)
class NameMap:
    """Where what stands, in pixels; made by `name_map`."""

    width: float
    height: float
    names: tuple[tuple[float, str], ...]
    """The middle of each row, and what stands left of it."""
    bars: tuple[tuple[float, float, float, float], ...]
    """Where each name was heard: left, middle of its row, length, and how dark (0 to 1)."""
    words: tuple[tuple[float, str], ...]
    """The middle of each word, in the last row."""

    def svg(self) -> str:
        """The picture as SVG."""
        size = f'width="{self.width:.0f}" height="{self.height:.0f}"'
        bottom = self.height - _ROW / 2
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
            f"<style>{_STYLE}</style>",
            *(
                f'<text class="name" x="{_LEFT - 10:.0f}" y="{y:.0f}">{escape(label)}</text>'
                for y, label in self.names
            ),
            *(
                f'<rect x="{x:.0f}" y="{y - _ROW / 2 + 2:.0f}" width="{length:.0f}"'
                f' height="{_ROW - 4:.0f}" fill="#{bytes(_BLUE).hex()}" fill-opacity="{dark:.2f}"/>'
                for x, y, length, dark in self.bars
            ),
            *(
                f'<text class="word" x="{x:.0f}" y="{bottom:.0f}">{escape(word)}</text>'
                for x, word in self.words
            ),
        ]
        return "\n".join([*parts, "</svg>"]) + "\n"

    def png(self) -> bytes:
        """The picture as PNG, on white; needs Pillow, else raises `ImportError`."""
        from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - an optional extra

        font: ImageFont.FreeTypeFont | ImageFont.ImageFont
        try:
            font = ImageFont.truetype(_FONT, _SIZE * _SHARP)
        except OSError:
            font = ImageFont.load_default(_SIZE * _SHARP)
        image = Image.new("RGB", (round(self.width * _SHARP), round(self.height * _SHARP)), "white")
        draw = ImageDraw.Draw(image)

        def write(x: float, y: float, text: str, anchor: str) -> None:
            draw.text((x * _SHARP, y * _SHARP), text, fill="black", font=font, anchor=anchor)

        for y, label in self.names:
            write(_LEFT - 10, y, label, "rm")
        for x, y, length, dark in self.bars:
            shade = tuple(round(255 - dark * (255 - part)) for part in _BLUE)
            half = _ROW / 2 - 2
            box = [each * _SHARP for each in (x, y - half, x + length, y + half)]
            draw.rectangle(box, fill=shade)
        for x, word in self.words:
            write(x, self.height - _ROW / 2, word, "mm")
        written = io.BytesIO()
        image.save(written, "PNG")
        return written.getvalue()


def name_map(words: Sequence[Word], names: Sequence[HeardName], length_s: float) -> NameMap:
    """A row for each name, the surest first, over the words that were recognised.

    Names stand where they were heard, the darker the surer.
    """
    rows = [_ROW * (row + 1) for row in range(len(names))]
    return NameMap(
        width=_LEFT + _SECOND * length_s + _RIGHT,
        height=_ROW * (len(names) + 2),
        names=tuple(
            (y, f"{each.phrase.text} {each.margin:.0f}")
            for y, each in zip(rows, names, strict=True)
        ),
        bars=tuple(
            (
                _LEFT + _SECOND * each.start_s,
                y,
                _SECOND * (each.end_s - each.start_s),
                min(1.0, max(0.1, each.margin / SURE)),
            )
            for y, each in zip(rows, names, strict=True)
        ),
        words=tuple((_LEFT + _SECOND * (w.start_s + w.end_s) / 2, w.text) for w in words),
    )
