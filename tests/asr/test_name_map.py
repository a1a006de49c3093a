"""The picture of the names that were heard: what it says, as SVG and as PNG."""

import io
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from assistant.asr.biasing.heard_names import SURE
from assistant.asr.biasing.name_map import name_map
from assistant.asr.result import BiasPhrase, HeardName
from assistant.lattice.graph import Word

WORDS = (Word("call", 0.1, 0.4), Word("siobhan", 0.5, 1.0))
NAMES = (
    HeardName(BiasPhrase("Siobhan & <co>"), 2 * SURE, 0.5, 1.0),
    HeardName(BiasPhrase("Shawn"), SURE / 4, 0.6, 0.9),
)


def test_the_surest_stands_first_over_its_words():
    picture = ET.fromstring(name_map(WORDS, NAMES, 1.5).svg())  # noqa: S314 - ours
    texts = [each.text for each in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == [f"Siobhan & <co> {2 * SURE:.0f}", f"Shawn {SURE / 4:.0f}", "call", "siobhan"]
    bars = list(picture.iter("{http://www.w3.org/2000/svg}rect"))
    assert [float(each.get("fill-opacity")) for each in bars] == [1.0, 0.25]
    last = list(picture.iter("{http://www.w3.org/2000/svg}text"))[-1]
    middle = float(bars[0].get("x")) + float(bars[0].get("width")) / 2
    assert float(last.get("x")) == pytest.approx(middle, abs=1)


def test_as_pixels_it_shows_the_same():
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed (the extra `png`)")
    drawn = name_map(WORDS, NAMES, 1.5)
    pixels = np.asarray(image.open(io.BytesIO(drawn.png())).convert("RGB")).astype(int)
    assert pixels.shape == (round(2 * drawn.height), round(2 * drawn.width), 3)
    for left, middle, length, dark in drawn.bars:
        red, green, blue = pixels[round(2 * middle), round(2 * (left + length / 2))]
        assert red < green < blue
        assert red == pytest.approx(255 - dark * (255 - 0x22), abs=1)
    black = (pixels < 60).all(-1)
    for row, _ in drawn.names:
        assert black[round(2 * row) - 12 : round(2 * row) + 12, :320].any(), "a name is not written"
    below = black[-44:]
    for at, _ in drawn.words:
        assert below[:, round(2 * at) - 12 : round(2 * at) + 12].any(), "a word is not written"


def test_without_pillow_it_is_an_import_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError):
        name_map(WORDS, NAMES, 1.5).png()
