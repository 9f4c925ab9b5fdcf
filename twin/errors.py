"""The twin's errors, for causes outside the twin."""

from controller.errors import shown


class TwinError(Exception):
    """Base class of the twin's errors for outside causes, such as a bad file. The message is one clear line."""


class ScenarioError(TwinError, ValueError):
    """A scenario, layout or trace is refused. The message names the field, the value and what it must be.

    It is also a `ValueError`, so that msgspec's decoder adds the field's path in the file.
    """

    def __init__(self, field: str, value: object, must: str) -> None:
        super().__init__(f"{field} must be {must}, got {shown(value)}")
        self.field = field
        self.value = value
        self.must = must

    # By its arguments, so that it can travel between processes: by itself it would come with its message alone.
    def __reduce__(self) -> tuple[type, tuple[str, object, str]]:
        return type(self), (self.field, self.value, self.must)


class ArgumentError(TwinError, ValueError):
    """An argument is invalid or would be ignored. The message names the argument, what it must be, and its value."""

    def __init__(self, argument: str, value: object, must: str) -> None:
        super().__init__(f"{argument} must be {must}, got {shown(value)}")
        self.argument = argument
        self.value = value
        self.must = must

    def __reduce__(self) -> tuple[type, tuple[str, object, str]]:
        return type(self), (self.argument, self.value, self.must)


class FileError(TwinError):
    """A file cannot be read or written, or has the wrong content."""


class BrokerError(TwinError):
    """The broker cannot be started or reached."""


class ParticipantError(TwinError):
    """A participant in lockstep did not answer in time. The message names it and what is missing."""


class HostingError(TwinError):
    """A program that can't run under a virtual clock. The message says why, and what to do."""
