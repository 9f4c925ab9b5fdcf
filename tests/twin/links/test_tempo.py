"""A run in virtual time that somebody watches: at a speed, paused, step by step; the line knows nothing of it."""

import shlex
import sys
import time
from pathlib import Path

import msgspec
import pytest

from twin import ExternalController, Item, Layout, Scenario, faults, settings_for, simulate, trace
from twin.errors import ArgumentError
from twin.links.hands import Hands
from twin.links.tempo import FASTEST, Tempo
from twin.report.drawing import Sketch
from twin.timeline import Timeline

FAST = Layout(belt_speed_m_per_s=0.4)
STACK = (Item(item_class="raw"), Item(item_class="ripe"))
SCENARIO = Scenario(layout=FAST, items=STACK, controller=settings_for(FAST, belt_start_s=1.0, items=2))
PROGRAM = Path(__file__).parents[3] / "examples" / "controllers" / "sound_one_at_a_time.py"
COMMAND = f"{shlex.quote(Path(sys.executable).as_posix())} {shlex.quote(PROGRAM.as_posix())} {{host}} {{port}}"
NOTHING = trace.LoadedNothing(0.0)


class Watched:
    """A timeline with a tempo, and a person who gives the next command whenever time stands still."""

    def __init__(self, times_s, *, quiet=(), speed=FASTEST):
        self.timeline = Timeline()
        self.tempo = Tempo(speed)
        self.happened = []
        self.last_s = max(times_s)
        for at_s in times_s:
            self.timeline.call_at(at_s, lambda at_s=at_s: self.happen(at_s, at_s in quiet))

    def happen(self, at_s, quiet):
        self.happened.append(at_s)
        if not quiet:
            self.tempo.see(NOTHING)

    def run(self, *commands):
        """Run to the end. Returns what had happened each time that time stood still."""
        found, left = [], iter(commands)

        def over():
            if self.timeline.now >= self.last_s:
                return True
            if self.tempo.paused:
                found.append(tuple(self.happened))
                next(left)()
            return False

        self.tempo.pause()
        self.tempo.run(self.timeline, over)
        return found


def test_a_step_ends_with_the_last_event_of_an_instant():
    line = Watched([1.0, 2.0, 2.0, 3.0])
    step = line.tempo.step
    assert line.run(step, step, line.tempo.go_on) == [(), (1.0,), (1.0, 2.0, 2.0)]
    assert line.happened == [1.0, 2.0, 2.0, 3.0]


def test_a_step_passes_what_leaves_no_record():
    line = Watched([1.0, 2.0, 3.0, 4.0], quiet=(1.0, 2.0))
    assert line.run(line.tempo.step, line.tempo.go_on) == [(), (1.0, 2.0, 3.0)]


def test_the_time_that_is_shown_stands_still_in_a_pause_and_waits_for_the_next_event():
    line = Watched([1.0, 500.0])
    shown = []

    def look():
        shown.append(line.tempo.now_s)

    line.run(line.tempo.step, look, look, look, line.tempo.step)
    assert shown == [1.0, 1.0, 1.0]
    assert line.tempo.now_s == 500.0


def test_time_passes_at_its_speed():
    line = Watched([10.0], speed=50.0)
    began_s = time.perf_counter()
    line.run(line.tempo.go_on)
    assert time.perf_counter() - began_s >= 10.0 / 50.0


def test_what_a_person_does_in_a_pause_is_done_at_once():
    line = Watched([1.0, 2.0])
    act = lambda: line.happened.append("act")  # noqa: E731
    found = line.run(line.tempo.step, lambda: line.tempo.act(act), line.tempo.go_on)
    assert found == [(), (1.0,), (1.0, "act")]


@pytest.mark.parametrize("speed", [0.0, 0.05, 51.0, float("nan")])
def test_a_speed_out_of_range_is_refused(speed):
    with pytest.raises(ArgumentError, match=r"speed must be 0\.1 to 50"):
        Tempo(speed)
    with pytest.raises(ArgumentError, match=r"speed must be 0\.1 to 50"):
        Tempo().set_speed(speed)


def test_a_watched_run_has_the_trace_of_one_that_nobody_watches():
    assert simulate(SCENARIO, tempo=Tempo(FASTEST)).summary.digest == simulate(SCENARIO).summary.digest


@pytest.mark.broker
def test_in_lockstep_too():
    assert simulate(SCENARIO, link="lockstep", tempo=Tempo(FASTEST)).summary.digest == simulate(SCENARIO).summary.digest


def test_a_hosted_program_does_not_notice_either():
    def digest(**watched):
        scenario = Scenario(layout=FAST, items=STACK)
        return simulate(scenario, controller=ExternalController(COMMAND), link="hosted", **watched).summary.digest

    assert digest(tempo=Tempo(FASTEST)) == digest()


def test_in_real_time_a_tempo_is_refused_and_hands_need_one_elsewhere():
    with pytest.raises(ArgumentError, match="tempo must be left out on the link realtime"):
        simulate(SCENARIO, link="realtime", tempo=Tempo())
    with pytest.raises(ArgumentError, match="hands must be given with a tempo on the link memory"):
        simulate(SCENARIO, hands=Hands())


def test_what_was_broken_in_virtual_time_replays_as_it_was():
    hands, tempo = Hands(), Tempo(FASTEST)
    stuck = faults.GateStuck(gate=2, blocked=True)

    def breaks(record):
        if isinstance(record, trace.Photographed) and record.item == 2:
            hands.begin(stuck, lasts_s=3.0)

    sketch = Sketch()
    run = simulate(SCENARIO, tempo=tempo, hands=hands, watchers=(breaks, sketch.see))
    (fault,) = run.scenario.faults
    assert fault.until_s - fault.from_s == pytest.approx(3.0)
    assert sketch.drawing(()).scenario == run.scenario
    assert happened(run.trace) == happened(simulate(run.scenario).trace)


def happened(records):
    """What happened on the line, whether people or the scenario did it."""
    return [record for record in records if not isinstance(record, trace.Began | trace.Injected)]


def test_an_item_that_moves_is_taken_off_where_it_is():
    hands = Hands()

    def takes(record):
        if isinstance(record, trace.Photographed) and record.item == 1:
            hands.begin(faults.TakenOff(item=1))

    is_taken(simulate(SCENARIO, tempo=Tempo(FASTEST), hands=hands, watchers=(takes,)))


def test_an_item_that_stands_still_is_taken_off_where_it_is():
    hands = Hands()
    stops = msgspec.structs.replace(SCENARIO, faults=(faults.BeltStops(from_s=3.0, until_s=6.0),))

    def takes(record):
        if isinstance(record, trace.Edge) and record.t_s < 3.0 and not record.blocked:
            hands.begin(faults.RodSlow(rod=4), lasts_s=1.5)  # It has no effect but its end, at which the item stands.
        if isinstance(record, trace.FaultActs) and (record.fault, record.acts) == ("rodslow", False):
            hands.begin(faults.TakenOff(item=1))

    is_taken(simulate(stops, tempo=Tempo(FASTEST), hands=hands, watchers=(takes,)))


def is_taken(run):
    """Item 1 was taken off, and is again when the run's scenario is run."""
    (taken,) = [record for record in run.trace if isinstance(record, trace.TakenByHand)]
    assert (taken.item, taken.returns) == (1, False)
    assert not any(isinstance(record, trace.Binned) and record.item == 1 for record in run.trace)
    assert happened(run.trace) == happened(simulate(run.scenario).trace)


def test_an_item_that_is_not_on_the_belt_is_left_alone():
    hands = Hands()

    def takes(record):
        if isinstance(record, trace.BeltRuns):
            hands.begin(faults.TakenOff(item=2))

    run = simulate(SCENARIO, tempo=Tempo(FASTEST), hands=hands, watchers=(takes,))
    assert run.scenario.faults == ()
    assert run.summary.items == 2
