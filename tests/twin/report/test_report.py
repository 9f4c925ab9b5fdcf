"""The report's file and its command: what is in it, how long it is, what it says of bad input."""

import json
import re
from typing import get_args

import msgspec
import pytest
from typer.testing import CliRunner

from twin import Item, ItemDraw, Scenario, faults, simulate, trace
from twin.cli import app
from twin.report.drawing import Sketch
from twin.report.drawn_events import MOST_EVENTS
from twin.report.drawn_faults import drawn_fault
from twin.report.page_script import page_file, page_script
from twin.report.reported import Origin, Verdict, replay_command, reported_run
from twin.scenario.faults import AnyFault
from twin.scenario.scenario import encode_scenario
from twin.verdict.checks import Violation

runner = CliRunner()
MOST_BYTES_OF_100_ITEMS = 1_500_000
THREE = Scenario(seed=2, items=ItemDraw(count=3))


def twin(*arguments):
    return runner.invoke(app, [str(argument) for argument in arguments])


def data_of(path):
    return json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', path.read_text(encoding="utf-8"), re.S)[1])


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "kept"
    simulate(THREE).save(folder)
    return folder


def test_a_saved_run_has_its_report(kept):
    report = data_of(kept / "report.html")
    assert report["format"] == 1
    (run,) = report["runs"]
    assert run["ok"]
    assert run["sentence"] == "No rule was broken; 3 of 3 items reached a bin."
    assert run["replay"] == f"twin replay {kept / 'scenario.json'}"
    assert len(run["drawing"]["items"]) == 3


def test_the_command_draws_a_saved_run_and_a_trace(kept, tmp_path):
    for path in (kept, kept / "trace.jsonl"):
        output = tmp_path / "report.html"
        result = twin("report", path, "-o", output)
        assert result.exit_code == 0, result.output
        assert len(data_of(output)["runs"][0]["drawing"]["items"]) == 3


def test_run_writes_a_report(tmp_path):
    scenario, report = tmp_path / "scenario.json", tmp_path / "report.html"
    scenario.write_bytes(encode_scenario(THREE))
    assert twin("run", scenario, "--link", "memory", "--report", report).exit_code == 0
    assert data_of(report)["runs"][0]["facts"][:2] == ["seed 2", "3 items"]
    unwritable = twin("run", scenario, "--link", "memory", "--report", tmp_path)
    assert unwritable.exit_code == 2
    assert unwritable.stderr.startswith("twin: --report must be a file that can be written")


def test_two_runs_that_are_the_same_are_reported_as_equal(kept, tmp_path):
    output = tmp_path / "both.html"
    assert twin("report", kept, kept, "-o", output).exit_code == 0
    assert data_of(output)["sentence"] == "The traces of the two runs are the same."


def test_of_three_runs_the_first_that_is_another_is_named(kept, tmp_path):
    output, other = tmp_path / "three.html", tmp_path / "other"
    simulate(msgspec.structs.replace(THREE, seed=3)).save(other)
    assert twin("report", kept, kept, other, "-o", output).exit_code == 0
    assert data_of(output)["sentence"].startswith("Runs 1 and 3 first differ at ")
    assert data_of(output)["difference"]["runs"] == [1, 3]
    assert twin("report", kept, kept, kept, "-o", output).exit_code == 0
    assert data_of(output)["sentence"] == "The traces of all 3 runs are the same."


def test_a_trace_alone_does_not_tell_whose_controller_ran_and_can_be_judged_again(kept, tmp_path):
    output, path = tmp_path / "report.html", kept / "trace.jsonl"
    assert twin("report", path, "-o", output).exit_code == 0
    assert data_of(output)["runs"][0]["replay"] == f"twin check {path}"


def test_the_report_of_an_interrupted_run_begins_with_that():
    sketch = Sketch()
    sketch.see(trace.Began(0.0, THREE))
    verdict = Verdict([Violation("lost", 3.0, 1, "item 1 is gone")], interrupted=True)
    assert reported_run(sketch, verdict, Origin()).sentence == (
        "Interrupted; until then: Lost at 3.00 s: item 1 is gone."
    )


def test_a_command_is_quoted_for_the_shell_of_its_system(monkeypatch):
    origin = Origin(
        link="hosted", controller="python my.py {port}", scenario_file="a b.json", options=("--broker", "c d")
    )
    assert replay_command(origin) == (
        "twin run 'a b.json' --link hosted --controller 'python my.py {port}' --broker 'c d'"
    )
    monkeypatch.setattr("sys.platform", "win32")
    assert replay_command(Origin(scenario_file="a b.json")) == 'twin replay "a b.json"'
    python = replay_command(Origin(scenario_file="C:\\new.json", core="Mine"))
    assert python == "simulate(load_scenario('C:\\\\new.json'), controller=Mine)"


def test_items_that_are_not_drawn_are_not_called_missing(monkeypatch):
    monkeypatch.setattr("twin.report.drawing.MOST_ITEMS", 3)
    run = simulate(Scenario(items=ItemDraw(count=6)), keep_beliefs=True)
    sketch = Sketch()
    for record in run.trace:
        sketch.see(record)
    sketch.beliefs = run.beliefs
    drawing = sketch.drawing(())
    assert [(belief.item, belief.wrong) for belief in drawing.beliefs] == [(1, []), (2, []), (3, [])]
    assert drawing.left_out[0] == "3 items after the first 3 are neither drawn nor counted."


@pytest.mark.parametrize(("lines", "cut"), [(40, b'{"kind":"edge","t_'), (40, b""), (10, b'{"kind":"sung","t_s":3}\n')])
def test_a_trace_that_is_not_whole_is_drawn_as_far_as_it_goes(kept, tmp_path, lines, cut):
    path, output = tmp_path / "trace.jsonl", tmp_path / "report.html"
    whole = (kept / "trace.jsonl").read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole[:lines]) + cut)
    result = twin("report", path, "-o", output)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"twin: {path}")
    assert line.endswith(f"{output} shows what is there")
    (run,) = data_of(output)["runs"]
    assert not run["ok"]
    assert "not whole" in run["sentence"]
    assert len(run["drawing"]["events"]) == lines
    assert str(path) in run["drawing"]["left_out"][0]


@pytest.mark.parametrize(("text", "expected"), [
    (b"", "it is empty"), (b"\xff\xd8\xff\xe0 a picture", "line 1"),
    (encode_scenario(THREE), "is a scenario, not a trace"),
    (b'{"kind":"began","t_s":0,"scenario":{"format":9}}\n', "format"),
])  # fmt: skip
def test_what_is_no_trace_is_refused_in_one_line(tmp_path, text, expected):
    path, output = tmp_path / "trace.jsonl", tmp_path / "report.html"
    path.write_bytes(text)
    result = twin("report", path, "-o", output)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert expected in line
    assert not output.exists()


def test_a_folder_without_a_trace_is_refused(tmp_path):
    result = twin("report", tmp_path, "-o", tmp_path / "report.html")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_a_hundred_items_stay_within_the_bound(tmp_path):
    run = simulate(Scenario(seed=4, items=ItemDraw(count=100)))
    run.save(tmp_path / "kept")
    assert (tmp_path / "kept" / "report.html").stat().st_size < MOST_BYTES_OF_100_ITEMS


def test_of_many_events_those_near_violations_are_listed_and_the_rest_is_counted():
    sketch = Sketch()
    sketch.see(trace.Began(0.0, THREE))
    for at_s in range(1, 2 * MOST_EVENTS):
        sketch.see(trace.Feedback(float(at_s), "gate 1", "clear"))
    at_s = 2.0 * MOST_EVENTS - 100
    drawing = sketch.drawing([Violation("protocol", at_s, None, "odd")])
    assert len(drawing.events) == MOST_EVENTS
    assert any(event.t_s == at_s for event in drawing.events)
    assert f"Of {2 * MOST_EVENTS} events and messages {MOST_EVENTS} are listed" in drawing.left_out[0]


@pytest.mark.parametrize("kind", get_args(AnyFault))
def test_every_kind_of_fault_can_be_drawn(kind):
    assert drawn_fault(kind(), 20.0).part in {
        "gate", "rod", "belt", "loader", "camera", "link", "recognizer", "item", "controller",
    }  # fmt: skip


def test_every_fault_of_a_scenario_is_drawn_at_its_part():
    run = simulate(Scenario(items=(Item(),), faults=(
        faults.GateStuck(gate=2), faults.RodSlow(rod=3), faults.LinkDelay(), faults.TakenOff(),
        faults.ControllerKilled(),
    )))  # fmt: skip
    sketch = Sketch()
    for record in run.trace:
        sketch.see(record)
    drawn = sketch.drawing(()).faults
    assert [(fault.part, fault.number) for fault in drawn] == [
        ("gate", 2), ("rod", 3), ("link", 0), ("item", 1), ("controller", 0),
    ]  # fmt: skip
    assert drawn[0].name == "GateStuck"
    assert drawn[0].settings == "blocked: yes"


def test_each_module_of_the_page_keeps_its_names():
    script = page_script("report")
    assert "import " not in script.replace("import { a", "")
    assert script.count("modules.report =") == 1
    assert script.index("modules.elements =") < script.index("modules.report =")


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_and_lines_have_the_contrast_of_wcag_aa(scheme):
    block = re.findall(r":root \{(.*?)\}", page_file("page.css"), re.S)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    texts = ("ink", "soft", "accent", "wrong", "well", "ripe", "half-ripe", "raw", "foreign", "other")
    for name in texts:
        for ground in ("ground", "card"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert contrast(colours["wrong"], colours["wrong-ground"]) >= 4.5
    for name in ("beam", "reported", "hatch"):
        assert contrast(colours[name], colours["card"]) >= 3, name
