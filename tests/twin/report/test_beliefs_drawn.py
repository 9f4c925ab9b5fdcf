"""What the controller believed, beside the truth: as data of a report, from its folder, in a browser."""

import json
import re
import shutil

import pytest
from support.browser import Watched, browser, settle
from typer.testing import CliRunner

from twin import Item, Layout, Scenario, faults, settings_for, simulate
from twin.beliefs import Belief
from twin.cli import app
from twin.report.drawn_beliefs import drawn_beliefs
from twin.report.item_motion import ItemPath, Phase

STACK = tuple(Item(item_class=name) for name in ("ripe", "half_ripe", "raw", "ripe"))
MISREAD = faults.RecognizerSays(what="wrong_label", from_s=16.0, until_s=21.0)
SCENARIO = Scenario(seed=5, items=STACK, faults=(MISREAD,), controller=settings_for(Layout(), items=len(STACK)))
MISTAKEN = 3
"""The item that is misread: the only one under the camera while the fault acts."""


def believed(track, t_s, **changes):
    return Belief(**{"t_s": t_s, "track": track, "item": track, "stage": "loaded", "gate": 0} | changes)


def path(number, loaded_s, bin_number, item_class="ripe"):
    return ItemPath(
        number, item_class, 0.08, [Phase(loaded_s, "rides", 0.0), Phase(loaded_s + 9, "binned", 1.0, bin_number)]
    )


def test_a_track_that_has_just_begun_waits_for_its_item():
    track = [believed(1, 5.0)]
    assert [list(drawn_beliefs(track, {}, end_s=end_s)[0].wrong) for end_s in (5.3, 9.0)] == [
        [], ["there is no such item"],
    ]  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "kept"
    simulate(SCENARIO, keep_beliefs=True).save(folder)
    return folder


@pytest.fixture
def copied(kept, tmp_path):
    return shutil.copytree(kept, tmp_path / "kept", ignore=shutil.ignore_patterns("report.html"))


def report_of_folder(folder):
    output = folder.parent / "report.html"
    result = CliRunner().invoke(app, ["report", str(folder), "-o", str(output)])
    data = re.search(r'<script id="data"[^>]*>(.*?)</script>', output.read_text(encoding="utf-8"), re.S)[1]
    return result, json.loads(data)["runs"][0]["drawing"]


def test_a_belief_that_comes_true_is_not_wrong():
    track = [
        believed(1, 1.0),
        believed(1, 2.0, label="ripe", confidence=0.9, bin=2),
        believed(1, 9.0, bin=2, over=True),
    ]
    (drawn,) = drawn_beliefs(track, {1: path(1, 1.5, 2)}, end_s=60.0)
    assert (drawn.item, drawn.from_s, drawn.until_s, list(drawn.wrong)) == (1, 1.0, 9.0, [])
    assert len(drawn.steps) == 3


@pytest.mark.parametrize(("last", "reached", "wrong"), [
    ({"label": "raw", "bin": 4}, 4, ["class believed raw, is ripe"]),
    ({"label": "ripe", "bin": 2}, 0, ["bin planned 2, reached reject"]),
    ({"label": None, "bin": 0}, 2, ["bin planned reject, reached 2"]),
    ({"label": None, "bin": None}, 2, []),
])  # fmt: skip
def test_a_class_and_a_bin_other_than_the_true_ones_are_shown(last, reached, wrong):
    (drawn,) = drawn_beliefs([believed(1, 1.0, confidence=0.9, **last)], {1: path(1, 1.5, reached)}, end_s=60.0)
    assert list(drawn.wrong) == wrong


def test_a_push_that_loads_two_has_one_track_and_an_empty_one_a_track_without_item():
    tracks = [believed(1, 1.0), believed(2, 5.0), believed(3, 9.0)]
    drawn = drawn_beliefs(tracks, {1: path(1, 1.5, 2), 2: path(2, 1.5, 2), 3: path(3, 9.5, 2)}, end_s=60.0)
    found = [(belief.number, belief.item, list(belief.wrong)) for belief in drawn]
    assert found == [
        (1, 1, []), (0, 2, ["the controller has no track"]), (2, None, ["there is no such item"]), (3, 3, []),
    ]  # fmt: skip


def test_what_the_controller_did_not_load_stands_for_no_item():
    drawn = drawn_beliefs([believed(1, 1.0), believed(2, 1.2, item=0)], {1: path(1, 1.5, 2)}, end_s=60.0)
    assert [(belief.number, belief.item, list(belief.wrong)) for belief in drawn] == [(1, 1, []), (0, None, [])]


def test_a_folder_with_beliefs_and_one_without_are_reported(copied):
    result, drawing = report_of_folder(copied)
    assert result.exit_code == 0, result.output
    assert [number for number, *_ in drawing["beliefs"]] == [1, 2, 3, 4]
    (copied / "beliefs.jsonl").unlink()
    result, drawing = report_of_folder(copied)
    assert result.exit_code == 0, result.output
    assert drawing["beliefs"] == []


@pytest.mark.parametrize(("text", "expected"), [
    (b'{"format":9,"beliefs":1}\n', "format of the beliefs must be 1, got 9"), (b"\x89PNG", "line 1"), (None, "line 8"),
])  # fmt: skip
def test_a_torn_or_foreign_file_of_beliefs_gives_a_line_and_what_is_there(copied, text, expected):
    path = copied / "beliefs.jsonl"
    torn = b"".join(path.read_bytes().splitlines(keepends=True)[:7]) + b'{"t_s":'
    path.write_bytes(torn if text is None else text)
    result, drawing = report_of_folder(copied)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"twin: {path}")
    assert expected in line
    assert len(drawing["items"]) == len(STACK)
    assert sum(len(steps) for *_, steps, _ in drawing["beliefs"]) == (6 if text is None else 0)
    assert expected in drawing["left_out"][0]


def test_a_file_of_beliefs_is_no_trace(kept, tmp_path):
    result = CliRunner().invoke(app, ["report", str(kept / "beliefs.jsonl"), "-o", str(tmp_path / "report.html")])
    assert result.exit_code == 2
    assert "is a file of beliefs, not a trace; use its folder with `twin report`" in result.stderr


@pytest.mark.browser
def test_the_page_shows_what_was_believed_beside_the_truth(kept):
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1280, "height": 900}, bypass_csp=True)
        watched = Watched(page)
        page.goto((kept / "report.html").as_uri())
        settle(page)
        assert page.locator(".belief[data-item]").count() == len(STACK)
        mistaken = page.locator(f".belief[data-item='{MISTAKEN}']")
        words = mistaken.locator("title").text_content()
        assert "believed ripe" in words or "believed half_ripe" in words
        assert "in truth raw" in words
        assert "wrong" in mistaken.get_attribute("class").split()
        assert page.locator(".belief.wrong[data-item]").count() == 1
        button = page.locator(".beliefs .marks button", has_text=f"item {MISTAKEN}")
        button.click()
        at_s = float(page.locator(".typed").input_value())
        page.locator(".typed").fill(str(at_s - 0.05))
        page.locator(".typed").press("Enter")
        settle(page)
        row = page.locator(f".beliefs tr[data-item='{MISTAKEN}']")
        assert row.get_attribute("class") == "differs"
        assert "raw, reached bin" in row.text_content()
        page.locator(".item-filter").fill("1")
        page.wait_for_function("document.querySelectorAll('.lane-beliefs .belief').length === 1")
        assert watched.complaints == []
        page.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_the_lane_fits_the_page(kept, width):
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": width, "height": 900})
        page.goto((kept / "report.html").as_uri())
        settle(page)
        assert page.locator(".lane-beliefs").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.close()
