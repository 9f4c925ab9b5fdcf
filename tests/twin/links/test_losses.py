"""The broker, the connection or the controller is lost during a run, on each of the three links."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec
import pytest
from support.programs import PYTHON
from support.real_time import undisturbed, wrong

from twin import ItemDraw, Layout, Scenario, settings_for, simulate, trace
from twin.errors import ParticipantError, TwinError
from twin.links.external_controller import ExternalController
from twin.scenario.faults import AnotherClient, BrokerDown, ClientCutOff, ControllerKilled, RetainedMessage
from twin.trace import Edge, Loaded

LOSSES = {
    "the broker is away": BrokerDown(from_s=24.0, until_s=27.0),
    "the connection is cut": ClientCutOff(from_s=24.0, until_s=27.0),
    "the controller is killed": ControllerKilled(from_s=24.0, until_s=27.0),
    "another client has its id": AnotherClient(from_s=24.0, until_s=27.0),
}
MESSAGES = ["clear", "blocked", "picture", "push"]
OURS = f"{PYTHON} -m controller run --broker {{host}}:{{port}} --recognizer oracle"


def scenario_with(fault, items=12):
    settings = settings_for(Layout(), items=None)
    return Scenario(seed=4, items=ItemDraw(count=items), controller=settings, faults=(fault,))


def unharmed(run):
    """Whether there is no violation, and every item is in its class's bin or in reject."""
    return run.violations == [] and wrong(run) == 0


@pytest.mark.parametrize("name", LOSSES)
def test_in_memory_no_item_is_misplaced_and_the_line_goes_on(name):
    run = simulate(scenario_with(LOSSES[name]))
    assert unharmed(run)
    assert run.summary.items == 12
    assert run.summary.correct > 0


@pytest.mark.broker
@pytest.mark.parametrize("name", LOSSES)
def test_lockstep_has_the_same_digest_as_memory(name):
    scenario = scenario_with(LOSSES[name])
    assert simulate(scenario, link="lockstep").summary.digest == simulate(scenario).summary.digest


@pytest.mark.broker
def test_an_external_controller_is_killed_and_restarted_in_lockstep():
    scenario = scenario_with(LOSSES["the controller is killed"])
    run = simulate(scenario, link="lockstep", controller=ExternalController(f"{OURS} --clock granted"))
    assert unharmed(run)
    assert run.summary.digest == simulate(scenario).summary.digest


SHORT = Layout(
    belt_speed_m_per_s=0.6, belt_ramp_s=0.1, camera_m=0.15, gates_m=(0.35, 0.65, 0.95), rods_m=(0.43, 0.73, 1.03),
    end_m=1.2, loader_stroke_s=0.2, rod_stroke_s=0.1,
)  # fmt: skip


def short_scenario_with(fault, items=3):
    """A fault early on a short and fast line. The controller does not count items, as it may lose one."""
    settings = settings_for(SHORT, in_flight=1, belt_start_s=0.3, patience_s=4.0, loader_stroke_s=0.2)
    loss = msgspec.structs.replace(fault, from_s=3.2, until_s=4.0)
    return Scenario(seed=4, layout=SHORT, items=ItemDraw(count=items), controller=settings, faults=(loss,))


def it_ends_and_nothing_is_misplaced(run):
    assert (run.summary.items, wrong(run)) == (3, 0)


def nothing_is_violated(run):
    assert run.violations == []


@pytest.mark.broker
@pytest.mark.realtime
@pytest.mark.slow
@pytest.mark.parametrize("name", ["the broker is away", "the connection is cut", "another client has its id"])
def test_in_real_time_the_broker_or_the_connection_is_really_lost(name):
    run = partial(simulate, short_scenario_with(LOSSES[name]), link="realtime")
    undisturbed(run, always=it_ends_and_nothing_is_misplaced, in_time=nothing_is_violated)


def effects(run):
    return [(record.what, record.part) for record in run.trace if isinstance(record, trace.Disturbed)]


def test_two_clients_of_one_id_throw_each_other_off_until_one_leaves():
    run = simulate(scenario_with(AnotherClient(from_s=24.0, until_s=29.5)))
    named = [(r.t_s, r.what) for r in run.trace if isinstance(r, trace.Disturbed) and r.part == "controller"]
    turns = [(t_s, what) for t_s, what in dict.fromkeys(named) if what in ("cut_off", "reconnected")]
    assert turns == [(24 + second, ("cut_off", "reconnected")[second % 2]) for second in range(5)] + [
        (29, "reconnected")
    ]


@pytest.mark.broker
@pytest.mark.parametrize("message", MESSAGES)
def test_an_old_message_reaches_whoever_subscribes(message):
    scenario = scenario_with(RetainedMessage(until_s=30.0, message=message), items=3)
    run = simulate(scenario)
    effect = {"picture": ("picture_twice", "camera"), "push": ("command_false", "rod 2")}
    assert effects(run) == [effect.get(message, ("edge_false", "gate 1"))]
    assert unharmed(run)
    assert run.summary.correct == 3
    assert simulate(scenario, link="lockstep").summary.digest == run.summary.digest


def test_an_old_message_comes_again_with_each_reconnection():
    cut_off = ClientCutOff(from_s=24.0, until_s=27.0)
    scenario = msgspec.structs.replace(scenario_with(cut_off), faults=(RetainedMessage(until_s=30.0), cut_off))
    run = simulate(scenario)
    assert [effect for effect in effects(run) if effect[0] == "edge_false"] == [("edge_false", "gate 1")] * 2
    assert unharmed(run)


def test_a_plant_that_a_broker_let_wait_gets_an_old_command_when_it_is_back():
    away = BrokerDown(from_s=24.0, until_s=27.0)
    retained = RetainedMessage(from_s=20.0, until_s=30.0, message="push")
    run = simulate(msgspec.structs.replace(scenario_with(away), faults=(retained, away)))
    moves = [r.t_s for r in run.trace if isinstance(r, trace.Disturbed) and r.what == "command_false"]
    assert moves == [27.0]


@pytest.mark.slow
@pytest.mark.realtime
@pytest.mark.broker
def test_the_embedded_broker_gives_an_old_message_in_real_time():
    scenario = short_scenario_with(ClientCutOff())
    scenario = msgspec.structs.replace(scenario, faults=(RetainedMessage(until_s=10.0), *scenario.faults))
    run = simulate(scenario, link="realtime")
    assert ("edge_false", "gate 1") in effects(run)
    assert wrong(run) == 0


@pytest.mark.broker
@pytest.mark.parametrize("fault", [AnotherClient(), RetainedMessage()])
def test_a_broker_of_somebody_elses_has_no_such_faults(fault, mosquitto):
    with pytest.raises(TwinError, match=r"faults\[0\] must be left out with a broker other than the embedded one"):
        simulate(scenario_with(fault), link="realtime", broker=f"{mosquitto.host}:{mosquitto.port}")


def run_with_restart(broker):
    """A run in real time. The broker stops when item 1 is loaded, and starts again when that item is at gate 2."""
    settings = settings_for(SHORT, in_flight=1, belt_start_s=0.3, patience_s=4.0, loader_stroke_s=0.2)
    scenario = Scenario(seed=4, layout=SHORT, items=ItemDraw(count=3), controller=settings)
    switches = {(Loaded, 1): broker.stop, (Edge, 2): broker.start}
    done = []
    with ThreadPoolExecutor(1) as thread:  # The plant does not wait for the broker.

        def watch(record):
            number = record.item if type(record) is Loaded else record.gate if type(record) is Edge else None
            if switch := switches.pop((type(record), number), None):
                done.append(thread.submit(switch))

        run = simulate(scenario, link="realtime", broker=f"{broker.host}:{broker.port}", watchers=(watch,))
    assert [each.result() for each in done] == [None, None]
    return run


def it_ends_and_no_rod_was_left_out(run):
    it_ends_and_nothing_is_misplaced(run)
    assert "rod_left_out" not in {violation.check for violation in run.violations}


def only_the_unseen_item_is_rejected(run):
    assert [violation.check for violation in run.violations] == ["needless_reject"]
    assert (run.summary.correct, run.summary.rejected) == (2, 1)


@pytest.mark.broker
@pytest.mark.realtime
@pytest.mark.slow
def test_a_restarted_broker_delivers_the_first_command_in_real_time(mosquitto):
    run = partial(run_with_restart, mosquitto)
    undisturbed(run, always=it_ends_and_no_rod_was_left_out, in_time=only_the_unseen_item_is_rejected)


@pytest.mark.broker
@pytest.mark.realtime
@pytest.mark.slow
def test_an_external_controller_is_killed_and_restarted_in_real_time(tmp_path):
    config = tmp_path / "controller.toml"
    config.write_text("belt_start_s = 0.3\npatience_s = 4.0\nloader_stroke_s = 0.2\nin_flight = 1\n")
    program = ExternalController(f"{OURS} --config {config.as_posix()}")
    run = partial(
        simulate, short_scenario_with(LOSSES["the controller is killed"]), link="realtime", controller=program
    )
    undisturbed(run, always=it_ends_and_nothing_is_misplaced, in_time=nothing_is_violated)


@pytest.mark.broker
def test_the_twin_cannot_kill_a_controller_that_it_did_not_start():
    scenario = scenario_with(LOSSES["the controller is killed"])
    with pytest.raises(TwinError, match=r"faults\[0\] must be left out for a controller that the twin did not start"):
        simulate(scenario, link="realtime", controller=ExternalController())


@pytest.mark.broker
@pytest.mark.parametrize("link", ["lockstep", "realtime"])
def test_a_program_that_dies_is_a_crash_and_the_trace_is_kept(link, tmp_path):
    scenario = Scenario(items=ItemDraw(count=2), controller=settings_for(Layout()))
    program = ExternalController(f"{PYTHON} -c 'import sys; sys.exit(3)' {{port}}")
    if link == "lockstep":
        with pytest.raises(ParticipantError, match="ended with exit code 3"):
            simulate(scenario, link=link, controller=program)
        return
    run = simulate(scenario, link=link, controller=program, trace_path=tmp_path / "trace.jsonl")
    assert [violation.check for violation in run.violations] == ["crash"]
    assert "ended with exit code 3" in run.violations[0].detail
    assert (tmp_path / "trace.jsonl").read_bytes().count(b"\n") >= 2
