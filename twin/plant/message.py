"""A message between plant and controller: its payload, and what the twin knows about it."""

from typing import NamedTuple

from controller import wire
from controller.errors import WireError


class Message(NamedTuple):
    """One message. `part` of the line and `item` number (None: no item) are its subject; `text` is its text in words.

    `command` is the command in a controller's payload. It is None for feedback, and for a payload that is no command;
    `text` then gives the reason.
    """

    payload: bytes
    part: str
    text: str
    item: int | None = None
    command: wire.Command | None = None


def command_message(payload: bytes) -> Message:
    """The message for a controller's payload, decoded. Its part is `wire` if the payload is no command."""
    try:
        command = wire.decode_command(payload)
    except WireError as error:
        return Message(payload, "wire", str(error))
    if isinstance(command, wire.Conveyor):
        part = "belt"
    else:
        part = "rods" if command.number == wire.ALL else f"rod {command.number}"
    return Message(payload, part, "", command=command)
