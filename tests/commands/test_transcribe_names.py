"""`assistant transcribe` tells which names of a list it heard, and draws them."""

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "demo"


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")
def test_names_and_their_picture(assistant, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("Kitchen light\nSiobhan\nBedroom lamp\n", "utf8")
    file = DEMO / "01-kitchen-light.ogg"
    ran = assistant(
        "transcribe", "--no-personalization", "--context", names, "--attention", "svg", file
    )
    assert ran.status == 0, ran.err
    line = json.loads(ran.out)
    assert [each["name"] for each in line["names"]] == ["Kitchen light"]
    assert 2.0 < line["names"][0]["start_s"] < line["names"][0]["end_s"] < 3.0
    picture = ET.fromstring((tmp_path / line["attention"]).read_text("utf8"))  # noqa: S314 - ours
    texts = [each.text for each in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0].startswith("Kitchen light")
    assert texts[1:] == line["text"].split()
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}rect"))) == 1


def test_without_names_nothing_was_heard(assistant):
    ran = assistant("transcribe", "--no-personalization", DEMO / "01-kitchen-light.ogg")
    assert json.loads(ran.out)["names"] == []
