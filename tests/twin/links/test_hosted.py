"""Programs that nobody wrote for it, under the virtual clock."""

import socket
import subprocess
import sys
import time

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.hosting import PROGRAMS, controller, hosted, primitives
from support.programs import PYTHON

from scenarios.strategies import ALL_FAULTS, scenarios
from twin import ItemDraw, Layout, Scenario, simulate, trace
from twin.errors import TwinError
from twin.host import protocol
from twin.links.external_controller import ExternalController
from twin.scenario.faults import (
    AnotherClient,
    BrokerDown,
    ClientCutOff,
    ControllerKilled,
    RetainedMessage,
)
from twin.scenario.scenario import RecognizerModel

MIXTURES = (
    "clocks",
    "waiting",
    "polling",
    "asyncio_waits",
    "signals",
    "sockets",
    "imports",
    "windows",
    "tk_windows",
    "services",
    "mixtures",
    "elsewhere",
)
ORACLE = RecognizerModel()


def run(name, arguments="", *, items=3, faults=(), seed=5, recognizer=ORACLE, **stop):
    scenario = Scenario(seed=seed, items=ItemDraw(count=items), faults=tuple(faults), recognizer=recognizer, **stop)
    return simulate(scenario, link="hosted", controller=ExternalController(f"{controller(name)} {arguments}"))


@pytest.mark.parametrize(("file", "name"), primitives())
def test_each_primitive_is_virtual(file, name):
    if name in ("requests", "httpx", "numpy"):
        pytest.importorskip(name)
    program = hosted(PROGRAMS / f"{file}.py", name)
    assert program.code == 0, program.output
    assert program.output.endswith(("ok\n", "at exit\n"))
    assert "Traceback" not in program.output


@pytest.mark.parametrize("name", MIXTURES)
def test_what_waits_or_tells_the_time_is_virtual(name):
    if name == "tk_windows":
        pytest.importorskip("tkinter")
    program = hosted(PROGRAMS / f"{name}.py")
    assert program.code == 0, program.output
    assert program.output.endswith("ok\n")
    assert "Traceback" not in program.output


def test_a_thread_that_is_over_at_once_can_be_joined(other_python):
    assert hosted(PROGRAMS / "short_threads.py", python=other_python, schedule=1).output == "ok\n"


def test_chance_is_the_same_on_every_run_of_a_seed():
    first, again, other = (hosted(PROGRAMS / "chance.py", seed=seed).output for seed in (1, 1, 2))
    assert first == again != other


def test_a_program_ends_with_its_last_thread_and_what_it_registered_for_that():
    program = hosted(PROGRAMS / "ending.py")
    assert program.code == 3
    assert program.output == "main ends\nthread ends\natexit after 5\n"


@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("polling_variable.py", "paho"), ("worker_threads.py", "requests"), ("asynchronous.py", "aiomqtt"),
        ("tk_controller.py", "tkinter"),
    ],
)  # fmt: skip
def test_a_controller_of_any_style_gets_every_item_into_its_bin_with_the_same_digest_every_time(name, needs):
    pytest.importorskip(needs)
    first, again = run(name), run(name)
    assert not first.violations
    assert first.summary.correct == 3
    assert again.summary.digest == first.summary.digest
    assert again.output == first.output


@pytest.mark.parametrize("style", ["loop_start", "loop_forever", "by_hand", "connect_async", "both_versions"])
def test_each_style_of_paho_sorts(style):
    assert run("paho_styles.py", style).summary.correct == 3


@pytest.mark.parametrize("qos", ["1", "2 unclean"])
def test_each_quality_of_service_sorts(qos):
    assert run("paho_styles.py", f"loop_start {qos}").summary.correct == 3


@pytest.mark.parametrize("fault", [ClientCutOff, BrokerDown])
@pytest.mark.parametrize("style", ["loop_start", "by_hand"])
def test_a_program_whose_connection_breaks_connects_again_when_it_is_let_in(fault, style):
    played = run("paho_styles.py", style, faults=[fault(from_s=10, until_s=14)], items=2)
    seen = [(record.event, record.t_s) for record in played.trace if isinstance(record, trace.Connection)]
    assert [event for event, _ in seen] == ["connected", "subscribed", "lost", "connected", "subscribed"]
    assert seen[2][1] == 10
    assert 14 <= seen[3][1] < 20
    wills = [record.t_s for record in played.trace if isinstance(record, trace.Commanded) and "stop" in record.payload]
    assert len(wills) == (fault is ClientCutOff)


def test_one_that_is_killed_leaves_its_last_will_and_is_started_again():
    played = run("paho_styles.py", "loop_start", faults=[ControllerKilled(from_s=10, until_s=14)], items=4)
    assert [
        record.t_s for record in played.trace if isinstance(record, trace.Connection) and record.event == "connected"
    ] == [0, 14]
    assert any(isinstance(record, trace.Commanded) and "stop" in record.payload for record in played.trace)
    assert played.summary.items == 4


def test_another_client_of_its_id_and_the_program_throw_each_other_off():
    played = run("paho_styles.py", "loop_start", faults=[AnotherClient(from_s=10, until_s=15)], items=2)
    seen = [(record.event, record.t_s) for record in played.trace if isinstance(record, trace.Connection)]
    assert [t_s for event, t_s in seen if event == "taken over"][::2] == [10, 12, 14]
    assert seen[-1][0] == "subscribed"


@pytest.mark.parametrize("message", ["clear", "picture"])
def test_a_program_gets_an_old_message_when_it_subscribes(message):
    kept = RetainedMessage(until_s=20, message=message)
    played = run("paho_styles.py", "loop_start", faults=[kept, ClientCutOff(from_s=10, until_s=14)], items=2)
    got = [record.t_s for record in played.trace if isinstance(record, trace.Disturbed) and not record.item]
    came = [t_s for t_s in got if t_s == 0 or 14 < t_s < 20]
    assert len(came) == 2


def test_a_twin_that_ends_before_it_has_read_everything_is_gone_for_the_host():
    """A socket then says "connection reset", and not that it has ended: the host must not live on without a twin."""
    twin, host = socket.socketpair()
    host.sendall(b"not read")
    twin.close()
    with host, host.makefile("rb") as orders, pytest.raises(protocol.EndedError):
        protocol.read(orders)


@pytest.mark.parametrize(
    ("stop_signal", "reason"), [("SIGTERM", "ended by signal 15"), ("SIGINT", "KeyboardInterrupt")]
)  # fmt: skip
def test_a_program_that_a_signal_ends_has_not_failed(stop_signal, reason):
    played = run("paho_styles.py", "loop_start", stop_s=5, stop_signal=stop_signal)
    assert not any(isinstance(record, trace.Crashed) for record in played.trace)
    (ended,) = [record.reason for record in played.trace if isinstance(record, trace.Exited)]
    assert reason in ended
    assert {violation.check for violation in played.violations} == {"lost"}


def test_our_own_controller_is_hosted_as_a_user_would_start_it():
    command = f"{PYTHON} -m controller run --broker {{host}}:{{port}} --recognizer oracle"
    scenario = Scenario(seed=5, items=ItemDraw(count=5))
    played = simulate(scenario, link="hosted", controller=ExternalController(command))
    assert not played.violations
    assert played.summary.bins == simulate(scenario).summary.bins


@pytest.mark.slow
def test_our_own_controller_does_the_same_hosted_as_in_memory_whatever_befalls_the_line():
    program = ExternalController(f"{PYTHON} -m controller run --broker {{host}}:{{port}} --recognizer oracle")
    line = st.just(Layout())

    @settings(max_examples=25, database=None, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(scenarios(kinds=ALL_FAULTS, most_items=5, layout=line, in_flight=st.just("auto")))
    def same(scenario):
        played, again = (simulate(scenario, link="hosted", controller=program) for _ in range(2))
        assert not played.violations
        assert again.summary.digest == played.summary.digest
        assert played.summary.bins == simulate(scenario).summary.bins

    same()


def test_one_that_deadlocks_is_found_stalled():
    played = run("deadlocks.py")
    assert [found.check for found in played.violations][:1] == ["stalled"]
    assert played.output.count("with second:") == 2


def test_the_order_of_its_threads_is_the_schedules_and_the_same_every_time():
    orders = [hosted(PROGRAMS / "racing.py", schedule=schedule).output for schedule in (0, 1, 1, 2, 3)]
    assert orders[1] == orders[2]
    assert len(set(orders)) > 2
    chosen = [Scenario(seed=5, items=ItemDraw(count=3), schedule=schedule) for schedule in (0, 7, 7)]
    program = ExternalController(controller("polling_variable.py"))
    runs = [simulate(scenario, link="hosted", controller=program).summary for scenario in chosen]
    assert [summary.correct for summary in runs] == [3, 3, 3]
    assert runs[1].digest == runs[2].digest


def test_a_thread_may_be_preempted_between_two_lines_while_something_comes():
    counts = [hosted(PROGRAMS / "clearing.py", schedule=schedule).output.strip() for schedule in (0, *range(1, 6), 1)]
    assert counts[0] == "400"
    assert min(map(int, counts)) < 400
    assert counts[1] == counts[-1]


def test_a_controller_of_another_python_is_hosted(other_python):
    program = hosted(PROGRAMS / "waiting.py", python=other_python)
    assert program.code == 0, program.output


@pytest.mark.parametrize("forks", [True, False])
def test_a_run_on_a_host_that_waited_is_the_same_as_on_one_that_was_started_for_it(forks, monkeypatch):
    monkeypatch.setattr("twin.links.hosted.hosts.FORKS", forks and sys.platform == "linux")
    program = ExternalController(controller("polling_variable.py"))
    scenario = Scenario(seed=5, items=ItemDraw(count=3))
    runs = [simulate(scenario, link="hosted", controller=program) for _ in range(4)]
    assert len({played.summary.digest for played in runs}) == 1
    assert [played.summary.correct for played in runs] == [3, 3, 3, 3]
    assert runs[2].output in runs[0].output  # Its libraries had warned, when they were imported.


def test_a_second_client_of_the_same_id_throws_the_first_off():
    output = hosted(PROGRAMS / "two_clients.py").output
    assert output.splitlines()[-1] == "first was thrown off"


def test_a_program_that_waits_for_a_key_after_it_connected_goes_on(tmp_path):
    program = tmp_path / "awaits_key.py"
    program.write_text(AWAITS_KEY, encoding="utf-8")
    command = f"{PYTHON} {program.as_posix()}"
    played = simulate(
        Scenario(items=ItemDraw(count=1), stop_s=5), link="hosted", controller=ExternalController(command)
    )
    assert [record.reason for record in played.trace if isinstance(record, trace.Exited)] == ["ended by signal 15"]


def computing(compute_ms, seconds=0.1):
    program = f"{controller('computes_in_callback.py')} {seconds}"
    return ExternalController(program, compute_ms=compute_ms)


def test_what_computes_in_a_callback_takes_time_that_was_measured_once():
    program, scenario = computing(None), Scenario(seed=5, items=ItemDraw(count=3))
    began_s = time.thread_time()
    sum(range(8_000_000))  # What the program does with a picture.
    takes_here_s = time.thread_time() - began_s
    first, again = (simulate(scenario, link="hosted", controller=program) for _ in range(2))
    ((path, _, takes_s),) = first.computing
    assert path.endswith("computes_in_callback.py")
    assert takes_here_s / 4 < takes_s < 4 * takes_here_s
    assert again.summary.digest == first.summary.digest
    assert again.computing == first.computing
    assert labelled_s(first) == [pytest.approx(takes_s, abs=0.001)] * 3


def labelled_s(run):
    """How long after each picture the program had its label, as it says itself."""
    return [float(line.split()[1]) for line in run.output.splitlines() if line.startswith("labelled")]


def test_how_long_computing_takes_can_be_given():
    scenario = Scenario(seed=5, items=ItemDraw(count=2))
    slow, none = (simulate(scenario, link="hosted", controller=computing(ms)) for ms in (6000, 0))
    assert labelled_s(slow) == [pytest.approx(6, abs=0.001)] * 2
    assert labelled_s(none) == [pytest.approx(0, abs=0.001)] * 2
    assert none.computing == ()
    assert none.summary.correct == 2
    assert slow.summary.correct < 2  # Its callback is still busy when the item has passed its gate.


def test_a_program_that_computes_nothing_takes_no_time():
    assert run("polling_variable.py").computing == ()


@pytest.mark.parametrize("compute_ms", [-1, 1e9, float("nan")])
def test_a_time_to_compute_out_of_range_is_refused(compute_ms):
    with pytest.raises(TwinError, match="compute_ms must be 0 to 60000"):
        ExternalController("python program.py", compute_ms=compute_ms)


def test_a_time_to_compute_is_refused_where_computing_takes_its_own():
    with pytest.raises(TwinError, match="compute_ms must be left out on the link realtime, got 5"):
        simulate(Scenario(), link="realtime", controller=ExternalController("python program.py", compute_ms=5))


def test_a_program_that_ends_tracing_can_still_poll(tmp_path):
    code = "import sys, threading; done = []; sys.settrace(None); threading.Timer(1, done.append, (1,)).start()"
    program = tmp_path / "traces.py"
    program.write_text(f"{code}\nwhile not done: pass", encoding="utf-8")
    assert hosted(program).code == 0


def test_a_program_that_ends_at_once_is_reported_with_exit_code_and_output():
    assert hosted("-c", "import os; os._exit(4)")[:2] == (4, "the program ended with exit code 4")
    assert hosted("-c", "import sys; sys.exit('no broker')")[:2] == (1, "no broker")
    assert hosted("-c", "1/0")[:2] == (1, "ZeroDivisionError: division by zero (in <module>, line 1)")


def test_the_command_line_runs_it(tmp_path):
    command = [sys.executable, "-m", "twin", "run", "--link", "hosted", "--items", "2", "--recognizer", "oracle"]
    words = [*command, "--controller", controller("polling_variable.py"), "--save", str(tmp_path / "run")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "run" / "output.txt").read_text(encoding="utf-8").splitlines()[-2:]


def test_a_fault_is_recorded_for_each_message_without_a_receiver():
    photo = next(
        record for record in run("paho_styles.py", "loop_start").trace if isinstance(record, trace.Photographed)
    )
    cut_off = ClientCutOff(from_s=photo.t_s - 0.1, until_s=photo.t_s + 1)
    played = run("paho_styles.py", "loop_start", faults=[cut_off], items=2)
    lost = [(record.what, record.item) for record in played.trace if isinstance(record, trace.Disturbed)]
    assert ("picture_lost", 1) in lost


def test_a_client_that_is_silent_for_longer_than_its_keep_alive_is_lost(tmp_path):
    program = tmp_path / "silent.py"
    program.write_text(SILENT, encoding="utf-8")
    command = f"{PYTHON} {program.as_posix()}"
    played = simulate(Scenario(items=ItemDraw(count=1)), link="hosted", controller=ExternalController(command))
    seen = [(record.event, record.t_s) for record in played.trace if isinstance(record, trace.Connection)]
    assert seen[:2] == [("connected", 0), ("lost", 3.0)]


SILENT = """
import time
import paho.mqtt.client as mqtt
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.connect("127.0.0.1", 21883, keepalive=2)
time.sleep(1000)
"""


AWAITS_KEY = """
import paho.mqtt.client as mqtt
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.connect("127.0.0.1", 21883)
client.loop_start()
input("Press Enter to end")
"""
