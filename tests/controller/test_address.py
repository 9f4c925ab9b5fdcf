"""A broker's address: parsing, printing, and one-line errors."""

import pytest

from controller.address import address_text, is_loopback, parse_address
from controller.errors import SettingsError

ADDRESSES = [("127.0.0.1", 1), ("line-3.local", 21883), ("::1", 1883), ("fe80::1", 65535)]


@pytest.mark.parametrize(("host", "port"), ADDRESSES)
def test_a_printed_address_parses_to_the_same_address(host, port):
    assert parse_address(address_text(host, port)) == (host, port)


def test_an_ipv6_host_stands_in_brackets():
    assert address_text("::1", 1883) == "[::1]:1883"


REFUSED = [
    "", ":1883", "host:", "host:0", "host:65536", "host:-1", "host:x", "host:１", "::1:1883", "::1",
    "[::1]:", "[host]:1883", "[]:1883", "[::1:1883", "::1]:1883", "mqtt://host:1883", "ho st:1883", "host:1883\n",
]  # fmt: skip


@pytest.mark.parametrize("text", [*REFUSED, "nowhere", "[::1]"])
def test_a_malformed_address_is_refused_in_one_line(text):
    with pytest.raises(SettingsError) as refused:
        parse_address(text)
    must = "must be HOST:PORT or [IPv6]:PORT, with a port from 1 to 65535"
    assert str(refused.value) == f"--broker {must}, got {text!r}"


@pytest.mark.parametrize("text", REFUSED)
def test_a_malformed_address_is_refused_with_a_default_port_too(text):
    with pytest.raises(SettingsError) as refused:
        parse_address(text, "--scheduler", default_port=21883)
    must = "must be HOST, HOST:PORT, [IPv6] or [IPv6]:PORT, with a port from 1 to 65535"
    assert str(refused.value) == f"--scheduler {must}, got {text!r}"


@pytest.mark.parametrize(("text", "host"), [("host", "host"), ("[::1]", "::1")])
def test_a_host_alone_gets_the_default_port(text, host):
    assert parse_address(text, default_port=21883) == (host, 21883)


@pytest.mark.parametrize(
    ("host", "loopback"), [("::1", True), ("127.3.2.1", True), ("localhost", True), ("10.0.0.1", False)]
)
def test_loopback_addresses_are_recognised(host, loopback):
    assert is_loopback(host) == loopback
