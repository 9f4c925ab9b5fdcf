"""Brokers to disturb: the embedded one, and mosquitto where it is installed."""

import shutil
import socket
import subprocess

import pytest

from twin.broker import EmbeddedBroker


class Mosquitto:
    """A mosquitto of its own on a free port of loopback."""

    def __init__(self, program, folder):
        self.host = "127.0.0.1"
        with socket.socket() as probe:
            probe.bind((self.host, 0))
            self.port = probe.getsockname()[1]
        config = folder / "mosquitto.conf"
        config.write_text(f"listener {self.port} {self.host}\nallow_anonymous true\nset_tcp_nodelay true\n")
        self._command = [program, "-c", str(config)]

    def start(self):
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE)
        for line in self._process.stderr:
            if b"running" in line:
                return
        raise AssertionError(f"mosquitto ended with exit code {self._process.wait()}")

    def stop(self):
        self._process.kill()
        self._process.communicate()


@pytest.fixture(params=["amqtt", "mosquitto"])
def broker(request, tmp_path):
    if request.param == "amqtt":
        broker = EmbeddedBroker()
    else:
        program = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
        if program is None:
            pytest.skip("mosquitto is not installed (Debian's package mosquitto)")
        broker = Mosquitto(program, tmp_path)
    broker.start()
    yield broker
    broker.stop()
