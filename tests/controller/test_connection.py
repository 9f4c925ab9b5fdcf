"""What the program says of its broker, and what it does when it is stopped before it is let in."""

import contextlib
import socket
import subprocess
import sys
import threading

import pytest
from support.programs import STOPS, stoppable

pytestmark = pytest.mark.broker
PATIENCE_S = 20.0
ACCEPTED = b"\x20\x02\x00\x00"
LISTENING = b"\x90\x03\x00\x01\x00"


@pytest.fixture
def program():
    """Starts the program; it is ended with the test, and when it is silent for too long."""
    with contextlib.ExitStack() as started:

        def start(host, port, *options):
            words = [sys.executable, "-m", "controller", "run", "--broker", f"{host}:{port}", "--recognizer", "oracle"]
            process = stoppable([*words, *options], stderr=subprocess.PIPE, text=True)
            patience = threading.Timer(PATIENCE_S, process.kill)
            patience.start()
            for end in (process.stderr.close, process.wait, process.kill, patience.cancel):
                started.callback(end)
            return process

        yield start


def heard(process, words):
    """Whether the program says so, sooner or later."""
    return any(words in line for line in process.stderr)


@pytest.mark.parametrize("clock", ["wall", "granted"])
def test_it_says_that_the_broker_is_lost_and_that_it_is_back(program, mosquitto, clock):
    process = program(mosquitto.host, mosquitto.port, "--clock", clock)
    where = f"{mosquitto.host}:{mosquitto.port}"
    assert heard(process, f"controller: connected to {where}")
    mosquitto.stop()
    assert heard(process, f"controller: lost the broker {where}: trying again")
    mosquitto.start()
    assert heard(process, f"controller: connected to {where} again")


@pytest.mark.parametrize("answer", [b"", ACCEPTED + LISTENING], ids=["a mute broker", "a slow broker"])
def test_stopped_while_it_connects_it_tells_the_line_nothing(program, answer):
    with socket.create_server(("127.0.0.1", 0)) as server:
        process = program(*server.getsockname())
        connection = server.accept()[0]
        with connection:
            assert b"FS_Ctl" in connection.recv(1024)
            process.send_signal(STOPS[0])
            assert heard(process, "controller: stopping")
            with contextlib.suppress(ConnectionError):  # It may have gone already.
                connection.sendall(answer)
                assert b"conveyor" not in b"".join(iter(lambda: connection.recv(1024), b""))
        rest = process.stderr.read()
    assert process.wait() == 0
    assert "belt" not in rest
