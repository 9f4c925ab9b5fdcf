"""The widgets of tkinter that hold text: fields of one line, and pages."""

from __future__ import annotations

import re
from typing import Any

from .widget import Widget, decimals, number, shown, split_list

_AT = re.compile(r"\d+\.(?:end|\d+)|@\S+|[^\s+-]+")
_AND = re.compile(r"([+-])\s*(\d+)\s*([cil])\w*|(linestart|lineend)")
"""Where something is in a text: its beginning, and what may follow that."""


class Field(Widget):
    """A line of text, with a cursor: an entry, or the field of a box to choose from."""

    def __init__(self, options: dict[str, Any], tcl: Any) -> None:
        self._cursor = 0
        super().__init__(options, tcl)

    def _do_get(self) -> str:
        return shown(self.value)

    def _do_set(self, new: Any) -> str:
        self.value = shown(new)
        return ""

    def _do_insert(self, at: Any, new: Any) -> str:
        if self.is_usable:
            text, place = self._do_get(), self._do_index(at)
            self._cursor += len(str(new)) if place <= self._cursor else 0
            self.value = f"{text[:place]}{new}{text[place:]}"
        return ""

    def _do_delete(self, first: Any, last: Any = None) -> str:
        text, start = self._do_get(), self._do_index(first)
        end = start + 1 if last is None else self._do_index(last)
        if self.is_usable and start < end:
            self._cursor -= max(0, min(self._cursor, end) - start)
            self.value = text[:start] + text[end:]
        return ""

    def _do_icursor(self, at: Any) -> str:
        self._cursor = self._do_index(at)
        return ""

    def _do_index(self, at: Any) -> int:
        last = len(self._do_get())
        places = {"end": last, "insert": self._cursor, "anchor": 0}
        return max(0, min(last, self.number_at(at, places, "entry index")))


class Choice(Field):
    """A field with values to choose from."""

    def _do_cget(self, option: Any) -> Any:
        found = super()._do_cget(option)
        return split_list(found) if option == "-values" and found else found

    def _do_current(self, at: Any = None) -> Any:
        values = [shown(value) for value in split_list(self.options.get("-values", ""))]
        if at is None:
            return values.index(self._do_get()) if self._do_get() in values else -1
        number = self.number_at(at, {"end": len(values) - 1}, "index")
        if not 0 <= number < len(values):
            self._tcl.fail(f"Index {at} out of range")
        return self._do_set(values[number])


class Spinner(Choice):
    """tkinter's own spin box, which always has a value, other than ttk's."""

    def _configured(self) -> None:
        values = split_list(self.options.get("-values", ""))
        if values and self._do_get() not in map(shown, values):
            self.value = shown(values[0])
        elif not values and "-from" in self.options:
            self._fit()

    def _fit(self) -> None:
        least, most = number(self.options["-from"], 0.0), number(self.options.get("-to"), 0.0)
        step = number(self.options.get("-increment"), 1.0)
        now = min(max(number(self._do_get(), least), least), max(most, least))
        shown = f"{now:.{decimals(step)}f}"
        if shown != self._do_get():
            self.value = shown


class Text(Widget):
    """Lines of text, the last of which always ends, with marks."""

    def __init__(self, options: dict[str, Any], tcl: Any) -> None:
        self._marks = {"insert": 0, "current": 0}
        super().__init__(options, tcl)

    def _do_get(self, first: Any, last: Any = None) -> str:
        start, end = self._range(first, last)
        return f"{self._value}\n"[start:end]

    def _do_insert(self, at: Any, *words: Any) -> str:
        place = min(self._place(at), len(self._value))
        new = "".join(map(shown, words[::2]))  # Between them are tags.
        if self.is_usable:
            self._value = self._value[:place] + new + self._value[place:]
            self._marks = {name: mark + len(new) * (mark >= place) for name, mark in self._marks.items()}
        return ""

    def _do_delete(self, first: Any, last: Any = None) -> str:
        start, end = self._range(first, last)
        if end > len(self._value):
            end = len(self._value)
            start -= 0 < start <= end and self._value[start - 1] == "\n"  # Else an empty line would be left.
        if self.is_usable and start < end:
            self._value = self._value[:start] + self._value[end:]
            self._marks = {name: min(mark, max(start, mark - end + start)) for name, mark in self._marks.items()}
        return ""

    def _do_replace(self, first: Any, last: Any, *words: Any) -> str:
        start, end = self._range(first, last)
        place = self._named(start)
        self._do_delete(place, self._named(min(end, len(self._value))))
        return self._do_insert(place, *words)

    def _do_index(self, at: Any) -> str:
        return self._named(self._place(at))

    def _do_mark(self, what: str, name: Any = "", at: Any = None) -> str:
        if what == "set":
            self._marks[str(name)] = min(self._place(at), len(self._value))
        return " ".join(self._marks) if what == "names" else ""

    def _do_compare(self, one: Any, how: str, other: Any) -> bool:
        first, last = self._place(one), self._place(other)
        return {"<": first < last, "<=": first <= last, ">": first > last, ">=": first >= last}.get(
            how, (first == last) == (how == "==")
        )

    def _range(self, first: Any, last: Any) -> tuple[int, int]:
        start = self._place(first)
        return start, start + 1 if last is None else self._place(last)

    def _named(self, place: int) -> str:
        before = f"{self._value}\n"[:place]
        return f"{before.count(chr(10)) + 1}.{place - before.rfind(chr(10)) - 1}"

    def _place(self, at: Any) -> int:
        """How many characters are before it. The end is behind the last line's."""
        found = _AT.match(str(at))
        place = self._base(found[0] if found is not None else str(at))
        for sign, count, unit, edge in _AND.findall(str(at)[found.end() if found is not None else 0 :]):
            line, column = map(int, self._named(place).split("."))
            by = int(f"{sign}{count or 0}")
            if edge:
                place = self._at(line, 0 if edge == "linestart" else len(self._value))
            else:
                place = self._at(line + by, column) if unit == "l" else max(0, min(place + by, len(self._value) + 1))
        return place

    def _base(self, at: str) -> int:
        if at == "end":
            return len(self._value) + 1
        if at in self._marks:
            return self._marks[at]
        line, _, column = at.partition(".")
        if line.isdigit():
            return self._at(int(line), len(self._value) if column == "end" else int(column))
        if at.startswith("sel."):  # Nobody selects anything.
            self._tcl.fail('text doesn\'t contain any characters tagged with "sel"')
        if at[:1] != "@" and not column:
            self._tcl.fail(f'bad text index "{at}"')
        return len(self._value) + 1 if column == "last" else 0

    def _at(self, line: int, column: int) -> int:
        lines = f"{self._value}\n".split("\n")
        if line < 1 or line >= len(lines):
            return 0 if line < 1 else len(self._value) + 1
        return sum(len(each) + 1 for each in lines[: line - 1]) + min(column, len(lines[line - 1]))
