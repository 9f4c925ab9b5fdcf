"""What the program prints about its broker, and how it ends when it is stopped before it is connected."""

import contextlib
import socket
import struct
import subprocess
import sys
import threading

import pytest
from support.programs import STOPS, stoppable

from controller import wall_clock
from controller.arrivals import Sign
from controller.mqtt import Address, Connection
from controller.system import wall_s
from controller.wall_clock import MANY_LOSSES, SOON_S, ConnectionNews

pytestmark = pytest.mark.broker
PATIENCE_S = 20.0
ACCEPTED = b"\x20\x02\x00\x00"
LISTENING = b"\x90\x03\x00\x01\x00"
RESET = struct.pack("ii", 1, 0)
"""A socket that is closed with this lingers for no time: it is reset."""


@pytest.fixture
def program():
    """Starts the program, and ends it with the test or after `PATIENCE_S`."""
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


def prints(process, words):
    """Whether the program prints a line with these words before it ends."""
    return any(words in line for line in process.stderr)


@pytest.mark.parametrize("clock", ["wall", "granted"])
def test_it_prints_that_the_broker_is_lost_and_back(program, mosquitto, clock):
    process = program(mosquitto.host, mosquitto.port, "--clock", clock)
    where = f"{mosquitto.host}:{mosquitto.port}"
    assert prints(process, f"controller: connected to {where}")
    mosquitto.stop()
    assert prints(process, f"controller: lost the broker {where}: trying again")
    mosquitto.start()
    assert prints(process, f"controller: connected to {where} again")


@pytest.mark.parametrize("answer", [b"", ACCEPTED + LISTENING], ids=["a mute broker", "a slow broker"])
def test_stopped_while_it_connects_it_sends_no_command(program, answer):
    with socket.create_server(("127.0.0.1", 0)) as server:
        process = program(*server.getsockname())
        connection = server.accept()[0]
        with connection:
            assert b"FS_Ctl" in connection.recv(1024)
            process.send_signal(STOPS[0])
            assert prints(process, "controller: stopping")
            with contextlib.suppress(ConnectionError):  # The program may have ended already.
                connection.sendall(answer)
                assert b"conveyor" not in b"".join(iter(lambda: connection.recv(1024), b""))
        rest = process.stderr.read()
    assert process.wait() == 0
    assert "belt" not in rest


def test_started_before_its_broker_it_waits_for_it(program, mosquitto):
    mosquitto.stop()
    process, where = program(mosquitto.host, mosquitto.port), f"{mosquitto.host}:{mosquitto.port}"
    assert prints(process, f"controller: waiting for the broker {where}")
    mosquitto.start()
    assert prints(process, f"controller: connected to {where}")


def test_stopped_while_it_waits_for_its_broker_it_exits_with_0(program):
    with socket.socket() as bound:  # Bound but not listening: connections are refused.
        bound.bind(("127.0.0.1", 0))
        process = program(*bound.getsockname())
        assert prints(process, "controller: waiting for the broker")
        process.send_signal(STOPS[0])
        assert process.wait() == 0


@contextlib.contextmanager
def answering(*answers):
    """A broker that sends each client these answers, one for each thing that the client sends; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection = server.accept()[0]
                    with connection, contextlib.suppress(ConnectionError):
                        for answer in answers:
                            connection.recv(1024)
                            connection.sendall(answer)
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

        serving = threading.Thread(target=serve)
        serving.start()
        yield server.getsockname()[:2]
        server.shutdown(socket.SHUT_RDWR)
    serving.join()


def test_a_subscription_that_is_refused_is_no_connection(program):
    with answering(ACCEPTED, b"\x90\x03\x00\x01\x80") as address:
        process = program(*address)
        printed = process.stderr.read()
        assert process.wait() == 2
    assert printed.splitlines()[-1].endswith("it refuses to send bb; this client must be allowed to read that")
    assert "connected" not in printed


def test_a_port_that_does_not_speak_tls_is_not_waited_for(program):
    with answering(b"") as address:
        process = program(*address, "--tls")
        printed = process.stderr.read()
        assert process.wait() == 2
    assert "this port must speak TLS" in printed


def test_of_two_clients_with_one_name_the_likely_reason_is_reported_once(monkeypatch):
    printed = []
    news = ConnectionNews(printed.append)
    connection = Connection(Address(host="127.0.0.1", port=1883, client_id="FS_Ctl"))
    news.tell(connection, Sign.LOST)
    for _ in range(20):
        news.tell(connection, Sign.BACK)
        news.tell(connection, Sign.LOST)
    assert [line for line in printed if "is another program connected as 'FS_Ctl'?" in line] == printed[-1:]
    assert len(printed) == 2 * MANY_LOSSES + 1
    news.tell(connection, Sign.BACK)
    monkeypatch.setattr(wall_clock, "wall_s", lambda: wall_s() + 2 * SOON_S)  # It stays.
    for _ in range(2):
        news.tell(connection, Sign.MESSAGE)
    assert printed[2 * MANY_LOSSES + 1 :] == ["connected to 127.0.0.1:1883 again"]
