"""What a trace's records may name: the parts of its own layout, and commands as on the wire."""

from collections.abc import Collection, Mapping
from reprlib import repr as short
from typing import Final

import msgspec

from controller.errors import WireError
from controller.wire import decode_command
from twin.scenario.layout import LOADER, REJECT, Layout


class Parts:
    """The gates, rods and bins of a layout, and the states of a rod, `strokes`.

    Whoever draws or judges a trace looks them up, so a record that names another one is no record of that line.
    """

    def __init__(self, layout: Layout, strokes: Collection[str]) -> None:
        gates = range(1, len(layout.gates_m) + 1)
        self._known: Final[Mapping[str, Collection[object]]] = {
            "gate": gates, "rod": (LOADER, *layout.bins), "bin": (REJECT, *layout.bins), "stroke": tuple(strokes),
        }  # fmt: skip
        self._fields: dict[type[msgspec.Struct], list[str]] = {}

    def objection(self, record: msgspec.Struct) -> str | None:
        """What is wrong with the parts that a record names, or with its command; None if nothing is."""
        fault, payload = getattr(record, "fault", None), getattr(record, "payload", None)
        wrong = self._unknown(record)
        if wrong is None and isinstance(fault, msgspec.Struct):  # Some records have only its name.
            wrong = self._unknown(fault, "fault.")
        if wrong is None and payload is not None:
            wrong = _objection_to_command(payload)
        return wrong

    def _unknown(self, named: msgspec.Struct, where: str = "") -> str | None:
        kind = type(named)
        if kind not in self._fields:
            self._fields[kind] = [field for field in kind.__struct_fields__ if field in self._known]
        for field in self._fields[kind]:
            value = getattr(named, field)
            if value is not None and value not in self._known[field]:
                known = ", ".join(map(str, self._known[field]))
                return f"{where}{field} must be one of {known}, as the layout has, got {short(value)}"
        return None


def _objection_to_command(payload: str) -> str | None:
    try:
        decode_command(payload.encode())  # The checks must be able to.
    except WireError as error:
        return f"payload must be a command as on the wire, got {short(payload)} ({error})"
    return None
