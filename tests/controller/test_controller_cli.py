"""The command `controller run`: bad input ends in one line and exit code 2; options reach settings and address."""

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
"""The byte 0xff of a command line as Python decodes it."""


def refusal(*options):
    result = CliRunner().invoke(app, ["run", "--recognizer", "oracle", *options])
    assert result.exit_code == 2, result.output
    return result.output.strip()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--in-flight", "0"], "in_flight must be auto or 1 or more, got 0"),
        (["--in-flight", "many"], "--in-flight must be auto or an integer of 1 or more, got 'many'"),
        (["--recognizer", "resnet51"], "recognizer must be resnet, oracle, or the http(s) URL"),
        (["--broker", "host:0"], "--broker must be HOST, HOST:PORT, [IPv6] or [IPv6]:PORT, with a port"),
        (["--broker", "::1"], "--broker must be HOST, HOST:PORT, [IPv6]"),
        (["--broker", "host:"], "--broker"),
        (["--broker", ":1883"], "--broker"),
        (["--broker", "1:2:3"], "--broker"),
        (["--keep-alive", "0"], "keep_alive_s must be 1 to 65535, got 0"),
        (["--client-id", ""], "client_id"),
        (["--config", "nowhere.toml"], "--config must be a TOML file that can be read"),
        (["--tls", "--ca-file", "nowhere.pem"], "TLS: No such file or directory: nowhere.pem"),
        (["--ca-file", "ca.pem"], "ca_file must be left out without tls, got 'ca.pem'"),
        (["--cert", "cert.pem"], "cert_file must be left out without tls, got 'cert.pem'"),
        (["--key", "key.pem"], "key_file must be left out without tls, got 'key.pem'"),
        (["--tls", "--key", "key.pem"], "key_file must be left out without cert_file, got 'key.pem'"),
        (["--username", NO_TEXT], r"username must be 0 to 65535 bytes of UTF-8"),
        (["--client-id", NO_TEXT], r"client_id must be 1 to 65535 bytes of UTF-8"),
        (["--username", "x", "--password-file", "nowhere"], "--password-file"),
        (
            ["--broker", "192.0.2.1", "--username", "x"],
            "--username must be left out, or given with --tls or --insecure",
        ),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(options, words):
    output = refusal(*options)
    assert words in output
    assert "\n" not in output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("speed = 3", "line.toml: a key must be one of in_flight, items, confidence_threshold"),
        ("in_fligth = 3", "(did you mean in_flight?), got 'in_fligth'"),
        ("gates = '3'", "gates must be an integer, got '3'"),
        ("in_flight = 'AUTO'", "in_flight must be an integer or auto, got 'AUTO'"),
        ("confidence_threshold = 2", "confidence_threshold must be 0 to 1, got 2.0"),
        ("feedback_topic = 'b/#'", "feedback_topic must be a topic without wildcards"),
        (f"feedback_topic = '{'b' * 70_000}'", "must be 1 to 65535 bytes of UTF-8"),
        (f"commands_topic = '{'ä' * 35_000}'", "must be 1 to 65535 bytes of UTF-8"),
        (f"username = '{'x' * 70_000}'", "must be 0 to 65535 bytes of UTF-8"),
        ('commands_topic = "a\\u0000"', r"commands_topic must be 1 to 65535 bytes of UTF-8, and no NUL"),
        ("ca_file = 'ca.pem'", "ca_file must be left out without tls, got 'ca.pem'"),
        ("password = 'x'", "got 'password'"),
        ("gates = ", "a TOML file (Invalid value"),
        ("gates = " + "[" * 10_000, "a TOML file (maximum recursion"),
        ("bins = {ripe = 9}", "bins.ripe must be 2 to 4"),
    ],
)
def test_an_invalid_settings_file_is_named_in_one_line(tmp_path, text, words):
    file = tmp_path / "line.toml"
    file.write_text(text, encoding="utf-8")
    output = refusal("--config", str(file))
    assert words in output
    assert "\n" not in output
    assert len(output) < 1000


def test_a_password_that_cannot_be_sent_is_refused_and_not_shown(monkeypatch):
    monkeypatch.setenv("CONTROLLER_PASSWORD", "secret" * 12_000)
    output = refusal("--username", "x")
    assert "password must be 0 to 65535 bytes of UTF-8, and no NUL, got '***'" in output
    assert "secret" not in output


def test_a_broker_whose_name_cannot_be_resolved_is_one_line():
    assert "broker nowhere.invalid:21883: " in refusal("--broker", "nowhere.invalid")


def test_options_override_the_settings_file(tmp_path):
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


@pytest.mark.parametrize("options", ["", "--verbose"])
def test_each_message_is_logged_only_if_asked_for(options):
    command = f"{PROGRAM} --recognizer oracle --items 1 {options}"
    run = simulate(Scenario(items=ItemDraw(count=1)), link="hosted", controller=ExternalController(command))
    assert run.ok
    assert ('payload={"conveyor":"run"}' in run.output) is bool(options)
    assert ('payload={"first_switch":true}' in run.output) is bool(options)


@pytest.mark.broker
@pytest.mark.parametrize("in_flight", [1, "auto"])
def test_the_program_in_lockstep_gives_the_digest_of_the_memory_link(in_flight):
    scenario = Scenario(seed=3, items=ItemDraw(count=12), controller=settings_for(Layout(), in_flight=in_flight))
    command = f"{PROGRAM} --clock granted --recognizer oracle --in-flight {in_flight}"
    run = simulate(scenario, link="lockstep", controller=ExternalController(command))
    assert run.violations == []
    assert run.summary.digest == simulate(scenario).summary.digest
