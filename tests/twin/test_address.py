"""A broker's address: what is taken, what is printed, and what is refused in one line."""

import pytest

from twin.address import address_text, parse_address
from twin.errors import TwinError

ADDRESSES = [("127.0.0.1", 1), ("line-3.local", 21883), ("::1", 1883), ("fe80::1", 65535)]


@pytest.mark.parametrize(("host", "port"), ADDRESSES)
def test_an_address_that_is_printed_can_be_given(host, port):
    assert parse_address(address_text(host, port)) == (host, port)


def test_an_ipv6_host_stands_in_brackets():
    assert address_text("::1", 1883) == "[::1]:1883"


REFUSED = [
    "", "nowhere", ":1883", "host:", "host:0", "host:65536", "host:-1", "host:x", "host:１", "::1:1883", "[::1]",
    "[::1]:", "[host]:1883", "[]:1883", "[::1:1883", "::1]:1883", "mqtt://host:1883", "ho st:1883", "host:1883\n",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_address_is_refused_with_what_is_allowed(text):
    with pytest.raises(
        TwinError, match=r"allowed is HOST:PORT or \[IPv6\]:PORT, with a port from 1 to 65535"
    ) as refused:
        parse_address(text)
    assert repr(text) in str(refused.value)
