"""Programs that are not ours, behind a wrapper script: whoever it started ends with it."""

import signal
import socket
import subprocess
import sys

import pytest

from twin.foreign import Foreign

SOON_S = 10.0
CONTROLLER = """
import signal, socket, sys
twin = socket.create_connection((sys.argv[1], int(sys.argv[2])))
if sys.argv[3] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if sys.argv[3] == "polite":
    signal.signal(signal.SIGTERM, lambda *_: (twin.send(b"!"), sys.exit()))
twin.send(b"?")
twin.recv(1)
"""
TWIN = """
import sys
from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.foreign import Foreign
scenario = Scenario(items=ItemDraw(count=9), controller=settings_for(Layout()))
simulate(scenario, link="realtime", controller=Foreign(sys.argv[1]), patient=True)
"""


@pytest.fixture
def line():
    """Where the controller connects to; its end is the connection's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(SOON_S)
        yield server


@pytest.fixture
def command(tmp_path, line):
    """A wrapper script that starts a controller, and waits for it, or lets it alone."""
    controller, wrapper = tmp_path / "controller.py", tmp_path / "wrapper.sh"
    controller.write_text(CONTROLLER)
    wrapper.write_text(f'{sys.executable} {controller} "$1" "$2" "$3" &\n$4\n')
    host, port = line.getsockname()
    return lambda manner="", then="wait": f"bash {wrapper} {host} {port} '{manner}' {then}"


def connected(line):
    """The controller's connection, once it is at work."""
    connection = line.accept()[0]
    connection.settimeout(SOON_S)
    assert connection.recv(1) == b"?"
    return connection


def at_work(command):
    program = Foreign(command).at("", 0)
    program.start()
    return program


@pytest.mark.parametrize("then", ["wait", "true"], ids=["the wrapper waits", "the wrapper is over"])
@pytest.mark.parametrize("manner", ["", "deaf"])
@pytest.mark.parametrize("finish", [Foreign.end, Foreign.kill])
def test_whoever_a_wrapper_started_ends_with_it(command, line, finish, manner, then):
    program = at_work(command(manner, then))
    with connected(line) as connection:
        finish(program)
        assert connection.recv(1) == b""


def test_a_controller_behind_a_wrapper_is_asked_before_it_is_killed(command, line):
    program = at_work(command("polite"))
    with connected(line) as connection:
        program.end()
        assert connection.recv(1) == b"!"


@pytest.mark.broker
def test_interrupted_the_twin_ends_its_controller(command, line):
    with subprocess.Popen([sys.executable, "-c", TWIN, command()]) as twin, connected(line) as connection:
        twin.send_signal(signal.SIGINT)
        assert connection.recv(1) == b""
        assert twin.wait(SOON_S) == 0
