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

from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.foreign import Foreign
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
        started.append(subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True))
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
        scenario, link="realtime", controller=Foreign(), broker=at, patient=True, watchers=(watch,), keep_trace=False
    )


def wrong(run):
    return sum(count.wrong for count in run.tally.classes.values())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_lets_the_belt_clear(embedded, programs, number):
    """The item that is on the belt is in its bin when the belt stops."""
    program = programs(embedded)
    stood = []

    def watch(record):
        if type(record) is Loaded and record.item == 2:
            program.send_signal(number)
        if type(record) is BeltRuns and not record.running:
            stood.append(record.t_s)

    run = work(embedded, 2, watch)
    assert program.wait(20) == 0
    assert len(stood) == 1
    assert (run.summary.correct, run.violations) == (2, [])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_killed_or_frozen_the_belt_stands_within_keep_alive_and_a_half_and_the_next_one_goes_on(
    broker, programs, number
):
    first, next_ones, hit_s, stood_s = programs(broker), [], [], []

    def watch(record):
        if type(record) is Photographed and record.item == 2:
            first.send_signal(number)
            hit_s.append(record.t_s)
        if type(record) is BeltRuns and not record.running and hit_s and not stood_s:
            stood_s.append(record.t_s)
            first.kill()
            next_ones.append(programs(broker))

    run = work(broker, 4, watch)
    assert stood_s[0] - hit_s[0] <= 1.5 * KEEP_ALIVE_S + BROKER_LOOKS_S
    assert wrong(run) == 0
    assert run.summary.items == 4
    assert run.summary.correct >= 1
    assert {violation.check for violation in run.violations} <= {"needless_reject"}, (run.violations, run.lateness_ms)
    next_ones[0].terminate()
    assert next_ones[0].wait(20) == 0


def test_garbage_on_the_wire_changes_nothing(embedded, programs):
    program = programs(embedded, "--items", "3")
    pest = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="pest", protocol=mqtt.MQTTv311)
    there = threading.Event()
    pest.on_connect = lambda *_: there.set()
    pest.connect(embedded.host, embedded.port)
    pest.loop_start()
    assert there.wait(10)
    pest.publish("bb", HUGE, qos=1).wait_for_publish(10)  # Before the line works: so much would hold a gate up.

    def watch(record):
        if type(record) is Binned:
            for payload in GARBAGE:
                pest.publish("bb", payload)

    run = work(embedded, 3, watch)
    pest.disconnect()
    pest.loop_stop()
    assert (run.summary.correct, run.violations) == (3, [])
    assert program.wait(20) == 0
    lines = [line for line in program.stderr if "payload_refused" in line]
    assert 4 <= len(lines) <= 40
    assert max(len(line) for line in lines) < 1000
