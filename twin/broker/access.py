"""Access rules of the embedded broker: passwords, TLS, and the topics on which clients may publish."""

import base64
import hashlib
import hmac
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from controller import wire
from twin.errors import FileError, TwinError

CLOCK: Final = "twin/clock/"
HASHED: Final = "$7$"
"""Prefix of a password hashed by `mosquitto_passwd` with PBKDF2 and SHA-512: `$7$ITERATIONS$SALT$HASH`, in base64."""

MOST_ITERATIONS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Access rules. `passwords` are by user name, plain or hashed; without any, every client may connect.

    With `cert_file` and `key_file` (PEM) connections use TLS. With `strict_topics` no client may publish on the plant's
    topic or on the clock's topics.
    """

    passwords: Mapping[str, str] = field(default_factory=dict)
    cert_file: Path | None = None
    key_file: Path | None = None
    strict_topics: bool = False

    def __post_init__(self) -> None:
        """Raises `TwinError` for a certificate without its key, and for files that are none."""
        if (self.cert_file is None) != (self.key_file is None):
            raise TwinError("--tls-cert and --tls-key must be given together, got one of them")
        if self.cert_file is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.cert_file, self.key_file, lambda: "")
            except (OSError, ValueError) as error:
                raise TwinError(
                    f"--tls-cert, --tls-key must be a certificate and its key without a passphrase (PEM), got "
                    f"{self.cert_file} and {self.key_file} ({getattr(error, 'strerror', None) or error})"
                ) from None

    def admits(self, username: str | None, password: str | None) -> bool:
        """Whether a client with this user name and password may connect."""
        if not self.passwords:
            return True
        # An unknown name is compared with some password, so that it takes as long as a known name with a wrong one.
        known = username is not None and username in self.passwords
        stored = self.passwords[username or ""] if known else next(iter(self.passwords.values()))
        return _matches(password or "", stored) and known

    def may_publish(self, topic: str) -> bool:
        """Whether a client may publish on a topic."""
        return not self.strict_topics or (topic != wire.FEEDBACK and not topic.startswith(CLOCK))


def read_passwords(path: Path) -> dict[str, str]:
    """Read a file of `NAME:PASSWORD` lines, plain or hashed by `mosquitto_passwd`. Raises `FileError`."""
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
            raise FileError(f"--password-file {path}, line {number} must be NAME:PASSWORD, plain or $7$ hashed")
        passwords[name] = password
    if not passwords:
        raise FileError(f"--password-file {path} must have lines NAME:PASSWORD, got none")
    return passwords


def _matches(password: str, stored: str) -> bool:
    parts = _parts(stored)
    if parts is None:
        return hmac.compare_digest(password.encode(), stored.encode())
    iterations, salt, digest = parts
    return hmac.compare_digest(hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations), digest)


def _parts(stored: str) -> tuple[int, bytes, bytes] | None:
    """Iterations, salt and digest of a hashed password; None for a plain one."""
    if not stored.startswith(HASHED):
        return None
    try:
        iterations, salt, digest = stored.removeprefix(HASHED).split("$")
        count = int(iterations)
        if not 0 < count <= MOST_ITERATIONS:
            return None
        return count, base64.b64decode(salt, validate=True), base64.b64decode(digest, validate=True)
    except ValueError:
        return None
