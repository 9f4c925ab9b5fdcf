"""The broker, the connection and the controller lost mid-run, under each of the three links."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec
import pytest
from support.programs import PYTHON
from support.real_time import undisturbed, wrong

from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.errors import ParticipantError, TwinError
from twin.links.external_controller import ExternalController
from twin.scenario.faults import BrokerDown, ClientCutOff, ControllerKilled
from twin.trace import Edge, Loaded

LOSSES = {
    "the broker is away": BrokerDown(from_s=24.0, until_s=27.0),
    "the connection is cut": ClientCutOff(from_s=24.0, until_s=27.0),
    "the controller is killed": ControllerKilled(from_s=24.0, until_s=27.0),
}
OURS = f"{PYTHON} -m controller run --broker {{host}}:{{port}} --recognizer oracle"


def losing(fault, items=12):
    settings = settings_for(Layout(), items=None)
    return Scenario(seed=4, items=ItemDraw(count=items), controller=settings, faults=(fault,))


def unharmed(run):
    """Whether every item is in its own bin or in reject, and nothing else was violated."""
    return run.violations == [] and wrong(run) == 0


@pytest.mark.parametrize("name", LOSSES)
def test_in_memory_nothing_ends_in_a_wrong_bin_and_the_line_goes_on(name):
    run = simulate(losing(LOSSES[name]))
    assert unharmed(run)
    assert run.summary.items == 12
    assert run.summary.correct > 0


@pytest.mark.broker
@pytest.mark.parametrize("name", LOSSES)
def test_lockstep_has_the_same_digest_as_memory(name):
    scenario = losing(LOSSES[name])
    assert simulate(scenario, link="lockstep").summary.digest == simulate(scenario).summary.digest


@pytest.mark.broker
def test_a_foreign_controller_is_killed_and_started_again_in_lockstep():
    scenario = losing(LOSSES["the controller is killed"])
    run = simulate(scenario, link="lockstep", controller=ExternalController(f"{OURS} --clock granted"))
    assert unharmed(run)
    assert run.summary.digest == simulate(scenario).summary.digest


SHORT = Layout(
    belt_speed_m_per_s=0.6, belt_ramp_s=0.1, camera_m=0.15, gates_m=(0.35, 0.65, 0.95), rods_m=(0.43, 0.73, 1.03),
    end_m=1.2, loader_stroke_s=0.2, rod_stroke_s=0.1,
)  # fmt: skip


def soon(fault, items=3):
    """The same on a short and fast line, early; an item that the controller loses sight of, it would not count."""
    settings = settings_for(SHORT, in_flight=1, belt_start_s=0.3, patience_s=4.0, loader_stroke_s=0.2)
    loss = msgspec.structs.replace(fault, from_s=3.2, until_s=4.0)
    return Scenario(seed=4, layout=SHORT, items=ItemDraw(count=items), controller=settings, faults=(loss,))


def it_ends_and_nothing_is_misplaced(run):
    assert (run.summary.items, wrong(run)) == (3, 0)


def nothing_is_violated(run):
    assert run.violations == []


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.parametrize("name", ["the broker is away", "the connection is cut"])
def test_in_real_time_they_are_lost_for_real(name):
    lost = partial(simulate, soon(LOSSES[name]), link="realtime")
    undisturbed(lost, always=it_ends_and_nothing_is_misplaced, in_time=nothing_is_violated)


def restarted(broker):
    """A run in real time; with item 1 the broker dies, the loader out, and runs again 1 s later, the item at gate 2."""
    settings = settings_for(SHORT, in_flight=1, belt_start_s=0.3, patience_s=4.0, loader_stroke_s=0.2)
    scenario = Scenario(seed=4, layout=SHORT, items=ItemDraw(count=3), controller=settings)
    turns = {(Loaded, 1): broker.stop, (Edge, 2): broker.start}
    done = []
    with ThreadPoolExecutor(1) as hand:  # The plant does not wait for a broker.

        def see(record):
            place = record.item if type(record) is Loaded else record.gate if type(record) is Edge else None
            if turn := turns.pop((type(record), place), None):
                done.append(hand.submit(turn))

        run = simulate(scenario, link="realtime", broker=f"{broker.host}:{broker.port}", watchers=(see,))
    assert [each.result() for each in done] == [None, None]
    return run


def it_ends_and_no_rod_was_left_out(run):
    it_ends_and_nothing_is_misplaced(run)
    assert "rod_left_out" not in {violation.check for violation in run.violations}


def only_the_item_that_nobody_saw_is_rejected(run):
    assert [violation.check for violation in run.violations] == ["needless_reject"]
    assert (run.summary.correct, run.summary.rejected) == (2, 1)


@pytest.mark.broker
@pytest.mark.slow
def test_in_real_time_the_plant_hears_the_first_that_is_said_over_a_broker_that_is_back(mosquitto):
    work = partial(restarted, mosquitto)
    undisturbed(work, always=it_ends_and_no_rod_was_left_out, in_time=only_the_item_that_nobody_saw_is_rejected)


@pytest.mark.broker
@pytest.mark.slow
def test_a_foreign_controller_is_killed_and_started_again_in_real_time(tmp_path):
    config = tmp_path / "controller.toml"
    config.write_text("belt_start_s = 0.3\npatience_s = 4.0\nloader_stroke_s = 0.2\nin_flight = 1\n")
    program = ExternalController(f"{OURS} --config {config.as_posix()}")
    killed = partial(simulate, soon(LOSSES["the controller is killed"]), link="realtime", controller=program)
    undisturbed(killed, always=it_ends_and_nothing_is_misplaced, in_time=nothing_is_violated)


@pytest.mark.broker
def test_a_controller_that_somebody_else_started_cannot_be_killed():
    scenario = losing(LOSSES["the controller is killed"])
    with pytest.raises(TwinError, match=r"faults\[0\] = .controllerkilled.: allowed is with a controller that"):
        simulate(scenario, link="realtime", controller=ExternalController())


@pytest.mark.broker
@pytest.mark.parametrize("link", ["lockstep", "realtime"])
def test_a_program_that_dies_by_itself_is_a_crash_and_the_trace_so_far_is_kept(link, tmp_path):
    scenario = Scenario(items=ItemDraw(count=2), controller=settings_for(Layout()))
    dying = ExternalController(f"{PYTHON} -c 'import sys; sys.exit(3)' {{port}}")
    if link == "lockstep":
        with pytest.raises(ParticipantError, match="ended with exit code 3"):
            simulate(scenario, link=link, controller=dying)
        return
    run = simulate(scenario, link=link, controller=dying, trace_path=tmp_path / "trace.jsonl")
    assert [violation.check for violation in run.violations] == ["crash"]
    assert "ended with exit code 3" in run.violations[0].detail
    assert (tmp_path / "trace.jsonl").read_bytes().count(b"\n") >= 2
