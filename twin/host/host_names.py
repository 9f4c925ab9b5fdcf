"""The names and addresses of hosts: each name that the program asks for has an address, and the twin gets the name."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

from .functions import built_in

_OWN = "localhost"
_OWN_ADDRESS = "127.0.0.1"
_HERE = (_OWN, "localhost.localdomain", "0.0.0.0", "", "::", "::1", socket.gethostname().lower())
"""The names of the program's own machine, beside the addresses 127.x."""


class HostNames:
    """Names with the addresses that were given to them."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def name(self, host: Any) -> str:
        """The name that an address was given to, or else the host itself."""
        return self._names.get(host, str(host))

    def is_here(self, host: str) -> bool:
        """Whether it is the program's own machine."""
        return host.startswith("127.") or host in _HERE

    def address(self, name: Any) -> str:
        """An address for a name, always the same one."""
        host: str = name.decode() if isinstance(name, bytes) else str(name or _OWN_ADDRESS)
        if host.replace(".", "").isdigit():
            return host
        if host in (_OWN, "::1"):
            return _OWN_ADDRESS
        known = [address for address, known in self._names.items() if known == host]
        address = known[0] if known else f"10.0.0.{len(self._names) + 1}"
        self._names[address] = host
        return address

    def install(self) -> None:
        """Replace what asks the system in `socket`."""
        socket.getaddrinfo = self._addresses
        socket.gethostbyname = self.address
        socket.gethostname = built_in(lambda: _OWN)
        socket.gethostbyname_ex = self._by_name
        socket.gethostbyaddr = self._by_address  # By which the real `getfqdn` finds a name.
        socket.getnameinfo = self._information

    def _by_name(self, hostname: Any) -> tuple[str, list[str], list[str]]:
        """As `socket.gethostbyname_ex`: no name has another one."""
        address = self.address(hostname)
        return self.name(hostname), [], [address]

    def _by_address(self, ip_address: Any) -> tuple[str, list[str], list[str]]:
        """As `socket.gethostbyaddr`. Raises `socket.herror` for an address that was given to no name."""
        address = self.address(ip_address)
        name = _OWN if self.is_here(address) else self.name(address)
        if name == address:
            raise socket.herror(1, "Unknown host")
        return name, [], [address]

    def _information(self, sockaddr: Any, flags: int) -> tuple[str, str]:
        """As `socket.getnameinfo`. Raises `socket.gaierror` if a name is asked for and there is none."""
        name, service = self.address(sockaddr[0]), str(sockaddr[1])
        if not flags & socket.NI_NUMERICHOST:
            try:
                name = self._by_address(name)[0]
            except socket.herror:
                if flags & socket.NI_NAMEREQD:
                    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
        if not flags & socket.NI_NUMERICSERV:
            with suppress(OSError):
                service = socket.getservbyport(sockaddr[1], "udp" if flags & socket.NI_DGRAM else "tcp")
        return name, service

    def _addresses(
        self, host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> list[Any]:
        """As `socket.getaddrinfo`: one address, of IPv4."""
        if family not in (0, socket.AF_INET):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        kind = socket.SocketKind(type or socket.SOCK_STREAM)
        number = {"http": 80, "https": 443}.get(port, port) if isinstance(port, str) else port
        protocol = socket.IPPROTO_TCP if kind == socket.SOCK_STREAM else socket.IPPROTO_UDP
        return [(socket.AF_INET, kind, int(protocol), "", (self.address(host), int(number or 0)))]
