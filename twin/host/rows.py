"""The widgets of tkinter that hold rows: lists and tables."""

from __future__ import annotations

from typing import Any

from .widget import Widget, split_list


class Rows(Widget):
    """A list of rows, some of which are selected."""

    linked = "-listvariable"

    def __init__(self, options: dict[str, Any], tcl: Any) -> None:
        self._selected: set[int] = set()
        super().__init__(options, tcl)

    def _do_insert(self, at: Any, *new: Any) -> str:
        rows, place = split_list(self.value), self._place(at)
        if self.is_usable:
            self._selected = {row + len(new) if row >= place else row for row in self._selected}
            self.value = rows[:place] + new + rows[place:]
        return ""

    def _do_delete(self, first: Any, last: Any = None) -> str:
        rows, gone = split_list(self.value), self._range(first, last)
        if self.is_usable and gone:
            self._selected = {row - len(gone) * (row >= gone[-1]) for row in self._selected if row not in gone}
            self.value = rows[: gone[0]] + rows[gone[-1] + 1 :]
        return ""

    def _do_get(self, first: Any, last: Any = None) -> Any:
        found = tuple(split_list(self.value)[row] for row in self._range(first, last))
        return found if last is not None else found[0] if found else ""

    def _do_size(self) -> int:
        return len(split_list(self.value))

    def _do_index(self, at: Any) -> int:
        return self._place(at)

    def _do_curselection(self) -> tuple[int, ...]:
        return tuple(sorted(self._selected))

    def _do_selection(self, what: str, first: Any, last: Any = None) -> Any:
        rows = set(self._range(first, last))
        if what == "includes":
            return bool(rows & self._selected)
        if what in ("set", "clear"):
            self._selected = self._selected | rows if what == "set" else self._selected - rows
        return ""

    def _place(self, at: Any) -> int:
        at, last = split_list(at)[0] if isinstance(at, tuple) else at, self._do_size()
        number = self.number_at(at, {"end": last, "active": 0, "anchor": 0}, "listbox index")
        return int(max(0, min(last, number)))

    def _range(self, first: Any, last: Any) -> range:
        start, size = self._place(first), self._do_size()
        if last is None:  # The end, then, is the last row.
            start = min(start, size - 1) if str(first) == "end" else start
        return range(max(0, start), min(size, (start if last is None else self._place(last)) + 1))


class Table(Widget):
    """ttk's tree of rows, each with a name, a parent and values in columns."""

    def __init__(self, options: dict[str, Any], tcl: Any) -> None:
        self._rows: dict[str, dict[str, Any]] = {}
        self._below: dict[str, list[str]] = {"": []}
        self._chosen: tuple[str, ...] = ()
        self._count = 0
        super().__init__(options, tcl)

    def _do_insert(self, parent: Any, at: Any, *words: Any) -> str:
        options = dict(zip(map(str, words[::2]), words[1::2]))
        self._count += "-id" not in options
        name = str(options.pop("-id", f"I{self._count:03X}"))
        if name in self._rows:
            self._tcl.fail(f"Item {name} already exists")
        siblings = self._below[str(parent)]
        siblings.insert(self.number_at(at, {"end": len(siblings)}), name)
        self._rows[name] = {"-text": "", "-image": "", "-values": "", "-open": 0, "-tags": ""}
        self._below[name] = []
        self._give(name, options)
        return name

    def _do_delete(self, names: Any) -> str:
        for name in map(str, split_list(names)):
            self._row(name)
            self._do_delete(tuple(self._below.pop(name)))
            self._siblings(name).remove(name)
            del self._rows[name]
        self._chosen = tuple(name for name in self._chosen if name in self._rows)
        return ""

    def _do_children(self, name: Any) -> tuple[str, ...]:
        return tuple(self._below.get(str(name), ()))

    def _do_exists(self, name: Any) -> bool:
        return str(name) in self._rows

    def _do_index(self, name: Any) -> int:
        return self._siblings(str(name)).index(str(name))

    def _do_parent(self, name: Any) -> str:
        return next(parent for parent, names in self._below.items() if str(name) in names)

    def _do_item(self, name: Any, *words: Any) -> Any:
        row = self._row(name)
        if len(words) == 1:
            return row.get(str(words[0]), "")
        self._give(str(name), dict(zip(map(str, words[::2]), words[1::2])))
        return () if words else tuple(word for pair in row.items() for word in pair)

    def _do_set(self, name: Any, column: Any = None, *new: Any) -> Any:
        row, columns = self._row(name), list(map(str, split_list(self.options.get("-columns", ""))))
        values = [*row["-values"], *[""] * len(columns)]
        if column is None:
            return tuple(word for pair in zip(columns, values) for word in pair)
        number = self.number_at(str(column).lstrip("#"), {each: count for count, each in enumerate(columns)})
        if not new:
            return values[number]
        values[number] = new[0]
        row["-values"] = tuple(values[: len(columns)])
        return ""

    def _do_selection(self, what: str = "", names: Any = ()) -> Any:
        chosen = tuple(map(str, split_list(names)))
        kept = tuple(name for name in self._chosen if name not in chosen)
        if what:
            self._chosen = {"set": chosen, "add": kept + chosen}.get(what, kept)
        return "" if what else self._chosen

    def _give(self, name: str, options: dict[str, Any]) -> None:
        if "-values" in options:
            options["-values"] = split_list(options["-values"])
        self._rows[name].update(options)

    def _siblings(self, name: str) -> list[str]:
        return next((names for names in self._below.values() if name in names), [name])

    def _row(self, name: Any) -> dict[str, Any]:
        if str(name) not in self._rows:
            self._tcl.fail(f"Item {name} not found")
        return self._rows[str(name)]
