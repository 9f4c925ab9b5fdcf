"""Who may connect to the embedded broker, how, and on which topics a client may publish."""

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from controller import wire
from twin.errors import FileError, TwinError

CLOCK: Final = "twin/clock/"
HASHED: Final = "$7$"
"""PBKDF2 with SHA-512, as `mosquitto_passwd` writes it: `$7$ITERATIONS$SALT$HASH`, the last two in base64."""

MOST_ITERATIONS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """`passwords` by user name, plain or hashed; none: everybody may connect. With `cert_file` and `key_file` (PEM)
    connections are encrypted. `strict_topics`: no client may publish on the plant's topic, nor on the clock's.
    """

    passwords: Mapping[str, str] = field(default_factory=dict)
    cert_file: Path | None = None
    key_file: Path | None = None
    strict_topics: bool = False

    def __post_init__(self) -> None:
        """Raises `TwinError` for half a certificate."""
        if (self.cert_file is None) != (self.key_file is None):
            raise TwinError("--tls-cert and --tls-key: allowed is both or neither")

    def admits(self, username: str | None, password: str | None) -> bool:
        """Whether a client that says so is let in."""
        if not self.passwords:
            return True
        # An unknown name is compared with somebody's password: it takes as long as a known one with a wrong password.
        known = username is not None and username in self.passwords
        kept = self.passwords[username or ""] if known else next(iter(self.passwords.values()))
        return _matches(password or "", kept) and known

    def may_publish(self, topic: str) -> bool:
        """Whether a client may publish on a topic."""
        return not self.strict_topics or (topic != wire.FEEDBACK and not topic.startswith(CLOCK))


def read_passwords(path: Path) -> dict[str, str]:
    """A password file: a line `NAME:PASSWORD` each, hashed by `mosquitto_passwd` or plain. Raises `FileError`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"--password-file {path}: {getattr(error, 'strerror', None) or error}") from None
    passwords: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        name, separator, password = line.partition(":")
        if not separator or not name or not password or (password.startswith(HASHED) and not _parts(password)):
            raise FileError(f"--password-file {path}, line {number}: allowed is NAME:PASSWORD, plain or $7$ hashed")
        passwords[name] = password
    if not passwords:
        raise FileError(f"--password-file {path}: it has no line; allowed is NAME:PASSWORD, one line each")
    return passwords


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a broker that listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _matches(password: str, kept: str) -> bool:
    parts = _parts(kept)
    if parts is None:
        return hmac.compare_digest(password.encode(), kept.encode())
    iterations, salt, digest = parts
    return hmac.compare_digest(hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations), digest)


def _parts(kept: str) -> tuple[int, bytes, bytes] | None:
    """Iterations, salt and digest of a hashed password; None if it is not one."""
    if not kept.startswith(HASHED):
        return None
    try:
        iterations, salt, digest = kept.removeprefix(HASHED).split("$")
        count = int(iterations)
        if not 0 < count <= MOST_ITERATIONS:
            return None
        return count, base64.b64decode(salt, validate=True), base64.b64decode(digest, validate=True)
    except ValueError:
        return None
