"""A message between plant and controller: its payload, and what the twin knows of it."""

from typing import NamedTuple

from controller import wire
from controller.errors import WireError


class Message(NamedTuple):
    """A payload; `part` of the line and item (None: no item) that it is about; what it `says`, in words.

    `command` is what a controller's payload asks for. It is None for feedback, and for a payload that is no command:
    `says` tells why it is none.
    """

    payload: bytes
    part: str
    says: str
    item: int | None = None
    command: wire.Command | None = None


def command_message(payload: bytes) -> Message:
    """A controller's payload, decoded. Its part is `wire` if it is no command."""
    try:
        command = wire.decode_command(payload)
    except WireError as error:
        return Message(payload, "wire", str(error))
    if isinstance(command, wire.Conveyor):
        part = "belt"
    else:
        part = "rods" if command.number == wire.ALL else f"rod {command.number}"
    return Message(payload, part, "", command=command)
