"""A widget of tkinter that is nowhere to be seen: it remembers what the program gave it."""

from __future__ import annotations

from typing import Any

USUAL = (
    "-background", "-bg", "-cursor", "-font", "-foreground", "-fg", "-height", "-image", "-state", "-text", "-width",
)  # fmt: skip
"""Options that most widgets have."""


class Widget:
    """The options, the text and the drawn things of a widget, by the commands that Tk's widgets know."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self._text = ""
        self._drawn: dict[str, list[float]] = {}
        self._count = 0

    def do(self, what: str, *words: Any) -> Any:
        """What a command of a widget returns; what concerns the screen alone returns nothing."""
        command = getattr(self, f"_do_{what}", None)
        return "" if command is None else command(*words)

    def _do_configure(self, *words: Any) -> Any:
        if not words:
            return tuple(self._do_configure(name) for name in {**dict.fromkeys(USUAL), **self.options})
        if len(words) == 1:
            return (words[0], "", "", "", self.options.get(str(words[0]), ""))
        self.options.update(zip(map(str, words[::2]), words[1::2]))
        return ()

    def _do_cget(self, option: Any) -> Any:
        return self.options.get(str(option), "")

    def _do_insert(self, at: Any, *words: Any) -> str:
        self._count += 1
        new = str(words[0]) if words else ""
        self._text = new + self._text if str(at) in ("0", "0.0", "1.0") else self._text + new
        return f"I{self._count:03}"  # The name of a new row in a tree.

    def _do_delete(self, *_: Any) -> str:
        self._text = ""
        return ""

    def _do_set(self, *words: Any) -> str:
        self._text = str(words[0]) if len(words) == 1 else self._text
        return ""

    def _do_get(self, *_: Any) -> Any:
        return self._text or self.options.get("-from", "")

    def _do_index(self, *_: Any) -> str:
        return "1"

    def _do_create(self, *words: Any) -> int:
        """A new thing on a canvas: its kind, its place, its options."""
        self._count += 1
        self._drawn[str(self._count)] = _numbers(words[1:])
        return self._count

    def _do_bbox(self, *_: Any) -> tuple[int, ...]:
        return (0, 0, 1, 1)

    def _do_coords(self, thing: Any, *place: Any) -> Any:
        if place:
            self._drawn[str(thing)] = _numbers(place)
        return tuple(self._drawn.get(str(thing), ()))

    def _do_move(self, thing: Any, right: Any, down: Any) -> str:
        place = self._drawn.get(str(thing), [])
        self._drawn[str(thing)] = [at + float(down if number % 2 else right) for number, at in enumerate(place)]
        return ""


def _numbers(words: tuple[Any, ...]) -> list[float]:
    """The coordinates at the beginning of some words, which may be in tuples."""
    found: list[float] = []
    for word in words:
        if isinstance(word, (tuple, list)):
            found += _numbers(tuple(word))
        elif isinstance(word, (int, float)):
            found.append(float(word))
        elif str(word).startswith("-"):
            break
    return found
