"""A broker's address as text: HOST:PORT, with an IPv6 host in brackets."""

import ipaddress
import re
from typing import Final

from controller.errors import SettingsError

DEFAULT_PORT: Final = 21883
"""Where the FS simulator listens."""

_WRITTEN: Final = re.compile(r"(?:\[(?P<ipv6>[^\]]+)\]|(?P<host>[^][:/\s]+))(?::(?P<port>[0-9]{1,5}))?")


def parse_address(text: str, option: str = "--broker", *, default_port: int | None = None) -> tuple[str, int]:
    """Host and port of HOST:PORT or [IPv6]:PORT. With a `default_port` the text may leave the port out.

    Raises `SettingsError` that names the `option`.
    """
    written = _WRITTEN.fullmatch(text)
    port = None if written is None else written["port"] or default_port
    if written is None or port is None or not 0 < int(port) < 65536 or not _is_ipv6(written["ipv6"] or "::"):
        forms = "HOST:PORT or [IPv6]:PORT" if default_port is None else "HOST, HOST:PORT, [IPv6] or [IPv6]:PORT"
        raise SettingsError(option, text, f"{forms}, with a port from 1 to 65535")
    return written["ipv6"] or written["host"], int(port)


def address_text(host: str, port: int) -> str:
    """The text of an address, as `parse_address` reads it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can be reached, or can reach, at this host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True
