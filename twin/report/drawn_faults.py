"""One fault of a run as the pages draw it: from when to when, at which part."""

import math
from typing import Final

import msgspec

from twin.scenario.faults import AnyFault

_PARTS: Final = {
    "Belt": "belt", "Rod": "rod", "Gate": "gate", "EmptyPush": "loader", "DoublePush": "loader", "TooLong": "loader",
    "NoImage": "camera", "LateImage": "camera", "ImageTwice": "camera", "SpoiltImage": "camera", "Link": "link",
    "Garbage": "link", "Recognizer": "recognizer", "TakenOff": "item", "ForeignObject": "belt", "Broker": "link",
    "Client": "link", "AnotherClient": "link", "RetainedMessage": "link", "Controller": "controller",
}  # fmt: skip
"""The part of each fault, by its name or the beginning of it."""


class DrawnFault(msgspec.Struct, frozen=True, array_like=True):
    """A fault: from when to when, kind of part, number of the gate, rod or item (0: none), name, settings."""

    from_s: float
    until_s: float
    part: str
    number: int
    name: str
    settings: str


def drawn_fault(fault: AnyFault, end_s: float = math.inf) -> DrawnFault:
    """A fault, up to the end of its run; of a run that goes on, until it ends by itself."""
    name = type(fault).__name__
    part = next(part for start, part in _PARTS.items() if name.startswith(start))
    fields = {field: getattr(fault, field) for field in fault.__struct_fields__ if field not in ("from_s", "until_s")}
    number = fields.pop(part, 0) if part in ("gate", "rod", "item") else 0
    settings = ", ".join(f"{field}: {_value_text(value)}" for field, value in fields.items() if value is not None)
    return DrawnFault(fault.from_s, max(fault.from_s, min(fault.until_s, end_s)), part, number, name, settings)


def _value_text(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
