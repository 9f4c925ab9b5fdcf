"""The report in a real browser, opened from disk: what it draws, how it follows the reader, what it never does."""

import re
from contextlib import contextmanager

import msgspec
import pytest
from support.browser import Watched, browser, settle

from controller import Controller
from twin import Item, Scenario, faults, simulate, trace
from twin.report.belt_motion import BeltMotion
from twin.report.drawing import Sketch
from twin.report.html import write_report
from twin.report.item_motion import ItemMotion
from twin.report.reported import Origin, Verdict, report_of, reported_run
from twin.scenario.scenario import decode_scenario

pytestmark = pytest.mark.browser

STACK = tuple(Item(item_class=name) for name in ("ripe", "half_ripe", "raw", "ripe", "raw"))
BROKEN = Scenario(seed=5, items=STACK, faults=(faults.GateStuck(gate=2, from_s=30.0, until_s=34.0),))
PLAYS_MS = 600


def mixes_up_bins(settings):
    """Our controller with one mistake: ripe items go where half-ripe ones belong."""
    return Controller(msgspec.structs.replace(settings, bins={"ripe": 3, "half_ripe": 3, "raw": 4}))


def drawn(run):
    sketch = Sketch()
    for record in run.trace:
        sketch.see(record)
    verdict = Verdict(run.violations, run.excused, run.unlisted)
    return reported_run(sketch, verdict, Origin(run.link, run.controller, run.core)), sketch.records


@pytest.fixture(scope="module")
def failing():
    run = simulate(BROKEN, controller=mixes_up_bins)
    assert any(violation.check == "wrong_bin" for violation in run.violations)
    return run


@pytest.fixture(scope="module")
def report(failing, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, report_of([drawn(failing)]))
    return path


@pytest.fixture(scope="module")
def chromium():
    with browser() as running:
        yield running


@contextmanager
def opened(chromium, path, fragment="", width=1280, strict=False, **settings):
    """The page of a report. Whatever is done with it, it asks for nothing but its file, and complains of nothing.

    `strict`: the page's own policy holds, which forbids playwright's waiting as well.
    """
    page = chromium.new_page(viewport={"width": width, "height": 900}, bypass_csp=not strict, **settings)
    watched = Watched(page)
    address = path.as_uri()
    page.goto(address + fragment)
    settle(page)
    yield page
    assert watched.complaints == []
    assert {request.partition("#")[0] for request in watched.requests} == {address}
    page.close()


def time_of(page):
    return float(page.locator(".typed").input_value())


def type_time(page, words):
    page.locator(".typed").fill(words)
    page.locator(".typed").press("Enter")


def place_of(page, item):
    return page.locator(f".line [data-item='{item}'] rect").get_attribute("x")


def test_each_item_has_its_line_and_each_violation_its_mark(chromium, report, failing):
    with opened(chromium, report, strict=True) as page:
        assert page.locator(".trajectory").count() == len(STACK)
        marks = page.locator(".mark:not(.excused) title").all_text_contents()
        assert len(marks) == len(failing.violations)
        for violation in failing.violations:
            assert any(violation.detail in words for words in marks)
        assert page.locator("ul.marks li:not(.excused)").count() == len(failing.violations)


def test_the_head_says_what_went_wrong_and_how_to_play_it_again(chromium, report, failing):
    first = failing.violations[0]
    with opened(chromium, report) as page:
        sentence = page.locator("h1").text_content()
        assert sentence.startswith(f"Wrong bin at {first.t_s:.2f} s: {first.detail}")
        assert time_of(page) == pytest.approx(first.t_s, abs=0.01)
        assert "seed 5" in page.locator(".facts").text_content()
        assert page.locator(".replay code").text_content() == (
            "simulate(load_scenario('scenario.json'), controller=mixes_up_bins)"
        )


def test_the_scenario_can_be_saved_from_the_page_with_every_digit(chromium, tmp_path):
    path, seeded = tmp_path / "report.html", msgspec.structs.replace(BROKEN, seed=1764347527123456789)
    write_report(path, report_of([drawn(simulate(seeded))]))
    with opened(chromium, path) as page:
        with page.expect_download() as download:
            page.get_by_role("button", name="Save scenario.json").click()
        assert decode_scenario(download.value.path().read_bytes()) == seeded


def test_a_typed_time_changes_the_drawing(chromium, report):
    with opened(chromium, report) as page:
        type_time(page, "16.5")
        assert page.locator(".caption").text_content().startswith("16.50 s: the belt moves")
        before = place_of(page, 2)
        type_time(page, "17,5 s")
        assert float(place_of(page, 2)) > float(before)
        page.wait_for_function("location.hash === '#t=17.50'")
        type_time(page, "soon")
        assert page.locator(".typed").get_attribute("aria-invalid") == "true"
        assert page.locator(".caption").text_content().startswith("17.50 s")
        type_time(page, "18")
        assert page.locator(".typed").get_attribute("aria-invalid") == "false"


def test_a_link_goes_to_its_time(chromium, report):
    with opened(chromium, report, "#t=12.34") as page:
        assert time_of(page) == 12.34
        page.evaluate("location.hash = '#t=20'")
        page.wait_for_function("document.querySelector('.typed').value === '20.00'")


def test_steps_go_from_event_to_event(chromium, report, failing):
    times = sorted({round(record.t_s, 6) for record in failing.trace})
    with opened(chromium, report, "#t=15") as page:
        later = [at_s for at_s in times if at_s > 15.0]
        for at_s in later[:5]:
            page.keyboard.press("ArrowRight")
            assert time_of(page) == pytest.approx(at_s, abs=0.006)
        assert page.locator("tr.now").count() >= 1
        page.keyboard.press("ArrowLeft")
        assert time_of(page) == pytest.approx(later[3], abs=0.006)


def test_seeking_neither_stops_nor_starts_playing(chromium, report):
    with opened(chromium, report, "#t=15") as page:
        page.wait_for_timeout(100)
        assert time_of(page) == 15.0
        page.keyboard.press("Space")
        page.wait_for_function("Number(document.querySelector('.typed').value) > 15.2")
        page.evaluate("document.querySelector('.slider').value = 25")
        page.locator(".slider").dispatch_event("input")
        page.wait_for_function("Number(document.querySelector('.typed').value) > 25.2")
        page.keyboard.press("Space")
        stopped_s = time_of(page)
        page.locator(".diagram svg").click(position={"x": 300, "y": 200})
        assert time_of(page) != stopped_s
        chosen_s = time_of(page)
        page.wait_for_timeout(PLAYS_MS / 3)
        assert time_of(page) == chosen_s


def test_the_filter_leaves_what_is_asked_for(chromium, report):
    with opened(chromium, report) as page:
        page.locator(".item-filter").fill("3")
        page.wait_for_function("document.querySelectorAll('.trajectory').length === 1")
        assert page.locator(".trajectory").get_attribute("data-item") == "3"
        rows = page.locator("tbody tr").all()
        assert rows
        assert {row.get_attribute("data-item") for row in rows} == {"3"}
        page.locator(".item-filter").fill("")
        page.locator(".class-filter").select_option("raw")
        page.wait_for_function("document.querySelectorAll('.trajectory').length === 2")
        page.locator(".class-filter").select_option("")
        page.get_by_label("only with marks").check()
        page.wait_for_function("document.querySelectorAll('.trajectory').length < 5")


def test_a_selected_time_filters_the_events(chromium, report):
    with opened(chromium, report) as page:
        box = page.locator(".diagram svg").bounding_box()
        page.keyboard.down("Shift")
        page.mouse.move(box["x"] + 300, box["y"] + 200)
        page.mouse.down()
        page.mouse.move(box["x"] + 400, box["y"] + 200, steps=4)
        page.mouse.up()
        page.keyboard.up("Shift")
        settle(page)
        from_s, to_s = map(float, re.findall(r"([\d.]+) s", page.locator(".clear:not([hidden])").text_content()))
        times = [float(words) for words in page.locator("td.number").all_text_contents()]
        assert times
        assert all(from_s - 0.01 <= at_s <= to_s + 0.01 for at_s in times)
        assert page.locator(".selection").is_visible()
        page.keyboard.press("Escape")
        settle(page)
        assert not page.locator(".selection").is_visible()


def test_keys_zoom_and_the_pointer_tells(chromium, report):
    with opened(chromium, report, "#t=16") as page:
        label = page.locator(".diagram svg").get_attribute("aria-label")
        assert label.endswith("Left and right arrows step, plus and minus zoom.")
        page.keyboard.press("+")
        page.wait_for_function(f"document.querySelector('.diagram svg').getAttribute('aria-label') !== {label!r}")
        page.locator(".diagram svg").hover(position={"x": 500, "y": 250})
        assert re.match(r"[\d.]+ s", page.locator(".tip").text_content())
        page.keyboard.press("0")
        page.wait_for_function("document.querySelectorAll('.trajectory').length === 5")


def test_the_page_has_the_positions_of_the_plant(chromium, report, failing):
    belt = BeltMotion(BROKEN.layout, BROKEN.faults)
    items = ItemMotion(BROKEN, belt)
    for record in failing.trace:
        if isinstance(record, trace.BeltRuns):
            belt.obey(record.t_s, record.running)
        items.see(record)
    times_s = [at / 4 for at in range(1, 200)]
    script = """times => {
        const model = new modules.model.Model(JSON.parse(document.getElementById("data").textContent).runs[0].drawing);
        return times.map(t => [model.displacement(t), model.onBelt(t).map(i => [i.number, model.place(i, t).at])]);
    }"""
    with opened(chromium, report) as page:
        for at_s, (displacement_m, places) in zip(times_s, page.evaluate(script, times_s), strict=True):
            assert displacement_m == pytest.approx(belt.displacement_m(at_s), abs=1e-5)
            for number, at_m in places:
                phases = [one for one in items.paths[number].phases if one.from_s <= at_s]
                expected_m = phases[-1].value
                if phases[-1].how == "rides":
                    expected_m = belt.displacement_m(at_s) - expected_m
                assert at_m == pytest.approx(expected_m, abs=1e-5)


OVERLAPS = """() => {
    const boxes = [...document.querySelectorAll("svg.line text, .diagram svg text")]
        .filter(text => text.textContent && !text.closest(".trajectory"))
        .map(text => [text.textContent, text.getBoundingClientRect(), text.closest("svg")]);
    const found = [];
    boxes.forEach(([one, a, here], index) => boxes.slice(index + 1).forEach(([other, b, there]) => {
        if (here === there && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
            && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3) found.push([one, other]);
    }));
    return found;
}"""


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overlaps_or_runs_over_the_edge(chromium, report, width, scheme):
    with opened(chromium, report, width=width, color_scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(OVERLAPS) == []


def test_two_runs_stand_beside_each_other_with_their_first_difference(chromium, failing, tmp_path):
    path = tmp_path / "both.html"
    well = simulate(BROKEN)
    write_report(path, report_of([drawn(failing), drawn(well)]))
    pairs = zip(failing.trace[1:], well.trace[1:], strict=False)
    first_s = next(min(one.t_s, other.t_s) for one, other in pairs if one != other)
    with opened(chromium, path) as page:
        assert page.locator(".diagram").count() == 2
        assert page.locator("line.difference").count() == 2
        assert f"first differ at {first_s:.3f} s" in page.locator("h1").text_content()
        assert time_of(page) == pytest.approx(first_s, abs=0.01)


def test_a_name_from_outside_is_text(chromium, tmp_path):
    path = tmp_path / "report.html"
    odd = "</script><img src=x onerror=alert(1)>"
    write_report(path, report_of([drawn(simulate(Scenario(items=(Item(item_class=odd),))))]))
    with opened(chromium, path) as page:
        assert page.locator("img").count() == 0
        assert odd in page.locator(".class-filter").text_content()


def test_an_object_that_somebody_laid_down_is_called_so(chromium, tmp_path):
    laid = faults.ForeignObject(at_m=0.1, from_s=3.0)
    path = tmp_path / "report.html"
    write_report(path, report_of([drawn(simulate(Scenario(items=STACK[:1], faults=(laid,))))]))
    with opened(chromium, path) as page:
        type_time(page, "4")
        assert "foreign object 1 at" in page.locator(".line").text_content()
        assert "item -" not in page.content()


def test_an_empty_run_is_drawn(chromium, tmp_path):
    path = tmp_path / "report.html"
    write_report(path, report_of([drawn(simulate(Scenario()))]))
    with opened(chromium, path) as page:
        assert page.locator(".trajectory").count() == 0
        assert "No rule was broken" in page.locator("h1").text_content()
