"""What can go wrong at the twin's edges."""

from controller.errors import shown


class TwinError(Exception):
    """Root of everything that the twin raises for a cause outside itself. The message is one clear line."""


class ScenarioError(TwinError, ValueError):
    """A scenario, layout or trace that is refused. Names the field, the value and what is allowed.

    Also a `ValueError`, so that a decoder adds the path at which it stands.
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{field} = {shown(value)}: allowed is {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


class ArgumentError(TwinError, ValueError):
    """An argument that is none, or that would be ignored. Names the argument, what it must be, and its value."""

    def __init__(self, argument: str, value: object, must: str) -> None:
        super().__init__(f"{argument} must be {must}, got {shown(value)}")
        self.argument = argument
        self.value = value
        self.must = must


class FileError(TwinError):
    """A file that cannot be read, or does not hold what it should."""


class BrokerError(TwinError):
    """The broker cannot be started or reached."""


class ParticipantError(TwinError):
    """A participant in lockstep did not answer in time. The message says who owes what."""


class HostingError(TwinError):
    """A program that can't run under a virtual clock. The message says why, and what to do."""
