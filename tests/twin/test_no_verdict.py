"""A run without a verdict is never called green: its trace is cut off, or it was interrupted."""

import signal

import pytest
from typer.testing import CliRunner

from controller.core.controller import Controller
from controller.core.events import GateEdge
from twin import Item, Scenario, simulate, trace
from twin.cli import app
from twin.scenario.faults import NoImage
from twin.scenario.scenario import encode_scenario
from twin.simulation import Simulation

runner = CliRunner()
ONE = Scenario(seed=3, items=(Item(item_class="ripe"),))
UNSEEN = Scenario(seed=3, items=ONE.items, faults=(NoImage(from_s=0.0, until_s=60.0),))
GREEN, INTERRUPTED = "violations: none", "interrupted: no verdict"


def twin(*arguments):
    return runner.invoke(app, [str(argument) for argument in arguments])


class PushesNothing(Controller):
    """Never pushes an item: each one is rejected needlessly, with the fault and without."""

    def _may_push(self, item, now_s):
        return False


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "kept"
    simulate(ONE).save(folder)
    return folder


@pytest.fixture
def changed(kept, tmp_path):
    """A kept run whose trace's lines a function changes."""

    def change(function):
        folder = tmp_path / "changed"
        folder.mkdir()
        for name in ("scenario.json", "summary.json", "run.json"):
            (folder / name).write_bytes((kept / name).read_bytes())
        lines = (kept / "trace.jsonl").read_text().splitlines(keepends=True)
        (folder / "trace.jsonl").write_text("".join(function(lines)))
        return folder

    return change


@pytest.mark.parametrize("cut", [lambda lines: lines[:-1], lambda lines: [*lines[:-3], lines[-3][:20]]])
def test_a_replay_of_a_trace_that_is_not_whole_shows_what_is_there_and_says_so(cut, changed):
    result = twin("replay", changed(cut))
    assert "pushes item 1" in result.stdout
    assert GREEN not in result.stdout
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("twin: ")
    assert "trace.jsonl" in line


def interrupted(lines):
    return [line.replace('"sorted"', '"interrupted"') for line in lines]


def test_a_replay_and_a_check_of_an_interrupted_run_have_no_verdict(kept, changed):
    folder = changed(interrupted)
    for result in (twin("replay", folder), twin("check", folder / "trace.jsonl")):
        assert GREEN not in result.stdout
        assert INTERRUPTED in result.stdout
        assert result.exit_code == 130
    assert twin("replay", kept).exit_code == twin("check", kept / "trace.jsonl").exit_code == 0


def test_a_replay_that_ctrl_c_interrupts_has_no_verdict(tmp_path, monkeypatch):
    path, real = tmp_path / "scenario.json", Simulation.run

    def run(self, *arguments):
        self.timeline.call_at(12.0, lambda: signal.raise_signal(signal.SIGINT))
        real(self, *arguments)

    path.write_bytes(encode_scenario(ONE))
    monkeypatch.setattr(Simulation, "run", run)
    result = twin("replay", path)
    assert "pushes item 1" in result.stdout
    assert GREEN not in result.stdout
    assert INTERRUPTED in result.stdout
    assert result.exit_code == 130


def test_a_check_knows_what_the_repeat_without_faults_has_found(tmp_path):
    run = simulate(UNSEEN, controller=PushesNothing)
    assert [found.check for found in run.violations] == ["needless_reject"]
    run.save(tmp_path / "kept")
    result = twin("check", tmp_path / "kept" / "trace.jsonl")
    assert "needless_reject: item 1" in result.stdout
    assert result.exit_code == 1


def test_a_check_of_a_trace_leaves_the_summary_of_another_run_aside(tmp_path):
    records = tmp_path / "trace.jsonl"
    simulate(UNSEEN, controller=PushesNothing).save(tmp_path / "kept")
    (tmp_path / "summary.json").write_bytes((tmp_path / "kept" / "summary.json").read_bytes())
    run = simulate(ONE, trace_path=records)
    assert run.ok
    assert twin("check", records).exit_code == 0


def test_a_run_whose_repeat_without_faults_is_interrupted_has_no_verdict(tmp_path):
    ended = []

    class InterruptsTheRepeat(PushesNothing):
        """Ctrl-C is pressed at an item's first edge of the second run."""

        def handle(self, event, now_s):
            if ended and isinstance(event, GateEdge):
                signal.raise_signal(signal.SIGINT)
            return super().handle(event, now_s)

    def see(record):
        if isinstance(record, trace.Ended):
            ended.append(record)

    run = simulate(UNSEEN, controller=InterruptsTheRepeat, watchers=(see,))
    assert [record.reason for record in ended] == ["sorted"]
    assert (run.interrupted, run.ok) == (True, False)
    assert "interrupted: no verdict" in run._repr_html_()
    assert "interrupted" in repr(run)
    run.save(tmp_path / "kept")
    for result in (twin("replay", tmp_path / "kept"), twin("check", tmp_path / "kept" / "trace.jsonl")):
        assert GREEN not in result.stdout
        assert result.exit_code == 130


def test_all_records_are_still_judged_without_a_summary(kept, tmp_path):
    (tmp_path / "trace.jsonl").write_bytes((kept / "trace.jsonl").read_bytes())
    assert GREEN in twin("check", tmp_path / "trace.jsonl").stdout
