"""A trace that names a part that its own line does not have is refused where it is read, in one line."""

import json

import pytest
from typer.testing import CliRunner

from twin import Item, Scenario, simulate, trace
from twin.cli import app
from twin.scenario.faults import RodSlow

runner = CliRunner()
NAMED = {
    "edge": ("gate", 9, "gate must be one of 1, 2, 3"), "rodmoves": ("rod", 0, "rod must be one of 1, 2, 3, 4"),
    "taken": ("rod", 5, "rod must be one of 1, 2, 3, 4"), "binned": ("bin", 1, "bin must be one of 0, 2, 3, 4"),
    "commanded": ("payload", "{}", "payload must be a command as on the wire"),
}  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "kept"
    simulate(Scenario(seed=3, items=(Item(item_class="ripe"),))).save(folder)
    return folder


def with_wrong(kept, folder, kind, field, value):
    """A copy of a kept trace whose first record of a kind names something else, and the number of that line."""
    lines = (kept / "trace.jsonl").read_text().splitlines()
    place = next(place for place, line in enumerate(lines) if json.loads(line)["kind"] == kind)
    lines[place] = json.dumps(json.loads(lines[place]) | {field: value})
    (folder / "trace.jsonl").write_text("\n".join(lines) + "\n")
    return place + 1


@pytest.mark.parametrize(
    ("kind", "field", "value", "words"),
    [(kind, *rest) for kind, rest in NAMED.items()]
    + [("rodmoves", "stroke", "up", "stroke must be one of in, extending, out, retracting")],
)
def test_a_part_that_the_layout_does_not_have_is_refused_with_its_line(kind, field, value, words, kept, tmp_path):
    number = with_wrong(kept, tmp_path, kind, field, value)
    report = ("report", tmp_path, "-o", tmp_path / "report.html")
    for arguments in (("check", tmp_path / "trace.jsonl"), ("replay", tmp_path), report):
        result = runner.invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == 2, (arguments, result.exception)
        (line,) = result.stderr.splitlines()
        assert f"trace.jsonl, line {number}: {words}" in line
        assert repr(value) in line


def test_a_person_cannot_have_broken_a_part_that_is_not_there(kept, tmp_path):
    records = list(trace.read_trace(kept / "trace.jsonl"))
    slow = trace.Injected(records[-1].t_s, 1, RodSlow(rod=9, from_s=0.0, until_s=60.0), True)
    with trace.Trace(path=tmp_path / "trace.jsonl") as changed:
        for record in (*records[:-1], slow, records[-1]):
            changed.add(record)
    result = runner.invoke(app, ["check", str(tmp_path / "trace.jsonl")])
    assert result.exit_code == 2
    assert f"line {len(records)}: fault.rod must be one of 1, 2, 3, 4, as the layout has, got 9" in result.stderr


def test_a_whole_trace_is_read_as_it_was_written(kept):
    records = list(trace.read_trace(kept / "trace.jsonl"))
    assert isinstance(records[0], trace.Began)
    assert isinstance(records[-1], trace.Ended)


@pytest.mark.parametrize("command", [("check",), ("report", "-o", "report.html")])
def test_a_trace_of_another_format_is_refused(kept, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    with_wrong(kept, tmp_path, "began", "format", 1)
    result = runner.invoke(app, [command[0], "trace.jsonl", *command[1:]])
    assert result.exit_code == 2
    assert result.stderr == "twin: trace.jsonl, line 1: format must be 2, that of this version, got 1\n"
