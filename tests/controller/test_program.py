"""The real program over real brokers, with the line in real time: stopping, dying, and garbage on the wire.

The line is short and fast, and the program does not know its geometry.
"""

import signal
import subprocess
import sys
import threading

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from support.programs import STOPS, stoppable
from support.real_time import undisturbed, wrong

from twin import ItemDraw, Layout, Scenario, faults, settings_for, simulate
from twin.errors import ScenarioError
from twin.links.external_controller import ExternalController
from twin.links.hands import Hands
from twin.trace import BeltRuns, Binned, Loaded, Photographed

pytestmark = [pytest.mark.broker, pytest.mark.realtime, pytest.mark.slow]
LINE = Layout(
    belt_speed_m_per_s=0.6, belt_ramp_s=0.1, camera_m=0.15, gates_m=(0.35, 0.65, 0.95), rods_m=(0.43, 0.73, 1.03),
    end_m=1.2, loader_stroke_s=0.2, rod_stroke_s=0.1,
)  # fmt: skip
KEEP_ALIVE_S = 4
BROKER_LOOKS_S = 2.5
"""The interval at which mosquitto looks for silent clients."""
GARBAGE = (
    b"", b"{", b"\xff\xfe\x00", b"null", b"[1, 2]", b"7", b'{"first_switch":1}', b'{"second_switch":"true"}',
    b'{"first_switch":true,"second_switch":true}', b'{"first_switch":false,"image":""}', b'{"seventeenth_switch":true}',
    b'{"image":"!!!"}', b'{"image":7}', b'{"conveyor":"stop"}',
)  # fmt: skip
SOON_S = 2.0
HUGE = b'{"image":"' + b"A" * 16 * 1024 * 1024 + b'"}'


@pytest.fixture
def programs(tmp_path):
    """Starts the program, once per call, and ends all of them with the test."""
    started = []
    config = tmp_path / "controller.toml"
    config.write_text("belt_start_s = 0.3\npatience_s = 4.0\nloader_stroke_s = 0.2\n")

    def start(broker, *options):
        words = [sys.executable, "-m", "controller", "run", "--broker", f"{broker.host}:{broker.port}"]
        words += ["--recognizer", "oracle", "--config", str(config), "--keep-alive", str(KEEP_ALIVE_S), *options]
        started.append(stoppable(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def work(broker, items, watch=lambda record: None, hands=None):
    """Run the line in real time, for an external controller."""
    scenario = Scenario(seed=5, layout=LINE, items=ItemDraw(count=items), controller=settings_for(LINE, items=items))
    at = f"{broker.host}:{broker.port}"
    return simulate(
        scenario, link="realtime", controller=ExternalController(), broker=at, watchers=(watch,), keep_trace=False,
        hands=hands,
    )  # fmt: skip


@pytest.mark.parametrize("number", STOPS)
def test_a_stop_signal_lets_the_belt_clear(embedded, programs, number):
    """The item that is on the belt is in its bin when the belt stops."""

    def stopped():
        program, stood = programs(embedded), []

        def watch(record):
            if type(record) is Loaded and record.item == 2:
                program.send_signal(number)
            if type(record) is BeltRuns and not record.running:
                stood.append(record.t_s)

        run = work(embedded, 2, watch)
        return run, program.wait(20), len(stood)

    def it_has_ended(outcome):
        run, code, stood = outcome
        assert (run.summary.items, wrong(run), code, stood) == (2, 0, 0, 1)

    def both_are_in_their_bins(outcome):
        assert (outcome[0].summary.correct, outcome[0].violations) == (2, [])

    undisturbed(stopped, always=it_has_ended, in_time=both_are_in_their_bins)


@pytest.mark.parametrize(("fault", "words"), [
    (faults.ControllerKilled(), "a controller that the twin did not start"), (faults.BrokerDown(), "broker"),
])  # fmt: skip
def test_who_watches_a_line_that_others_connect_to_cannot_break_what_is_theirs(embedded, programs, fault, words):
    hands, refused = Hands(), []

    def watch(record):
        if type(record) is Photographed:
            with pytest.raises(ScenarioError, match=words):
                hands.begin(fault)
            refused.append(record.item)

    programs(embedded)
    assert work(embedded, 1, watch, hands).summary.items == 1
    assert refused == [1]


def kill(program):
    program.kill()


def freeze(program):
    program.send_signal(signal.SIGSTOP)


NO_FREEZING = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no signal freezes a program here")


@pytest.mark.parametrize("disable", [kill, pytest.param(freeze, marks=NO_FREEZING)])
def test_the_belt_stops_soon_after_the_controller_is_killed_or_frozen(broker, programs, disable):
    def hit():
        first, next_ones, hit_s, stood_s = programs(broker), [], [], []

        def watch(record):
            if type(record) is Photographed and record.item == 2:
                disable(first)
                hit_s.append(record.t_s)
            if type(record) is BeltRuns and not record.running and hit_s and not stood_s:
                stood_s.append(record.t_s)
                first.kill()
                next_ones.append(programs(broker))

        run = work(broker, 4, watch)
        next_ones[0].send_signal(STOPS[-1])
        return run, next_ones[0].wait(20), stood_s[0] - hit_s[0]

    def it_stood_and_went_on(outcome):
        run, code, _ = outcome
        assert (run.summary.items, wrong(run), code) == (4, 0, 0)

    def what_could_be_saved_is_in_its_bin(outcome):
        run, _, until_it_stood_s = outcome
        assert until_it_stood_s <= 1.5 * KEEP_ALIVE_S + BROKER_LOOKS_S
        assert run.summary.correct >= 1
        assert {violation.check for violation in run.violations} <= {"needless_reject"}, run.violations

    undisturbed(hit, always=it_stood_and_went_on, in_time=what_could_be_saved_is_in_its_bin)


def test_garbage_on_the_wire_changes_nothing(embedded, programs):
    intruder = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="intruder", protocol=mqtt.MQTTv311)
    there = threading.Event()
    intruder.on_connect = lambda *_: there.set()
    intruder.connect(embedded.host, embedded.port)
    intruder.loop_start()
    assert there.wait(10)

    def watch(record):
        if type(record) is BeltRuns and record.t_s < SOON_S:
            intruder.publish("bb", HUGE)  # Before the first item, because such a message delays a gate edge.
        if type(record) is Binned:
            for payload in GARBAGE:
                intruder.publish("bb", payload)

    def disturbed():
        program = programs(embedded, "--items", "3")
        run = work(embedded, 3, watch)
        code, lines = program.wait(20), program.stderr.readlines()
        return run, code, *([line for line in lines if words in line] for words in ("payload_refused", "-> bin "))

    def it_is_refused(outcome):
        run, code, lines, _ = outcome
        assert (run.summary.items, wrong(run), code) == (3, 0, 0)
        assert 4 <= len(lines) <= 40
        assert "truncated" in lines[0], lines
        assert max(len(line) for line in lines) < 1000

    def every_item_is_in_its_bin(outcome):
        assert (outcome[0].summary.correct, outcome[0].violations) == (3, [])
        assert [line.partition(" item ")[2][0] for line in outcome[3]] == ["1", "2", "3"], outcome[3]

    undisturbed(disturbed, always=it_is_refused, in_time=every_item_is_in_its_bin)
    intruder.disconnect()
    intruder.loop_stop()
