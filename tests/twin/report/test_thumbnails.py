"""The pictures of items: kept in a saved run's folder, and small in its report."""

import base64
import json
import re
import shutil

import cv2
import numpy as np
import pytest
from support.browser import Watched, browser, settle
from typer.testing import CliRunner

from twin import ItemDraw, RecognizerModel, Scenario, faults, trace
from twin.cli import app
from twin.pictures import MOST_THUMBNAILS
from twin.report.drawing import Sketch
from twin.report.thumbnails import EDGE_PX, thumbnails
from twin.scenario.scenario import encode_scenario

ITEMS = 6


def twin(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A run with rendered pictures, saved."""
    folder = tmp_path_factory.mktemp("pictures") / "kept"
    result = twin("run", "--items", ITEMS, "--seed", "3", "--link", "memory", "--save", folder)
    assert result.exit_code == 0, result.output
    return folder


def decoded(address):
    content = base64.b64decode(address.partition(",")[2])
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


def thumbnails_of(report):
    data = re.search(r'<script id="data"[^>]*>(.*?)</script>', report.read_text(encoding="utf-8"), re.S)[1]
    return json.loads(data)["runs"][0]["drawing"]["thumbnails"]


def test_a_saved_run_has_each_picture_by_its_digest(kept):
    taken = [one.image for one in trace.read_trace(kept / "trace.jsonl") if isinstance(one, trace.Photographed)]
    assert len(taken) == ITEMS
    assert {path.stem for path in (kept / "pictures").iterdir()} == set(taken)


def test_its_report_has_them_small(kept):
    shown = thumbnails_of(kept / "report.html")
    assert len(shown) == ITEMS
    assert all(address.startswith("data:image/jpeg;base64,") for address in shown.values())
    assert max(map(len, shown.values())) < 3000


def test_a_report_of_the_folder_shows_what_is_there_and_names_what_is_no_picture(kept, tmp_path):
    folder = tmp_path / "copied"
    shutil.copytree(kept, folder)
    first, second, *_ = sorted((folder / "pictures").iterdir())
    first.write_bytes(b"no image")
    second.unlink()
    out = tmp_path / "report.html"
    result = twin("report", folder, "-o", out)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"twin: {first} must be the picture whose digest is its name, got one with")
    assert set(thumbnails_of(out)) == {path.stem for path in (kept / "pictures").iterdir()} - {first.stem, second.stem}


def test_a_picture_that_a_fault_has_spoilt_is_kept_and_not_shown(tmp_path):
    torn = faults.SpoiltImage(how="not_an_image", from_s=0.0, until_s=1e4)
    scenario = Scenario(items=ItemDraw(count=2), faults=(torn,), recognizer=RecognizerModel(source="images"))
    (tmp_path / "scenario.json").write_bytes(encode_scenario(scenario))
    folder = tmp_path / "kept"
    twin("run", tmp_path / "scenario.json", "--link", "memory", "--save", folder)
    assert list((folder / "pictures").iterdir())
    result = twin("report", folder, "-o", tmp_path / "report.html")
    assert result.exit_code == 0, result.output
    assert thumbnails_of(tmp_path / "report.html") == {}


def test_a_run_on_blank_pictures_keeps_none(tmp_path):
    result = twin("run", "--items", "2", "--recognizer", "oracle", "--link", "memory", "--save", tmp_path / "kept")
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "kept" / "pictures").exists()


def test_the_longer_edge_has_the_given_size_and_their_number_is_bounded(kept):
    (path, *_) = (kept / "pictures").iterdir()
    pictures = {str(number): path.read_bytes() for number in range(MOST_THUMBNAILS + 5)}
    found = thumbnails(pictures, ["7", "missing", "7", *pictures])
    assert len(found) == MOST_THUMBNAILS
    assert list(found)[:2] == ["7", "0"]
    assert max(decoded(found["7"]).shape[:2]) == EDGE_PX


def test_a_report_says_that_pictures_are_left_out():
    sketch = Sketch()
    sketch.see(trace.Began(0.0, Scenario(recognizer=RecognizerModel(source="images"))))
    for number in range(1, MOST_THUMBNAILS + 2):
        sketch.see(trace.Photographed(float(number), number, str(number), 1))
    assert sketch.drawing(()).left_out == []  # None are known: it has none to show.
    sketch.images = {"1": b"no image"}
    assert sketch.drawing(()).left_out == [f"Only the first {MOST_THUMBNAILS} pictures are shown."]


@pytest.mark.browser
def test_an_item_on_the_belt_shows_its_picture(kept):
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        watched = Watched(page)
        page.goto((kept / "report.html").as_uri() + "#t=14")
        settle(page)
        picture = page.locator(".line .item image").first
        picture.wait_for()
        assert picture.evaluate("image => image.getBBox().width") > 8
        assert watched.complaints == []
