"""A broker's address, as a person writes it and reads it: HOST:PORT, an IPv6 host in brackets."""

import ipaddress
import re
from typing import Final

from twin.errors import TwinError

_WRITTEN: Final = re.compile(r"(?:\[(?P<ipv6>[^\]]+)\]|(?P<host>[^][:/\s]+)):(?P<port>[0-9]{1,5})")


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of HOST:PORT or [IPv6]:PORT. Raises `TwinError`."""
    written = _WRITTEN.fullmatch(text)
    if written is None or not 0 < int(written["port"]) < 65536 or not _is_ipv6(written["ipv6"] or "::"):
        raise TwinError(f"--broker = {text!r}: allowed is HOST:PORT or [IPv6]:PORT, with a port from 1 to 65535")
    return written["ipv6"] or written["host"], int(written["port"])


def address_text(host: str, port: int) -> str:
    """What `parse_address` takes, and any controller of ours."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True
