"""What was found in virtual time is run again in real time, over a real broker."""

import shlex
import socket

import pytest
from support.programs import PYTHON

from scenarios.confirmation import ON_THE_WIRE, Confirmation, Confirmer, WireRun
from scenarios.failures import FailedRun, Failure, failure_of
from twin import ExternalController, Item, Scenario, simulate

pytestmark = pytest.mark.broker
ONE_ITEM = Scenario(items=(Item(),))
CONNECTS = """
import sys, time
import paho.mqtt.client as mqtt
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.connect({address})
client.loop_start()
time.sleep(0.5)
sys.exit(3)
"""
KEEPS_TIME = """
import runpy, sys, time
began_s = time.monotonic()
time.sleep(0.5)
if abs(time.monotonic() - began_s - 0.5) < 1e-5:
    sys.exit(3)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def found(tmp_path, monkeypatch):
    """A function that finds the failure of a program in virtual time; it also returns the program's command."""
    monkeypatch.chdir(tmp_path)

    def find(text, arguments="{host} {port}"):
        (tmp_path / "program.py").write_text(text, encoding="utf-8")
        command = f"{PYTHON} {shlex.quote((tmp_path / 'program.py').as_posix())} {arguments}"
        run = simulate(ONE_ITEM, link="hosted", controller=ExternalController(command))
        assert not run.ok
        failure = failure_of(FailedRun(run, run.violations, ["wrong"]), "some property", "test_some_property", None)
        run.save(failure.folder)
        return command, failure

    return find


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_a_failure_is_confirmed_in_the_first_run_that_shows_it(found):
    command, failure = found(CONNECTS.format(address="sys.argv[1], int(sys.argv[2])"))
    assert (failure.rules, failure.ports) == (("crash",), {})
    confirmation = Confirmer(command).confirm({"some property": failure})["some property"]
    assert confirmation.text == "confirmed on the wire (run 1 of 3)"
    for folder in (failure.folder, failure.folder / ON_THE_WIRE):
        assert {"scenario.json", "trace.jsonl", "summary.json", "run.json"} <= {path.name for path in folder.iterdir()}


def test_a_scenario_that_two_properties_have_found_is_run_once(found):
    command, failure = found(CONNECTS.format(address="sys.argv[1], int(sys.argv[2])"))
    confirmed = Confirmer(command).confirm({"one": failure, "other": failure})
    assert [each.state for each in confirmed.values()] == ["confirmed", "confirmed"]


def test_a_program_with_a_port_in_its_text_is_confirmed_on_that_port(found):
    port = free_port()
    command, failure = found(CONNECTS.format(address=f"'127.0.0.1', {port}"), "")
    assert failure.ports == {"mqtt": port}
    assert Confirmer(command).confirm({"it": failure})["it"].state == "confirmed"
    with socket.create_server(("127.0.0.1", port)):
        taken = Confirmer(command).confirm({"it": failure})["it"]
    assert taken.text.startswith(f"not run on the wire: cannot listen on 127.0.0.1:{port}: ")


def test_a_program_that_looks_for_its_broker_on_another_machine_is_not_run(found):
    command, failure = found(CONNECTS.format(address="'192.168.7.7', 1883"), "")
    text = Confirmer(command).confirm({"it": failure})["it"].text
    assert text == "not run on the wire: 192.168.7.7:1883, in the program's text, is on another machine"


@pytest.mark.slow
def test_a_failure_that_real_time_does_not_show_is_marked_so(found, request):
    sound = request.config.rootpath / "examples" / "controllers" / "sound_one_at_a_time.py"
    command, failure = found(KEEPS_TIME, f"{shlex.quote(sound.as_posix())} {{host}} {{port}} {{service}}")
    confirmation = Confirmer(command).confirm({"it": failure})["it"]
    if confirmation.state == "not run":
        pytest.skip(confirmation.why)
    assert confirmation.state == "virtual time only"
    assert confirmation.text.startswith("seen in virtual time only: ")
    assert "runs in real time kept every rule; it may need" in confirmation.text


NEEDS_A_SCREEN = """
import time
began_s = time.monotonic()
time.sleep(0.5)
if abs(time.monotonic() - began_s - 0.5) > 1e-5:
    raise OSError("no screen here")
time.sleep(1e6)
"""


@pytest.mark.slow
def test_a_program_that_crashes_on_the_wire_alone_confirms_nothing(found):
    command, failure = found(NEEDS_A_SCREEN)
    assert "crash" not in failure.rules
    confirmation = Confirmer(command).confirm({"it": failure})["it"]
    if "machine was late" in confirmation.why:
        pytest.skip(confirmation.why)
    assert confirmation.text == "not run on the wire: the program crashed there: OSError: no screen here"


def test_another_rule_that_real_time_breaks_is_named():
    other = Confirmation(state="another rule", run=2, rules=("stalled",))
    assert other.text == "on the wire it broke stalled instead (run 2 of 3)"


class OnTheWire(Confirmer):
    """Runs that broke these rules."""

    def __init__(self, *rules):
        super().__init__("")
        self._rules = rules

    def _run(self, failure):
        return WireRun(self._rules, True, 0.0, "no screen here")


@pytest.mark.parametrize(
    ("rules", "state"),
    [
        (("wrong_bin",), "confirmed"), (("wrong_bin", "crash"), "confirmed"), (("needless_reject",), "another rule"),
        (("crash",), "not run"), (("crash", "stalled"), "not run"), ((), "virtual time only"),
    ],
)  # fmt: skip
def test_only_the_rule_that_was_broken_confirms_a_failure(rules, state, tmp_path):
    path = tmp_path / "one.json"
    path.write_text("{}")
    failure = Failure(
        path=str(path), test="", rules=("wrong_bin",), words="", items=1, faults=0, acted=True, restarted=False
    )
    assert OnTheWire(*rules).confirm({"it": failure})["it"].state == state
