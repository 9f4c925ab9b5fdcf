"""Real brokers for the tests that need one, each on a port of its own; and Ctrl-C as in the foreground."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from twin.broker.embedded import EmbeddedBroker

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell has its background jobs ignore Ctrl-C, and so would every program that a test starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Mosquitto:
    """mosquitto as a process, with the same door as the embedded broker; it can be stopped and started again."""

    host = "127.0.0.1"

    def __init__(self, program, folder):
        with socket.socket() as probe:
            probe.bind((self.host, 0))
            self.port = probe.getsockname()[1]
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} {self.host}\nallow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 0\n"
        )
        self._command = [program, "-c", str(config)]
        self._process = None

    def start(self):
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE)
        for line in self._process.stderr:
            if b"running" in line:
                return
        raise AssertionError(f"mosquitto ended with exit code {self._process.wait()}")

    def restart(self, *lines):
        """With these further lines in its configuration."""
        self.stop()
        config = Path(self._command[-1])
        config.write_text("\n".join([config.read_text(), *lines, ""]))
        self.start()

    def stop(self):
        """As a power cut would."""
        self._process.kill()
        self._process.communicate()


def a_mosquitto(folder):
    places = (os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin")  # Debian's is on root's PATH only.
    program = shutil.which("mosquitto", path=os.pathsep.join(places))
    if program is None:
        pytest.skip("mosquitto is not installed (Debian's package mosquitto)")
    broker = Mosquitto(program, folder)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def mosquitto(tmp_path_factory):
    """A mosquitto that runs, where it is installed."""
    yield from a_mosquitto(tmp_path_factory.mktemp("mosquitto"))


@pytest.fixture
def another_mosquitto(tmp_path_factory):
    """A second one, for a second line."""
    yield from a_mosquitto(tmp_path_factory.mktemp("mosquitto"))


@pytest.fixture
def embedded():
    """The embedded broker."""
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture(params=["embedded", "mosquitto"], ids=["amqtt", "mosquitto"])
def broker(request):
    """A broker that runs: the embedded one, and mosquitto where it is installed."""
    return request.getfixturevalue(request.param)
