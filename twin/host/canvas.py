"""The canvas of tkinter: what a program has drawn where nobody sees it."""

from __future__ import annotations

from typing import Any

from .widget import Widget, number, split_list


class Canvas(Widget):
    """What the program has drawn: each thing's kind, place and options."""

    def __init__(self, options: dict[str, Any], tcl: Any) -> None:
        self._things: dict[str, tuple[str, list[float], dict[str, Any]]] = {}
        self._count = 0
        super().__init__(options, tcl)

    def _do_create(self, kind: Any, *words: Any) -> int:
        self._count += 1
        place, rest = _place(words)
        self._things[str(self._count)] = (str(kind), place, dict(zip(map(str, rest[::2]), rest[1::2])))
        return self._count

    def _do_delete(self, *names: Any) -> str:
        for thing in [thing for name in names for thing in self._found(name)]:
            self._things.pop(thing, None)
        return ""

    def _do_find(self, what: str, name: Any = "all", *_: Any) -> tuple[int, ...]:
        return tuple(map(int, self._found(name if what == "withtag" else "all"))) if what in ("withtag", "all") else ()

    def _do_type(self, name: Any) -> str:
        return next((self._things[thing][0] for thing in self._found(name)), "")

    def _do_itemcget(self, name: Any, option: Any) -> Any:
        return next((self._things[thing][2].get(str(option), "") for thing in self._found(name)), "")

    def _do_itemconfigure(self, name: Any, *words: Any) -> Any:
        if len(words) == 1:
            return (words[0], "", "", "", self._do_itemcget(name, words[0]))
        for thing in self._found(name):
            self._things[thing][2].update(zip(map(str, words[::2]), words[1::2]))
        return ()

    def _do_coords(self, name: Any, *words: Any) -> Any:
        found = self._found(name)
        if words and found:
            self._things[found[0]][1][:] = _place(words)[0]
        return tuple(self._things[found[0]][1]) if found else ()

    def _do_move(self, name: Any, right: Any, down: Any) -> str:
        for thing in self._found(name):
            place = self._things[thing][1]
            place[:] = [at + float(down if count % 2 else right) for count, at in enumerate(place)]
        return ""

    def _found(self, name: Any) -> list[str]:
        tagged = [thing for thing, (_, _, options) in self._things.items() if name in split_list(options.get("-tags"))]
        return [str(name)] if str(name) in self._things else list(self._things) if name == "all" else tagged


def _place(words: tuple[Any, ...]) -> tuple[list[float], tuple[Any, ...]]:
    """The coordinates at the beginning of some words, which may be in tuples, and the words after them."""
    found: list[float] = []
    for count, word in enumerate(words):
        if isinstance(word, (tuple, list)):
            found += _place(tuple(word))[0]
        elif str(word).startswith("-") and not isinstance(word, (int, float)):
            return found, words[count:]
        else:
            found.append(number(word, 0.0))
    return found, ()
