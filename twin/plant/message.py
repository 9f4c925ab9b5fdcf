"""A message between plant and controller: its payload, and what the plant knows of it."""

from typing import NamedTuple

from controller import wire
from controller.errors import WireError


class Message(NamedTuple):
    """A payload, what it says (`part` of the line, and in words), and which item that is about, if any."""

    payload: bytes
    part: str
    says: str
    item: int | None = None


def command_message(payload: bytes) -> Message:
    """A controller's payload, with the part that it is for; whatever is no command is for the wire itself."""
    try:
        command = wire.decode_command(payload)
    except WireError:
        return Message(payload, "wire", "")
    if isinstance(command, wire.Conveyor):
        return Message(payload, "belt", "")
    return Message(payload, "rods" if command.number == wire.ALL else f"rod {command.number}", "")
