"""The errors that the controller raises."""

from typing import Final

LONGEST_SHOWN: Final = 200


def shown(value: object) -> str:
    """A value's `repr`, cut to what fits an error's line."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def printable(value: object) -> str:
    """The value as text. A file's name may hold bytes that are no text; they become escapes."""
    return str(value).encode("utf-8", "backslashreplace").decode()


class ControllerError(Exception):
    """Root of all errors whose cause lies outside the controller."""


class WireError(ControllerError):
    """A payload that is not one of the line's messages.

    `kind` groups such payloads for counting and for the log (one line per kind and second). `detail` says what is
    wrong with this payload.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail

    # By its arguments, so that it can travel between processes: by itself it would come with its message alone.
    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.kind, self.detail)


class SettingsError(ControllerError):
    """A setting or option with a value that it cannot have: `field` must be `must`, and `value` is not."""

    def __init__(self, field: str, value: object, must: str) -> None:
        super().__init__(f"{field} must be {must}, got {shown(value)}")
        self.field = field
        self.value = value
        self.must = must

    def __reduce__(self) -> tuple[type, tuple[str, object, str]]:
        return type(self), (self.field, self.value, self.must)


class RecognizerError(ControllerError):
    """The recognizer gave no answer for an image: it returned `code` 1, timed out, or is unreachable."""


class BrokerError(ControllerError):
    """The broker cannot be used: its address is wrong, or it refuses the controller."""


class BrokerAbsentError(BrokerError):
    """Nothing listens at the broker's address. A later try may succeed."""
