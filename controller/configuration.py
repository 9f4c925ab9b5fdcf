"""Settings and address from a TOML file and the command line, whose options override the file."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from controller.address import DEFAULT_PORT, is_loopback, parse_address
from controller.decode_errors import one_of
from controller.errors import SettingsError
from controller.mqtt import Address
from controller.settings import Settings

PASSWORD_VARIABLE: Final = "CONTROLLER_PASSWORD"

_OF_THE_FILE: Final = (
    "client_id", "keep_alive_s", "username", "tls", "ca_file", "cert_file", "key_file", "commands_topic",
    "feedback_topic",
)  # fmt: skip
"""The address's keys that the file may have. The host comes from the command line, the password never from here."""


def read(path: Path | None) -> dict[str, Any]:
    """The keys and values of a TOML file; an empty dict without a file. Raises `SettingsError`."""
    if path is None:
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError("--config", str(path), f"a TOML file that can be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError("--config", str(path), f"a TOML file ({error})") from None
    allowed = (*Settings.__struct_fields__, *_OF_THE_FILE)
    for key in found:
        if key not in allowed:
            raise SettingsError(f"{path}: a key", key, one_of(key, allowed))  # The value may be a secret.
    return found


def settings_of(found: Mapping[str, Any], **given: Any) -> Settings:
    """The settings `found` in the file, overridden by those `given` that are not None. Raises `SettingsError`."""
    return Settings(**_with({name: found[name] for name in Settings.__struct_fields__ if name in found}, given))


def address_of(found: Mapping[str, Any], broker: str, *, insecure: bool, **given: Any) -> Address:
    """The broker's address: keys `found` in the file, overridden by those `given` that are not None.

    `broker` is HOST or HOST:PORT, with an IPv6 host in brackets. Credentials for another machine need TLS or
    `insecure`. Raises `SettingsError`.
    """
    host, port = parse_address(broker, default_port=DEFAULT_PORT)
    known = {name: found[name] for name in _OF_THE_FILE if name in found}
    address = Address(**_with(known, given | {"host": host, "port": port}))
    if address.username is not None and not (address.tls or insecure or is_loopback(address.host)):
        raise SettingsError(
            "--username",
            address.username,
            "left out, or given with --tls or --insecure, for a broker on another machine",
        )
    return address


def in_flight_of(text: str | None) -> int | Literal["auto"] | None:
    """The value of `--in-flight`: `auto`, a number, or None if it was not given. Raises `SettingsError`."""
    if text is None:
        return None
    if text == "auto":
        return "auto"
    if not (text.isascii() and text.isdecimal()):
        raise SettingsError("--in-flight", text, "auto or an integer of 1 or more")
    return int(text)


def password_of(path: Path | None) -> str | None:
    """The password from a file's first line, or without a file from the variable `CONTROLLER_PASSWORD`."""
    if path is None:
        return os.environ.get(PASSWORD_VARIABLE)
    try:
        return path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("--password-file", str(path), f"a text file that can be read ({error})") from None


def _with(found: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """`found`, overridden by the values `given` that are not None."""
    return found | {name: value for name, value in given.items() if value is not None}
