"""A broker's address: what is taken, what is printed, and what is refused in one line."""

import pytest

from controller.address import address_text, parse_address
from controller.errors import SettingsError

ADDRESSES = [("127.0.0.1", 1), ("line-3.local", 21883), ("::1", 1883), ("fe80::1", 65535)]


@pytest.mark.parametrize(("host", "port"), ADDRESSES)
def test_an_address_that_is_printed_can_be_given(host, port):
    assert parse_address(address_text(host, port)) == (host, port)


def test_an_ipv6_host_stands_in_brackets():
    assert address_text("::1", 1883) == "[::1]:1883"


REFUSED = [
    "", ":1883", "host:", "host:0", "host:65536", "host:-1", "host:x", "host:１", "::1:1883", "::1",
    "[::1]:", "[host]:1883", "[]:1883", "[::1:1883", "::1]:1883", "mqtt://host:1883", "ho st:1883", "host:1883\n",
]  # fmt: skip


@pytest.mark.parametrize("text", [*REFUSED, "nowhere", "[::1]"])
def test_what_is_no_address_is_refused_with_what_is_allowed(text):
    with pytest.raises(SettingsError) as refused:
        parse_address(text)
    allowed = "allowed is HOST:PORT or [IPv6]:PORT, with a port from 1 to 65535"
    assert str(refused.value) == f"--broker = {text!r}: {allowed}"


@pytest.mark.parametrize("text", REFUSED)
def test_where_the_port_may_be_left_out_the_rest_is_refused_all_the_same(text):
    with pytest.raises(SettingsError) as refused:
        parse_address(text, "--scheduler", default_port=21883)
    allowed = "allowed is HOST, HOST:PORT, [IPv6] or [IPv6]:PORT, with a port from 1 to 65535"
    assert str(refused.value) == f"--scheduler = {text!r}: {allowed}"


@pytest.mark.parametrize(("text", "host"), [("host", "host"), ("[::1]", "::1")])
def test_a_host_alone_is_taken_where_there_is_a_usual_port(text, host):
    assert parse_address(text, default_port=21883) == (host, 21883)
