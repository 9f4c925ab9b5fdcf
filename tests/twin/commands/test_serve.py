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

pytestmark = [pytest.mark.broker, pytest.mark.realtime, pytest.mark.slow]
PROGRAMS = Path(__file__).parents[2] / "programs"
REFERENCE_FLOW, FLAWED_FLOW = PROGRAMS / "reference_flow.py", PROGRAMS / "flawed_flow.py"
ITEMS = 3


def serving(*options):
    return stoppable(
        [sys.executable, "-m", "twin", "serve", "--port", "0", *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def address(server):
    """The address that `twin serve` prints before a controller connects."""
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
                    output = server.communicate(timeout=300)[0]
                finally:  # A controller that hangs must not block the test.
                    client.kill()
                    server.kill()
        return server.returncode, output, json.loads(summary.read_text())

    def the_verdict_matches_the_exit_code(outcome):
        code, output, figures = outcome
        assert code == bool(figures["violations"]), output
        assert figures["items"] == ITEMS

    def every_item_is_in_its_bin(outcome):
        _, output, figures = outcome
        assert (figures["correct"], figures["violations"]) == (ITEMS, [])
        assert "violations: none" in output

    undisturbed(served, always=the_verdict_matches_the_exit_code, in_time=every_item_is_in_its_bin)


def test_the_truth_is_served_to_a_program_that_has_its_pictures_recognised(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        service_port = free.getsockname()[1]
    program = PROGRAMS.parents[1] / "examples" / "controllers" / "sound_one_at_a_time.py"
    options = ["--items", "1", "--seed", "1", "--truth-service", "--service-port", str(service_port)]
    with serving(*options, "--save", str(tmp_path / "kept")) as server:
        printed = [server.stdout.readline()]
        service = re.search(r"http://\S+", printed[0])[0]
        assert service == f"http://127.0.0.1:{service_port}/aisim_tf_pre"
        with subprocess.Popen([sys.executable, str(program), *address(server), service]) as client:
            try:
                server.communicate(timeout=120)
            finally:
                client.kill()
                server.kill()
    summary = json.loads((tmp_path / "kept" / "summary.json").read_bytes())
    assert summary["recognizer"]["accuracy"] == 1.0
    assert summary["items"] == 1


def served_to(flaw, *options, items=4):
    """Exit code and output of `twin serve` at eight times real time, for a program with a flaw."""
    with serving("--items", str(items), "--seed", "1", "--speed", "8", *options) as server:
        command = [sys.executable, str(FLAWED_FLOW), *address(server), flaw]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as client:
            try:
                output = server.communicate(timeout=120)[0]
            finally:
                client.kill()
                server.kill()
    return server.returncode, " ".join(output.split())


FLAWS = {
    "deaf": [
        "stalled: no progress: no item was loaded within 69 s, although the stack is not empty",
        "connected 2 times",
    ],
    "hung": ["stalled: no progress: no item was loaded"],
    "never_pushes": ["needless_reject: item 1 ("],
    "stops": ["stalled: no progress: no item was loaded", "FS_Ctl subscribed to bb"],
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_controller_that_does_not_sort_breaks_a_named_rule(flaw):
    code, output = served_to(flaw)
    assert code == 1
    assert all(words in output for words in FLAWS[flaw]), output


def test_save_keeps_the_run_of_a_controller_that_hangs(tmp_path):
    folder = tmp_path / "hung"
    served_to("hung", "--save", str(folder))
    assert {path.name for path in folder.iterdir()} == {
        "scenario.json", "trace.jsonl", "summary.json", "run.json", "report.html", "pictures"
    }  # fmt: skip
    ran = json.loads((folder / "run.json").read_bytes())
    assert (ran["format"], ran["trace_format"], ran["link"], ran["threshold"]) == (1, 2, "realtime", 0.8)
    check = [sys.executable, "-m", "twin", "check", str(folder / "trace.jsonl")]
    assert subprocess.run(check, capture_output=True, timeout=60, check=False).returncode == 1


def test_serve_ends_soon_after_the_last_item_and_names_rejected_items():
    began_s = time.monotonic()
    code, output = served_to("never_pushes", items=1)
    assert code == 1
    assert "rejected 1 not sorted: items 1" in output
    assert time.monotonic() - began_s < 40


def test_two_clients_with_the_same_id_are_reported():
    _, output = served_to("two", items=1)
    assert "client FS_Ctl was replaced by another client with the same id" in output
    assert re.search(r"connection +FS_Ctl: connected.*replaced by another client with the same id", output)


def test_a_client_of_another_protocol_version_is_refused_with_a_reason():
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
            output = " ".join(server.communicate(timeout=30)[0].split())
        finally:
            server.kill()
    assert "refused: it uses MQTT 3.1; the line uses MQTT 3.1.1" in output


@contextlib.contextmanager
def controller_at(host, port, first_command):
    """A client that publishes once as soon as it has subscribed, and a queue of messages (None: its own was sent)."""
    arrivals = queue.Queue()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
    client.on_connect = lambda *_: client.subscribe("bb")
    client.on_subscribe = lambda *_: client.publish("aa", first_command)
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


def test_commands_sent_as_soon_as_the_address_is_printed_arrive():
    with serving("--items", "1", "--speed", "5") as server:
        try:
            with controller_at(*address(server), '{"conveyor":"run"}') as (client, arrivals):
                see_one_item(client, arrivals)
        finally:
            server.kill()


def test_a_command_that_looks_like_markup_does_not_stop_the_line():
    with serving("--items", "1", "--speed", "5") as server:
        try:
            with controller_at(*address(server), '{"[/x]":"y"}') as (client, arrivals):
                client.publish("aa", '{"conveyor":"run"}')
                see_one_item(client, arrivals)
        finally:
            server.kill()


@pytest.mark.parametrize("number", STOPS)
def test_an_interrupted_line_writes_its_summary_and_shows_its_table(number, tmp_path):
    summary = tmp_path / "summary.json"
    with serving("--items", "9", "--summary", str(summary)) as server:
        try:
            with controller_at(*address(server), '{"conveyor":"run"}') as (client, arrivals):
                see_one_item(client, arrivals)
                server.send_signal(number)
                output = server.communicate(timeout=30)[0]
        finally:
            server.kill()
    assert json.loads(summary.read_bytes())["violations"] == []
    assert "interrupted: no verdict; 9 items were left" in output
    assert server.returncode == 130


def has_ipv6():
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_the_printed_ipv6_address_works_in_other_commands():
    with serving("--host", "::1", "--items", "1") as server:
        try:
            at = ":".join(address(server))
            doctor = [sys.executable, "-m", "twin", "doctor", "--broker", at, "--listen", "0"]
            looked = subprocess.run(doctor, capture_output=True, text=True, timeout=60, check=False)
        finally:
            server.kill()
    assert at.startswith("[::1]:")
    assert looked.returncode == 0, looked.stdout + looked.stderr
