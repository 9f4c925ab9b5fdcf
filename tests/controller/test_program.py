"""The real program over real brokers, against the line in real time: how it ends, and what it does to garbage.

The line is short and fast, the program is told so little of it as of any other.
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

from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.links.external_controller import ExternalController
from twin.trace import BeltRuns, Binned, Loaded, Photographed

pytestmark = [pytest.mark.broker, pytest.mark.slow]
LINE = Layout(
    belt_speed_m_per_s=0.6, belt_ramp_s=0.1, camera_m=0.15, gates_m=(0.35, 0.65, 0.95), rods_m=(0.43, 0.73, 1.03),
    end_m=1.2, loader_stroke_s=0.2, rod_stroke_s=0.1,
)  # fmt: skip
KEEP_ALIVE_S = 4
BROKER_LOOKS_S = 2.5
"""So often mosquitto looks who has fallen silent."""
GARBAGE = (
    b"", b"{", b"\xff\xfe\x00", b"null", b"[1, 2]", b"7", b'{"first_switch":1}', b'{"second_switch":"true"}',
    b'{"first_switch":true,"second_switch":true}', b'{"first_switch":false,"image":""}', b'{"seventeenth_switch":true}',
    b'{"image":"!!!"}', b'{"image":7}', b'{"conveyor":"stop"}',
)  # fmt: skip
SOON_S = 2.0
HUGE = b'{"image":"' + b"A" * 16 * 1024 * 1024 + b'"}'


@pytest.fixture
def programs(tmp_path):
    """Starts the program, as often as asked, and ends all of them with the test."""
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


def work(broker, items, watch=lambda record: None):
    """The line in real time, for whoever controls it."""
    scenario = Scenario(seed=5, layout=LINE, items=ItemDraw(count=items), controller=settings_for(LINE, items=items))
    at = f"{broker.host}:{broker.port}"
    return simulate(
        scenario, link="realtime", controller=ExternalController(), broker=at, watchers=(watch,), keep_trace=False
    )


@pytest.mark.parametrize("number", STOPS)
def test_asked_to_stop_it_lets_the_belt_clear(embedded, programs, number):
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


def kill(program):
    program.kill()


def freeze(program):
    program.send_signal(signal.SIGSTOP)


NO_FREEZING = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no signal freezes a program here")


@pytest.mark.parametrize("fell", [kill, pytest.param(freeze, marks=NO_FREEZING)])
def test_killed_or_frozen_the_belt_stands_within_keep_alive_and_a_half_and_the_next_one_goes_on(broker, programs, fell):
    def hit():
        first, next_ones, hit_s, stood_s = programs(broker), [], [], []

        def watch(record):
            if type(record) is Photographed and record.item == 2:
                fell(first)
                hit_s.append(record.t_s)
            if type(record) is BeltRuns and not record.running and hit_s and not stood_s:
                stood_s.append(record.t_s)
                first.kill()
                next_ones.append(programs(broker))

        run = work(broker, 4, watch)
        next_ones[0].send_signal(STOPS[-1])
        return run, next_ones[0].wait(20), stood_s[0] - hit_s[0]

    def it_stood_and_went_on(outcome):
        run, code, until_it_stood_s = outcome
        assert until_it_stood_s <= 1.5 * KEEP_ALIVE_S + BROKER_LOOKS_S
        assert (run.summary.items, wrong(run), code) == (4, 0, 0)

    def what_could_be_saved_is_in_its_bin(outcome):
        run = outcome[0]
        assert run.summary.correct >= 1
        assert {violation.check for violation in run.violations} <= {"needless_reject"}, run.violations

    undisturbed(hit, always=it_stood_and_went_on, in_time=what_could_be_saved_is_in_its_bin)


def test_garbage_on_the_wire_changes_nothing(embedded, programs):
    pest = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="pest", protocol=mqtt.MQTTv311)
    there = threading.Event()
    pest.on_connect = lambda *_: there.set()
    pest.connect(embedded.host, embedded.port)
    pest.loop_start()
    assert there.wait(10)

    def watch(record):
        if type(record) is BeltRuns and record.t_s < SOON_S:
            pest.publish("bb", HUGE)  # Before the first item comes: so much would hold a gate up.
        if type(record) is Binned:
            for payload in GARBAGE:
                pest.publish("bb", payload)

    def disturbed():
        program = programs(embedded, "--items", "3")
        run = work(embedded, 3, watch)
        return run, program.wait(20), [line for line in program.stderr if "payload_refused" in line]

    def it_is_refused(outcome):
        run, code, lines = outcome
        assert (run.summary.items, wrong(run), code) == (3, 0, 0)
        assert 4 <= len(lines) <= 40
        assert "truncated" in lines[0], lines
        assert max(len(line) for line in lines) < 1000

    def every_item_is_in_its_bin(outcome):
        assert (outcome[0].summary.correct, outcome[0].violations) == (3, [])

    undisturbed(disturbed, always=it_is_refused, in_time=every_item_is_in_its_bin)
    pest.disconnect()
    pest.loop_stop()
