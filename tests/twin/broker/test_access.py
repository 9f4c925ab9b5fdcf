"""Access to the embedded broker over real sockets: passwords, certificates, topics."""

import os
import queue
import shutil
import subprocess
import sys
import threading
from functools import partial

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from support.real_time import undisturbed

from controller.errors import BrokerError as ControllersBrokerError
from controller.mqtt import Address, Connection
from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.broker.access import Access, read_passwords
from twin.broker.amqtt_patches import Listener
from twin.broker.embedded import EmbeddedBroker
from twin.errors import FileError, TwinError

pytestmark = pytest.mark.broker
BY_MOSQUITTO_PASSWD = (
    "line:$7$101$WrBT3mnPpCJflrKN$"
    "buzhp2W5aNgRJ2I1NsT+PmRvo61ZdHFAKTI3HJEDr6a7LV7Vo0H9inTsCqsL+N8oIywb0GnrCfxM7WH971sQ3A=="
)
"""Written by `mosquitto_passwd -b -c FILE line "open sesame"` (mosquitto 2)."""


def connected(broker, **options):
    """A connection of the controller, accepted by the broker."""
    connection = Connection(Address(host=broker.host, port=broker.port, **options))
    connection.open()
    return connection


@pytest.fixture(params=["plain", "hashed"])
def passwords(request, tmp_path):
    path = tmp_path / "passwords"
    path.write_text("other:x\n\n" + {"plain": "line:open sesame", "hashed": BY_MOSQUITTO_PASSWD}[request.param] + "\n")
    return read_passwords(path)


def test_only_clients_with_the_right_password_connect(passwords):
    with EmbeddedBroker(access=Access(passwords=passwords)) as broker:
        connected(broker, username="line", password="open sesame").close()
        for wrong in (
            {"username": "line", "password": "open"}, {"username": "line", "password": "x"},
            {"username": "nobody", "password": ""}, {"username": "nobody", "password": "x"}, {},
        ):  # fmt: skip
            with pytest.raises(ControllersBrokerError, match="Not authorized"):
                connected(broker, **wrong)


def test_a_client_with_a_wrong_password_cannot_replace_another():
    with EmbeddedBroker(access=Access(passwords={"line": "secret"})) as broker:
        controller = connected(broker, username="line", password="secret")
        with pytest.raises(ControllersBrokerError):
            connected(broker, username="line", password="guess")
        assert controller.next(0.3) is None  # Neither lost nor reconnected.
        assert controller.connected
        controller.close()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("line\n", "line 1 must be NAME:PASSWORD"),
        ("a:b\n:secret\n", "line 2"),
        ("line:$7$101$salt\n", "line 1"),
        ("line:$7$100000000000$c2FsdA==$c2FsdA==\n", "line 1"),
        ("", "must have lines NAME:PASSWORD, got none"),
    ],
)
def test_a_bad_password_file_gives_an_error_of_one_line(text, words, tmp_path):
    path = tmp_path / "passwords"
    path.write_text(text)
    with pytest.raises(FileError, match=words):
        read_passwords(path)


def test_a_missing_password_file_gives_an_error_of_one_line(tmp_path):
    with pytest.raises(FileError, match="passwords: No such file"):
        read_passwords(tmp_path / "passwords")


@pytest.fixture
def certificate(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, which makes the certificate")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    request = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run([*request.split(), "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def test_with_a_certificate_connections_are_encrypted(certificate):
    cert, key = certificate
    with EmbeddedBroker(access=Access(cert_file=cert, key_file=key)) as broker:
        connected(broker, tls=True, ca_file=str(cert)).close()
        with pytest.raises(ControllersBrokerError):
            connected(broker)


def test_a_certificate_without_its_key_is_refused(tmp_path):
    with pytest.raises(TwinError, match="given together"):
        Access(cert_file=tmp_path / "cert.pem")


def test_with_strict_topics_no_client_publishes_as_plant_or_clock():
    received = queue.Queue()
    with EmbeddedBroker(access=Access(strict_topics=True)) as broker:
        broker.listen(Listener(frozenset({"aa", "bb", "twin/clock/grant"}), received.put))
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="stranger", protocol=mqtt.MQTTv311)
        ready = threading.Event()
        client.on_connect = lambda *_: ready.set()
        client.connect(broker.host, broker.port)
        client.loop_start()
        assert ready.wait(5)
        for topic in ("bb", "twin/clock/grant", "aa"):
            client.publish(topic, b"x")
        assert received.get(timeout=5) == [("aa", b"x")]
        client.disconnect()
        client.loop_stop()
        del client


def no_crash(run):
    assert "crash" not in {violation.check for violation in run.violations}


def the_item_is_in_its_bin(run):
    assert (run.summary.correct, run.violations) == (1, [])


@pytest.mark.slow
@pytest.mark.realtime
def test_with_strict_topics_the_plant_still_publishes():
    scenario = Scenario(items=ItemDraw(count=1), controller=settings_for(Layout(), items=1))
    with EmbeddedBroker(access=Access(strict_topics=True)) as broker:
        undisturbed(
            partial(simulate, scenario, link="realtime", broker=broker), always=no_crash, in_time=the_item_is_in_its_bin
        )


def serve(*options):
    return subprocess.run(
        [sys.executable, "-m", "twin", "serve", "--port", "0", "--items", "0", *options],
        check=False, capture_output=True, text=True,
        env={"PATH": "", "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")},  # Windows opens no socket without the latter.
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], "--host must be a loopback address"),
        (["--username", "line"], "--username must be given with its password in TWIN_PASSWORD"),
        (["--tls-cert", "cert.pem"], "given together"),
        (["--tls-cert", "no.pem", "--tls-key", "no.pem"], "no.pem"),
    ],
)
def test_serve_refuses_unsafe_options_in_one_line(options, words):
    run = serve(*options)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert words in run.stderr


def test_serve_listens_to_other_machines_with_insecure():
    assert serve("--host", "0.0.0.0", "--insecure").returncode == 0


@pytest.mark.parametrize("wrong", ["missing", "no certificate", "another key"])
def test_files_that_are_no_certificate_and_its_key_are_named(wrong, certificate, tmp_path):
    cert, key = certificate
    if wrong == "missing":
        key = tmp_path / "none.pem"
    else:
        cert = tmp_path / "text.pem"
        cert.write_text("text" if wrong == "no certificate" else key.read_text())
    with pytest.raises(TwinError, match=r"--tls-cert, --tls-key must be a certificate and its key .* got .*\.pem"):
        Access(cert_file=cert, key_file=key)


def test_a_key_with_a_passphrase_is_refused_and_asks_nobody(certificate, tmp_path):
    cert, key = certificate
    locked = tmp_path / "locked.pem"
    words = ["openssl", "rsa", "-aes256", "-passout", "pass:secret", "-in", key, "-out", locked]
    subprocess.run(words, check=True, capture_output=True)
    with pytest.raises(TwinError, match="without a passphrase"):
        Access(cert_file=cert, key_file=locked)
