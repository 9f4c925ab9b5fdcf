"""What a person set: a TOML file, then what the command line says besides. Validated into settings and an address."""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from controller.errors import ControllerError, SettingsError
from controller.mqtt import Address
from controller.settings import Settings

PASSWORD_VARIABLE: Final = "CONTROLLER_PASSWORD"

Kind = TypeVar("Kind", Settings, Address)

_OF_THE_FILE: Final = (
    "client_id", "keep_alive_s", "username", "tls", "ca_file", "cert_file", "key_file", "commands_topic",
    "feedback_topic",
)  # fmt: skip
"""What of the address may stand in the file: not the host, which is the command line's, and never a password."""


def read(path: Path | None) -> dict[str, Any]:
    """The keys and values of a TOML file; none without a file. Raises `SettingsError` in one line."""
    if path is None:
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError("--config", str(path), f"a TOML file that can be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError("--config", str(path), f"a TOML file ({error})") from None
    allowed = (*Settings.__struct_fields__, *_OF_THE_FILE)
    for key in found:
        if key not in allowed:
            raise SettingsError(f"{path}: key", key, ", ".join(allowed))
    return found


def settings_of(found: Mapping[str, Any], **given: Any) -> Settings:
    """The settings: what was found in the file, and over it what was given (None: nothing). Raises `SettingsError`."""
    return _converted({name: found[name] for name in Settings.__struct_fields__ if name in found}, given, Settings)


def address_of(found: Mapping[str, Any], broker: str, *, insecure: bool, **given: Any) -> Address:
    """The broker's address, as `settings_of`; `broker` is HOST or HOST:PORT.

    Credentials go to another machine only through TLS, unless `insecure`. Raises `SettingsError`.
    """
    address = _converted({name: found[name] for name in _OF_THE_FILE if name in found}, given | _place(broker), Address)
    if address.username is not None and not (address.tls or insecure or _is_loopback(address.host)):
        raise SettingsError("--username", address.username, "only with --tls to another machine, or with --insecure")
    return address


def password_of(path: Path | None) -> str | None:
    """The password in the first line of a file, or in the environment's `CONTROLLER_PASSWORD`."""
    if path is None:
        return os.environ.get(PASSWORD_VARIABLE)
    try:
        return path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("--password-file", str(path), f"a text file that can be read ({error})") from None


def _converted(found: dict[str, Any], given: Mapping[str, Any], kind: type[Kind]) -> Kind:
    values = found | {name: value for name, value in given.items() if value is not None}
    for name, value in values.items():
        _check_type(kind, name, value)
    return msgspec.convert(values, kind)


def _check_type(kind: type[Settings] | type[Address], name: str, value: object) -> None:
    """Names the key whose value is of a wrong type."""
    try:
        msgspec.convert({name: value}, kind)
    except msgspec.ValidationError as error:
        raise SettingsError(name, value, f"another type ({str(error).partition(' - at')[0]})") from None
    except ControllerError:
        pass  # Out of range, or not allowed on its own: the whole says so in its own words.


def _place(broker: str) -> dict[str, Any]:
    """HOST, HOST:PORT, [IPv6]:PORT."""
    words = "HOST or HOST:PORT, with a port from 1 to 65535"
    if broker.count(":") > 1 and not broker.startswith("["):
        return {"host": _literal(broker, words)}
    host, colon, port = broker.rpartition(":")
    if not colon or broker.endswith("]"):
        host, colon, port = broker, "", ""
    elif not port.isdecimal() or not port.isascii() or not 0 < int(port) < 65536:
        raise SettingsError("--broker", broker, words)
    host = host.removeprefix("[").removesuffix("]")
    if not host or "/" in host:
        raise SettingsError("--broker", broker, words)
    return {"host": host, "port": int(port) if port else None}


def _literal(text: str, words: str) -> str:
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError:
        raise SettingsError("--broker", text, words) from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
