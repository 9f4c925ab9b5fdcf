"""The command `controller run`: what it refuses, in one line and exit code 2, and what it passes on."""

import socket

import pytest
from support.programs import PYTHON
from typer.testing import CliRunner

from controller import configuration
from controller.cli import app
from controller.errors import SettingsError
from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.links.external_controller import ExternalController

PROGRAM = f"{PYTHON} -m controller run --broker {{host}}:{{port}}"


NO_TEXT = "\udcff"
"""What Python makes of the byte 0xff on a command line."""


@pytest.fixture
def nobody():
    """HOST:PORT where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{probe.getsockname()[1]}"


def refusal(*options):
    result = CliRunner().invoke(app, ["run", "--recognizer", "oracle", *options])
    assert result.exit_code == 2, result.output
    return result.output.strip()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--in-flight", "0"], "in_flight = 0: allowed is auto, or 1 or more"),
        (["--in-flight", "many"], "--in-flight = 'many': allowed is auto, or a number"),
        (["--recognizer", "resnet51"], "recognizer = 'resnet51': allowed is resnet, oracle, or the http(s) URL"),
        (["--broker", "host:0"], "--broker = 'host:0': allowed is HOST, HOST:PORT, [IPv6] or [IPv6]:PORT, with a port"),
        (["--broker", "::1"], "--broker = '::1': allowed is HOST, HOST:PORT, [IPv6]"),
        (["--broker", "host:"], "--broker"),
        (["--broker", ":1883"], "--broker"),
        (["--broker", "1:2:3"], "--broker"),
        (["--keep-alive", "0"], "keep_alive_s = 0: allowed is 1 to 65535"),
        (["--client-id", ""], "client_id"),
        (["--config", "nowhere.toml"], "--config = 'nowhere.toml': allowed is a TOML file that can be read"),
        (["--tls", "--ca-file", "nowhere.pem"], "TLS: No such file or directory: nowhere.pem"),
        (["--ca-file", "ca.pem"], "ca_file = 'ca.pem': allowed is only with tls"),
        (["--cert", "cert.pem"], "cert_file = 'cert.pem': allowed is only with tls"),
        (["--key", "key.pem"], "key_file = 'key.pem': allowed is only with tls"),
        (["--tls", "--key", "key.pem"], "key_file = 'key.pem': allowed is only with cert_file"),
        (["--username", NO_TEXT], r"username = '\udcff': allowed is 0 to 65535 bytes of UTF-8"),
        (["--client-id", NO_TEXT], r"client_id = '\udcff': allowed is 1 to 65535 bytes of UTF-8"),
        (["--username", "x", "--password-file", "nowhere"], "--password-file"),
        (["--broker", "192.0.2.1", "--username", "x"], "only with --tls to another machine, or with --insecure"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(options, words):
    output = refusal(*options)
    assert words in output
    assert "\n" not in output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("speed = 3", "line.toml: key = 'speed': allowed is one of the keys in_flight, items, confidence_threshold"),
        ("in_fligth = 3", "; did you mean in_flight?"),
        ("gates = '3'", "gates = '3': allowed is int"),
        ("in_flight = 'AUTO'", "in_flight = 'AUTO': allowed is int, auto"),
        ("confidence_threshold = 2", "confidence_threshold = 2"),
        ("feedback_topic = 'b/#'", "feedback_topic = 'b/#': allowed is a topic without wildcards"),
        (f"feedback_topic = '{'b' * 70_000}'", "...: allowed is 1 to 65535 bytes of UTF-8"),
        (f"commands_topic = '{'ä' * 35_000}'", "...: allowed is 1 to 65535 bytes of UTF-8"),
        (f"username = '{'x' * 70_000}'", "...: allowed is 0 to 65535 bytes of UTF-8"),
        ('commands_topic = "a\\u0000"', r"commands_topic = 'a\x00': allowed is 1 to 65535 bytes of UTF-8, and no NUL"),
        ("ca_file = 'ca.pem'", "ca_file = 'ca.pem': allowed is only with tls"),
        ("password = 'x'", "key = 'password'"),
        ("gates = ", "a TOML file (Invalid value"),
        ("gates = " + "[" * 10_000, "a TOML file (maximum recursion"),
        ("bins = {ripe = 9}", "bins.ripe = 9: allowed is 2 to 4"),
    ],
)
def test_a_settings_file_that_does_not_fit_is_named_in_one_line(tmp_path, text, words):
    file = tmp_path / "line.toml"
    file.write_text(text, encoding="utf-8")
    output = refusal("--config", str(file))
    assert words in output
    assert "\n" not in output
    assert len(output) < 1000


def test_a_password_that_cannot_be_sent_is_refused_and_not_shown(monkeypatch):
    monkeypatch.setenv("CONTROLLER_PASSWORD", "secret" * 12_000)
    output = refusal("--username", "x")
    assert "password = '***': allowed is 0 to 65535 bytes of UTF-8" in output
    assert "secret" not in output


def test_a_broker_that_is_not_there_is_one_line(nobody):
    assert f"broker {nobody}" in refusal("--broker", nobody)


def test_options_go_over_the_file(tmp_path):
    file = tmp_path / "line.toml"
    file.write_text("in_flight = 3\nitems = 7\nrod_stroke_s = 0.25\nkeep_alive_s = 20\nclient_id = 'line'\n")
    found = configuration.read(file)
    settings = configuration.settings_of(found, in_flight="auto", items=None)
    assert (settings.in_flight, settings.items, settings.rod_stroke_s) == ("auto", 7, 0.25)
    address = configuration.address_of(found, "host", insecure=False, keep_alive_s=5)
    assert (address.host, address.port, address.keep_alive_s, address.client_id) == ("host", 21883, 5, "line")


@pytest.mark.parametrize(
    ("broker", "place"),
    [
        ("host", ("host", 21883)), ("host:1883", ("host", 1883)), ("[::1]:1883", ("::1", 1883)),
        ("[::1]", ("::1", 21883)), ("10.0.0.1:1", ("10.0.0.1", 1)),
    ],
)  # fmt: skip
def test_the_broker_is_a_host_with_or_without_a_port(broker, place):
    address = configuration.address_of({}, broker, insecure=False)
    assert (address.host, address.port) == place


@pytest.mark.parametrize("broker", ["localhost", "127.0.0.1:1", "[::1]:1"])
def test_credentials_may_go_unencrypted_to_this_machine_only(broker):
    assert configuration.address_of({}, broker, insecure=False, username="x").username == "x"
    with pytest.raises(SettingsError, match="--tls"):
        configuration.address_of({}, "host", insecure=False, username="x")
    assert configuration.address_of({}, "host", insecure=False, username="x", tls=True).tls
    assert configuration.address_of({}, "host", insecure=True, username="x").username == "x"


def test_the_password_comes_from_a_file_or_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("CONTROLLER_PASSWORD", "of the environment")
    file = tmp_path / "password"
    file.write_bytes(b"of the file\r\n")
    assert configuration.password_of(file) == "of the file"
    assert configuration.password_of(None) == "of the environment"


@pytest.mark.broker
@pytest.mark.parametrize("in_flight", [1, "auto"])
def test_the_program_under_a_granted_clock_does_the_same_as_the_core_in_memory(in_flight):
    scenario = Scenario(seed=3, items=ItemDraw(count=12), controller=settings_for(Layout(), in_flight=in_flight))
    command = f"{PROGRAM} --clock granted --recognizer oracle --in-flight {in_flight}"
    run = simulate(scenario, link="lockstep", controller=ExternalController(command))
    assert run.violations == []
    assert run.summary.digest == simulate(scenario).summary.digest
