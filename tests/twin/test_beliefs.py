"""What our controller believed of each item: kept beside the trace, on every link, and nowhere in it."""

import sys

import pytest
from typer.testing import CliRunner

from controller.core.events import Finished
from twin import ExternalController, Item, Layout, Scenario, faults, settings_for, simulate, trace
from twin.beliefs import Belief, read_beliefs, write_beliefs
from twin.cli import app
from twin.errors import ArgumentError, FileError
from twin.scenario.scenario import encode_scenario

FAST = Layout(belt_speed_m_per_s=0.4)
STACK = tuple(Item(item_class=name) for name in ("raw", "ripe", "half_ripe"))
SCENARIO = Scenario(seed=3, layout=FAST, items=STACK, controller=settings_for(FAST, belt_start_s=1.0, items=3))
SEEN = Belief(t_s=1.5, track=1, item=1, stage="loaded", gate=0)


def last_of(beliefs):
    return {belief.track: belief for belief in beliefs}


@pytest.fixture
def kept(tmp_path):
    """A file of two beliefs."""
    write_beliefs(tmp_path / "beliefs.jsonl", [SEEN, SEEN])
    return tmp_path / "beliefs.jsonl"


def test_each_item_has_a_track_from_its_push_to_its_bin():
    run = simulate(SCENARIO, keep_beliefs=True)
    last = last_of(run.beliefs)
    assert [(belief.item, belief.label, belief.bin) for belief in last.values()] == [
        (1, "raw", 4), (2, "ripe", 2), (3, "half_ripe", 3),
    ]  # fmt: skip
    assert all(belief.over and belief.stage == "pushed" and belief.reject_reason is None for belief in last.values())
    first = [belief for belief in run.beliefs if belief.track == 1]
    assert [belief.stage for belief in first][:3] == ["loaded", "pictured", "decided"]
    assert [belief.t_s for belief in run.beliefs] == sorted(belief.t_s for belief in run.beliefs)


def test_keeping_beliefs_changes_nothing_and_is_not_done_unasked():
    kept, plain = simulate(SCENARIO, keep_beliefs=True), simulate(SCENARIO)
    assert kept.summary.digest == plain.summary.digest
    assert plain.beliefs is None


def test_a_doubtful_item_is_to_ride_to_the_reject_bin():
    unsure = faults.RecognizerSays(what="low_confidence")
    last = last_of(simulate(Scenario(items=(Item(),), faults=(unsure,)), keep_beliefs=True).beliefs)[1]
    assert (last.label, last.bin) == ("ripe", 0)
    assert last.reject_reason.startswith("confidence not within")


def test_a_controller_that_starts_again_believes_anew():
    killed = faults.ControllerKilled(from_s=3.0, until_s=4.0)
    run = simulate(
        Scenario(layout=FAST, items=STACK, controller=SCENARIO.controller, faults=(killed,)), keep_beliefs=True
    )
    first = [belief for belief in run.beliefs if belief.track == 1][-1]
    assert first.over
    assert first.t_s >= 4.0
    assert first.stage != "pushed"
    assert {belief.track for belief in run.beliefs} >= {1, 2}


@pytest.mark.broker
def test_the_beliefs_in_lockstep_are_those_in_memory():
    assert (
        simulate(SCENARIO, link="lockstep", keep_beliefs=True).beliefs == simulate(SCENARIO, keep_beliefs=True).beliefs
    )


@pytest.mark.broker
@pytest.mark.realtime
def test_in_real_time_beliefs_have_the_lines_times():
    run = simulate(SCENARIO, link="realtime", speed=2.0, keep_beliefs=True)
    assert isinstance(run.trace[-1], trace.Ended)
    assert run.beliefs
    assert all(0.0 < belief.t_s <= run.trace[-1].t_s for belief in run.beliefs)


def test_an_external_controller_shows_no_beliefs():
    program = ExternalController(f"{sys.executable} nothing.py")
    with pytest.raises(ArgumentError, match="keep_beliefs must be left out for an external controller"):
        simulate(SCENARIO, controller=program, link="hosted", keep_beliefs=True)
    with pytest.raises(ArgumentError, match="belief_watchers must be left out for an external controller"):
        simulate(SCENARIO, link="hosted", controller=program, belief_watchers=(print,))


def test_a_core_that_has_no_tracks_is_left_alone():
    class Ends:
        """Has finished when it starts."""

        ending = True
        next_deadline_s = None

        def handle(self, event, now_s):
            return (Finished(),)

    assert simulate(SCENARIO, controller=lambda settings: Ends(), keep_beliefs=True).beliefs == ()


def test_what_is_written_is_read(kept):
    assert list(read_beliefs(kept)) == [SEEN, SEEN]


@pytest.mark.parametrize(("left", "expected"), [(20, "line 3: .*; one belief a line"), (0, "must be 2 .*, got 1")])
def test_a_file_that_is_cut_gives_what_is_there_and_a_line(kept, left, expected):
    *whole, last = kept.read_bytes().splitlines(keepends=True)
    kept.write_bytes(b"".join(whole) + last[:left])
    read = []
    with pytest.raises(FileError, match=expected):
        read.extend(read_beliefs(kept))
    assert read == [SEEN]


@pytest.mark.parametrize(("text", "expected"), [
    (b"", "line 1"), (b"\xff\xd8\xff\xe0 a picture", "line 1"), (b'{"kind":"began"}\n', "with the key format"),
    (b'{"format":7,"beliefs":0}\n', "format of the beliefs must be 1, got 7"),
    (b'{"format":1,"beliefs":1}\n{"t_s":"soon"}\n', "line 2: t_s must be"),
])  # fmt: skip
def test_what_is_no_file_of_beliefs_is_refused_in_one_line(kept, text, expected):
    kept.write_bytes(text)
    with pytest.raises(FileError, match=expected) as refused:
        list(read_beliefs(kept))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("option", ["--save", "--trace"])
def test_the_command_keeps_them_in_a_runs_folder(tmp_path, option):
    scenario, target = tmp_path / "scenario.json", tmp_path / "kept"
    scenario.write_bytes(encode_scenario(SCENARIO))
    result = CliRunner().invoke(app, ["run", str(scenario), "--link", "memory", option, str(target)])
    assert result.exit_code == 0, result.output
    if option == "--save":
        assert len(last_of(read_beliefs(target / "beliefs.jsonl"))) == len(STACK)
    else:
        assert [path.name for path in tmp_path.iterdir() if path.name == "beliefs.jsonl"] == []


def test_a_run_saves_what_it_kept(tmp_path):
    run = simulate(SCENARIO, keep_beliefs=True)
    run.save(tmp_path / "with")
    assert tuple(read_beliefs(tmp_path / "with" / "beliefs.jsonl")) == run.beliefs
    simulate(SCENARIO).save(tmp_path / "without")
    assert not (tmp_path / "without" / "beliefs.jsonl").exists()
