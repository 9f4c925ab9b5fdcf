"""`twin serve`, with a controller that shares no code with ours."""

import contextlib
import json
import queue
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from support.programs import STOPS, stoppable
from support.real_time import undisturbed

pytestmark = [pytest.mark.broker, pytest.mark.slow]
PROGRAMS = Path(__file__).parents[1] / "programs"
REFERENCE_FLOW, FLAWED_FLOW = PROGRAMS / "reference_flow.py", PROGRAMS / "flawed_flow.py"
ITEMS = 3


def serving(*options):
    return stoppable(
        [sys.executable, "-m", "twin", "serve", "--port", "0", *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def address(server):
    """The address that the line prints before anything connects."""
    for line in server.stdout:
        if found := re.search(r"--broker (\S+):(\d+)", line):
            return found.groups()
    raise AssertionError(f"no address; exit code {server.wait()}")


def test_the_reference_flow_in_plain_paho_gets_every_item_into_its_bin(tmp_path):
    summary = tmp_path / "summary.json"

    def served():
        with serving("--items", str(ITEMS), "--seed", "1", "--summary", str(summary)) as server:
            host, port = address(server)
            with subprocess.Popen([sys.executable, str(REFERENCE_FLOW), host, port]) as client:
                try:
                    told = server.communicate(timeout=300)[0]
                finally:  # A flow that hangs must not make the test hang.
                    client.kill()
                    server.kill()
        return server.returncode, told, json.loads(summary.read_text())

    def the_verdict_is_told(outcome):
        code, told, said = outcome
        assert code == bool(said["violations"]), told
        assert said["items"] == ITEMS

    def every_item_is_in_its_bin(outcome):
        _, told, said = outcome
        assert (said["correct"], said["violations"]) == (ITEMS, [])
        assert "violations: none" in told

    undisturbed(served, always=the_verdict_is_told, in_time=every_item_is_in_its_bin)


def served_to(flaw, *options, items=4):
    """What `twin serve` says of a program with a flaw, and its exit code, at eight times its pace."""
    with serving("--items", str(items), "--seed", "1", "--speed", "8", *options) as server:
        command = [sys.executable, str(FLAWED_FLOW), *address(server), flaw]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as client:
            try:
                told = server.communicate(timeout=120)[0]
            finally:
                client.kill()
                server.kill()
    return server.returncode, " ".join(told.split())


FLAWS = {
    "deaf": [
        "stalled: no progress with items left in the stack: the next was to be loaded within 51 s",
        "connected 2 times",
    ],
    "hung": ["stalled: no progress with items left in the stack"],
    "never_pushes": ["needless_reject: item 1 ("],
    "stops": ["stalled: no progress with items left in the stack", "FS_Ctl subscribed to bb"],
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_controller_that_does_not_do_its_work_is_found_and_the_rule_is_named(flaw):
    code, told = served_to(flaw)
    assert code == 1
    assert all(words in told for words in FLAWS[flaw]), told


def test_the_run_of_a_controller_that_hangs_is_kept_where_it_was_asked_to(tmp_path):
    folder = tmp_path / "hung"
    served_to("hung", "--save", str(folder))
    assert {path.name for path in folder.iterdir()} == {"scenario.json", "trace.jsonl", "summary.json", "run.json"}
    ran = json.loads((folder / "run.json").read_bytes())
    assert (ran["format"], ran["trace_format"], ran["link"], ran["threshold"]) == (1, 2, "realtime", 0.8)
    check = [sys.executable, "-m", "twin", "check", str(folder / "trace.jsonl")]
    assert subprocess.run(check, capture_output=True, timeout=60, check=False).returncode == 1


def test_soon_after_the_last_item_serving_ends_and_rejected_items_are_named():
    began_s = time.monotonic()
    code, told = served_to("never_pushes", items=1)
    assert code == 1
    assert "rejected 1 not sorted: items 1" in told
    assert time.monotonic() - began_s < 40


def test_two_clients_that_throw_each_other_out_are_told_of():
    _, told = served_to("two", items=1)
    assert "taken over by another client with the same id" in told
    assert "FS_Ctl: connected" in told
    assert "thrown out by another client with its id" in told


def test_a_client_of_another_protocol_version_is_refused_with_a_word():
    with serving("--items", "1") as server:
        try:
            host, port = address(server)
            client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="old", protocol=mqtt.MQTTv31)
            answers = queue.Queue()
            client.on_connect = lambda *arguments: answers.put(arguments[3])
            client.connect(host, int(port))
            client.loop_start()
            assert "protocol" in str(answers.get(timeout=10)).lower()
            client.loop_stop()
            server.send_signal(STOPS[0])
            told = " ".join(server.communicate(timeout=30)[0].split())
        finally:
            server.kill()
    assert "refused: it speaks MQTT 3.1, the line MQTT 3.1.1" in told


@contextlib.contextmanager
def controller_at(host, port, first_words):
    """A client that says its first words as soon as it is heard; a queue of what the plant says, None for its own."""
    arrivals = queue.Queue()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
    client.on_connect = lambda *_: client.subscribe("bb")
    client.on_subscribe = lambda *_: client.publish("aa", first_words)
    client.on_publish = lambda *_: arrivals.put(None)
    client.on_message = lambda *arguments: arrivals.put(json.loads(arguments[-1].payload))
    client.connect(host, int(port))
    client.loop_start()
    try:
        assert arrivals.get(timeout=10) is None
        yield client, arrivals
    finally:
        client.disconnect()
        client.loop_stop()


def see_one_item(client, arrivals):
    """Load an item, and wait for its picture."""
    client.publish("aa", '{"rod_control":"first_push"}')
    while "image" not in (arrivals.get(timeout=30) or {}):
        pass


def test_what_a_controller_says_as_soon_as_the_address_is_told_is_heard():
    with serving("--items", "1", "--speed", "5") as server:
        try:
            with controller_at(*address(server), '{"conveyor":"run"}') as (client, arrivals):
                see_one_item(client, arrivals)
        finally:
            server.kill()


def test_a_command_that_looks_like_markup_is_refused_and_the_line_goes_on():
    with serving("--items", "1", "--speed", "5") as server:
        try:
            with controller_at(*address(server), '{"[/x]":"y"}') as (client, arrivals):
                client.publish("aa", '{"conveyor":"run"}')
                see_one_item(client, arrivals)
        finally:
            server.kill()


@pytest.mark.parametrize("number", STOPS)
def test_a_line_that_is_stopped_leaves_its_summary_and_its_table(number, tmp_path):
    summary = tmp_path / "summary.json"
    with serving("--items", "9", "--summary", str(summary)) as server:
        try:
            with controller_at(*address(server), '{"conveyor":"run"}') as (client, arrivals):
                see_one_item(client, arrivals)
                server.send_signal(number)
                told = server.communicate(timeout=30)[0]
        finally:
            server.kill()
    assert json.loads(summary.read_bytes())["violations"] == []
    assert "interrupted: no verdict; 9 items were left" in told
    assert server.returncode == 130


def has_ipv6():
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_the_address_that_is_told_of_an_ipv6_host_is_one_that_the_commands_take():
    with serving("--host", "::1", "--items", "1") as server:
        try:
            at = ":".join(address(server))
            doctor = [sys.executable, "-m", "twin", "doctor", "--broker", at, "--listen", "0"]
            looked = subprocess.run(doctor, capture_output=True, text=True, timeout=60, check=False)
        finally:
            server.kill()
    assert at.startswith("[::1]:")
    assert looked.returncode == 0, looked.stdout + looked.stderr
