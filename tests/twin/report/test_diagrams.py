"""A run drawn without a page: in a notebook, in the terminal, for Perfetto, and as a JUnit file."""

import io
import json
import re
from xml.etree import ElementTree

import msgspec
import pytest
from rich.console import Console
from typer.testing import CliRunner

from controller import Controller
from twin import Item, ItemDraw, Scenario, faults, simulate
from twin.cli import app
from twin.report.diagram import LEFT_PX, LONGEST_S, RIGHT_PX, WIDE_PX, diagram_svg
from twin.report.drawing import Mark, Sketch
from twin.report.junit import junit_xml
from twin.report.perfetto import trace_events
from twin.report.text_diagram import MOST_FAULTS, show_diagram
from twin.scenario.scenario import encode_scenario

runner = CliRunner()
STACK = tuple(Item(item_class=name) for name in ("ripe", "half_ripe", "raw"))
STUCK = faults.GateStuck(gate=2, from_s=20.0, until_s=24.0)
BROKEN = Scenario(seed=5, items=STACK, faults=(STUCK,))


def mixes_up_bins(settings):
    return Controller(msgspec.structs.replace(settings, bins={"ripe": 3, "half_ripe": 3, "raw": 4}))


@pytest.fixture(scope="module")
def failing():
    run = simulate(BROKEN, controller=mixes_up_bins)
    assert [violation.check for violation in run.violations] == ["wrong_bin"]
    return run


def drawing_of(run):
    sketch = Sketch()
    for record in run.trace:
        sketch.see(record)
    return sketch.drawing(run.violations, run.excused)


def twin(*arguments):
    return runner.invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "120"})


def test_a_notebook_shows_the_diagram_below_the_tables(failing):
    shown = failing._repr_html_()
    root = ElementTree.fromstring(shown[shown.index("<svg") :])
    lines = root.findall(".//{*}path[@class='trajectory']")
    assert len(lines) == 3
    assert len(root.findall(".//{*}path[@class='mark']")) == 1
    assert "GateStuck" in shown


def test_a_run_without_its_trace_shows_only_the_tables():
    assert "<svg" not in simulate(Scenario(items=ItemDraw(count=12)), keep_trace=False)._repr_html_()


def test_a_long_run_is_drawn_around_its_first_violation():
    late = simulate(Scenario(items=ItemDraw(count=60)))
    assert late.trace[-1].t_s > LONGEST_S
    svg = diagram_svg(drawing_of(late))
    assert 10 < svg.count('class="trajectory"') < 60


def test_an_item_that_stands_across_the_drawn_time_is_drawn_to_both_its_edges():
    stands = simulate(Scenario(items=ItemDraw(count=3), faults=(faults.BeltStops(from_s=12.0, until_s=600.0),)))
    drawing = drawing_of(stands)
    assert drawing.end_s > 3 * LONGEST_S
    last = msgspec.structs.replace(drawing, marks=[Mark(400.0, "lost", 1, "late")])
    paths = re.findall(r'class="trajectory" d="([^"]*)"', diagram_svg(last))
    assert {tuple(map(float, re.findall(r"[ML]([\d.]+) ", path))) for path in paths} == {
        (float(LEFT_PX), float(WIDE_PX - RIGHT_PX))
    }


def test_the_terminal_shows_the_faults_of_the_drawn_time_and_counts_those_left_out():
    before = tuple(faults.GateGhost(gate=1, from_s=float(at_s)) for at_s in range(1, 7))
    here = tuple(faults.LinkDelay(from_s=160.0 + at_s, until_s=165.0 + at_s) for at_s in range(8))
    drawing = drawing_of(simulate(Scenario(items=ItemDraw(count=60), faults=(*before, *here))))
    text = io.StringIO()
    marked = msgspec.structs.replace(drawing, marks=[Mark(165.0, "lost", 1, "late")])
    show_diagram(Console(file=text, width=100), marked)
    assert text.getvalue().count("LinkDelay") == MOST_FAULTS
    assert "GateGhost" not in text.getvalue()
    assert f"and {len(here) - MOST_FAULTS} more faults" in text.getvalue()


def test_the_terminal_draws_each_item_by_its_digit(failing):
    text = io.StringIO()
    show_diagram(Console(file=text, width=100), drawing_of(failing))
    lines = text.getvalue().splitlines()
    assert all(len(line) <= 100 for line in lines)
    plot = "\n".join(line[8:] for line in lines[:25])
    for sign in "123#|!":
        assert sign in plot, sign
    assert [line[:8].strip() for line in lines if line[:8].strip()][:6] == [
        "end", "gate 3", "gate 2", "gate 1", "camera", "loader",
    ]  # fmt: skip
    assert any("fault" in line and "GateStuck 2" in line for line in lines)


def test_replay_shows_the_diagram_of_a_scenario_and_of_a_saved_run(failing, tmp_path):
    path = tmp_path / "scenario.json"
    path.write_bytes(encode_scenario(BROKEN))
    replayed = twin("replay", path)
    assert replayed.exit_code == 0
    assert "violations: none" in replayed.output
    failing.save(tmp_path / "kept")
    saved = twin("replay", tmp_path / "kept")
    assert saved.exit_code == 1
    assert "falls into bin 3" in saved.output
    assert "digits: items by class" in saved.output
    assert "wrong_bin: item 1 (ripe)" in saved.output


def test_perfetto_gets_items_as_async_slices(failing):
    events = list(trace_events(drawing_of(failing), 1))
    of_items = [event for event in events if event.get("cat") == "item"]
    begins = [event for event in of_items if event["ph"] == "b"]
    ends = {event["id"]: event for event in of_items if event["ph"] == "e"}
    assert [event["name"] for event in begins] == ["item 1 (ripe)", "item 2 (half_ripe)", "item 3 (raw)"]
    for event in begins:
        assert ends[event["id"]]["ts"] > event["ts"]
    assert ends[1]["args"] == {"ends": "bin 3"}
    stuck = [event for event in events if event["name"] == "GateStuck"]
    assert [(event["ph"], event["ts"]) for event in stuck] == [("b", 20e6), ("e", 24e6)]
    assert sum(event["name"] == "beam blocked" for event in events) >= 6
    assert [event["name"] for event in events if event["ph"] == "i" and event["name"].startswith("wrong")] == [
        "wrong_bin"
    ]


def test_the_command_writes_perfettos_file(failing, tmp_path):
    failing.save(tmp_path / "kept")
    assert twin("report", tmp_path / "kept", "--perfetto", tmp_path / "trace.json").exit_code == 0
    assert json.loads((tmp_path / "trace.json").read_bytes())["traceEvents"]
    neither = twin("report", tmp_path / "kept")
    assert neither.exit_code == 2
    assert "--output must be" in neither.stderr


def test_a_junit_file_has_a_case_for_each_rule(failing):
    suite = ElementTree.fromstring(junit_xml(failing, "memory"))
    cases = {case.get("name"): case for case in suite.findall("testcase")}
    assert len(cases) == int(suite.get("tests")) == 12
    assert suite.get("failures") == "1"
    assert "item 1 (ripe) fell into bin 3" in cases["wrong_bin"].find("failure").get("message")
    assert cases["jam"].find("failure") is None


def test_run_writes_a_junit_file(tmp_path):
    path = tmp_path / "junit.xml"
    assert twin("run", "--items", 2, "--recognizer", "oracle", "--link", "memory", "--junit", path).exit_code == 0
    assert ElementTree.fromstring(path.read_bytes()).get("failures") == "0"
