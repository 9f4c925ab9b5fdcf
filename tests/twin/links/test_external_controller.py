"""External controllers behind a wrapper script: every process that the script starts ends with the program."""

import socket
import sys

import pytest
from support.programs import PYTHON, STOPS, stoppable

from twin.links.external_controller import ExternalController

SOON_S = 10.0
CONTROLLER = """
import contextlib, signal, socket, sys
from controller.system import END_SIGNALS
twin = socket.create_connection((sys.argv[1], int(sys.argv[2])))
for number in END_SIGNALS:
    if sys.argv[3] == "ignores":
        signal.signal(number, signal.SIG_IGN)
    if sys.argv[3] == "answers":
        signal.signal(number, lambda *_: (twin.send(b"!"), sys.exit()))
twin.send(b"?")
twin.settimeout(0.1)  # On Windows a signal is handled only between two waits.
while True:
    with contextlib.suppress(TimeoutError):
        twin.recv(1)
        break
"""
WRAPPER = """
import subprocess, sys
started = subprocess.Popen([sys.executable, *sys.argv[1:5]])
if sys.argv[5] == "waits":
    started.wait()
"""
TWIN = """
import signal, sys
from controller.system import END_SIGNALS
from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.links.external_controller import ExternalController
scenario = Scenario(items=ItemDraw(count=9), controller=settings_for(Layout()))
for number in END_SIGNALS:
    signal.signal(number, signal.default_int_handler)
simulate(scenario, link="realtime", controller=ExternalController(sys.argv[1]))
"""


@pytest.fixture
def line():
    """The server to which the controller connects. The connection closes when the controller ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(SOON_S)
        yield server


@pytest.fixture
def command(tmp_path, line):
    """The command line of a wrapper script that starts a controller, and waits for it or ends at once."""
    controller, wrapper = tmp_path / "program.py", tmp_path / "wrapper.py"
    controller.write_text(CONTROLLER, encoding="utf-8")
    wrapper.write_text(WRAPPER, encoding="utf-8")
    host, port = line.getsockname()
    words = f"{PYTHON} {wrapper.as_posix()} {controller.as_posix()} {host} {port}"
    return lambda on_signal="default", then="waits": f"{words} {on_signal} {then}"


def connected(line):
    """The controller's connection, once the controller runs."""
    connection = line.accept()[0]
    connection.settimeout(SOON_S)
    assert connection.recv(1) == b"?"
    return connection


def started(command):
    program = ExternalController(command).at("", 0)
    program.start()
    return program


@pytest.mark.parametrize("then", ["waits", "leaves"], ids=["the wrapper waits", "the wrapper has ended"])
@pytest.mark.parametrize("on_signal", ["default", "ignores"])
@pytest.mark.parametrize("finish", [ExternalController.end, ExternalController.kill])
def test_a_controller_started_by_a_wrapper_ends_with_the_program(command, line, finish, on_signal, then):
    program = started(command(on_signal, then))
    with connected(line) as connection:
        finish(program)
        assert connection.recv(1) == b""


def test_a_controller_behind_a_wrapper_is_asked_before_it_is_killed(command, line):
    program = started(command("answers"))
    with connected(line) as connection:
        program.end()
        assert connection.recv(1) == b"!"


@pytest.mark.broker
def test_an_interrupted_twin_ends_its_controller(command, line):
    with stoppable([sys.executable, "-c", TWIN, command()]) as twin:
        try:
            with connected(line) as connection:
                twin.send_signal(STOPS[0])
                assert connection.recv(1) == b""
            assert twin.wait(SOON_S) == 0
        finally:
            twin.kill()
