"""The widgets of tkinter that are nowhere to be seen: each holds what the program gave it, for it to read back."""

from __future__ import annotations

import math
import re
from typing import Any

NOTHING = type("Nothing", (str,), {})()
"""The answer to what only a screen could tell. As a number, it is 0."""

USUAL = (
    "-background", "-bg", "-cursor", "-font", "-foreground", "-fg", "-height", "-image", "-state", "-text", "-width",
)  # fmt: skip
"""Options that most widgets have."""

_SHORT = {"-bg": "-background", "-fg": "-foreground", "-bd": "-borderwidth"}
_UNUSABLE = {"disabled", "readonly"}
_DEFAULTS = {"-state": "normal", "-onvalue": 1, "-offvalue": 0}
_WORD = re.compile(r"\{((?:\\.|[^{}\\]|\{(?:\\.|[^{}\\]|\{[^{}]*\})*\})*)\}|((?:\\.|[^\s\\])+)", re.DOTALL)


def split_list(value: Any) -> tuple[Any, ...]:
    """The parts of one of Tcl's lists."""
    if isinstance(value, (tuple, list)):
        return tuple(value)
    return tuple(braced or re.sub(r"\\(.)", r"\1", bare) for braced, bare in _WORD.findall(str(value)))


def shown(value: Any) -> str:
    """A value as Tcl writes it."""
    return str(int(value)) if isinstance(value, bool) else str(value)


class Widget:
    """The options of a widget, and the commands that all widgets know.

    `tcl` is the interpreter. `value` is that of the variable in the option `linked`, if the program gave one.
    """

    linked = "-textvariable"

    def __init__(self, options: dict[str, Any], tcl: Any) -> None:
        self.options: dict[str, Any] = {}
        self._tcl = tcl
        self._value: Any = ""
        self._states: set[str] = set()
        self._do_configure(*(word for pair in options.items() for word in pair))

    def do(self, what: str, *words: Any) -> Any:
        """What a command of a widget returns; what concerns the screen alone returns nothing."""
        command = getattr(self, f"_do_{what}", None)
        return NOTHING if command is None else command(*words)

    @property
    def value(self) -> Any:
        """What a program reads back. A variable that is gone leaves its last known value."""
        name = str(self.options.get(self.linked, ""))
        return self._tcl.globalgetvar(name) if self._tcl.has_variable(name) else self._value

    @value.setter
    def value(self, new: Any) -> None:
        self._value = new
        name = str(self.options.get(self.linked, ""))
        if name:
            self._tcl.globalsetvar(name, new)

    @property
    def is_usable(self) -> bool:
        """Whether a person could press it, or write into it."""
        return self._states.isdisjoint(_UNUSABLE)

    def run_command(self, *words: Any) -> Any:
        """Call the program's function for what a person does."""
        return self._tcl.run(self.options.get("-command", ""), *words)

    def number_at(self, at: Any, places: dict[str, int], what: str = "index") -> int:
        """Where something is: a number, or one of the named places. Raises `TclError` for anything else."""
        name = str(at)
        if name[:1] == "@":  # A place on the screen.
            return 0
        try:
            return places[name] if name in places else int(name)
        except ValueError:
            self._tcl.fail(f'bad {what} "{name}"')
            raise

    def _do_configure(self, *words: Any) -> Any:
        if len(words) == 1:
            return (words[0], "", "", "", self._do_cget(words[0]))
        if not words:
            return tuple(self._do_configure(name) for name in {**dict.fromkeys(USUAL), **self.options})
        for name, value in zip(map(str, words[::2]), words[1::2]):
            self.options[_SHORT.get(name, name)] = value
            if name == self.linked:
                self._value = self.value
            elif name == "-state":
                self._states = self._states - _UNUSABLE | {str(value)} & _UNUSABLE
        self._configured()
        return ()

    def _configured(self) -> None:
        """Make the value fit the options."""

    def _do_cget(self, option: Any) -> Any:
        name = _SHORT.get(str(option), str(option))
        if name == "-text" and self._tcl.has_variable(str(self.options.get("-textvariable", ""))):
            return self._tcl.globalgetvar(self.options["-textvariable"])
        return self.options.get(name, _DEFAULTS.get(name, ""))

    def _do_invoke(self, *_: Any) -> Any:
        return self.run_command() if self.is_usable else ""

    def _do_state(self, flags: Any = None) -> str:
        if flags is None:
            return " ".join(sorted(self._states))
        changed = []
        for flag in map(str, split_list(flags)):
            name, is_on = flag.lstrip("!"), flag[:1] != "!"
            if is_on != (name in self._states):
                self._states ^= {name}
                changed.append(f"!{name}" if is_on else name)
        return " ".join(changed)

    def _do_instate(self, flags: Any) -> bool:
        states = set(self._do_state().split())
        return all((flag.lstrip("!") in states) == (flag[:1] != "!") for flag in map(str, split_list(flags)))

    def _do_bbox(self, *_: Any) -> tuple[int, ...]:
        return (0, 0, 1, 1)

    def _do_yview(self, *where: Any) -> tuple[float, ...]:
        return () if where else (0.0, 1.0)  # All of it can be seen.

    _do_xview = _do_yview


class Switch(Widget):
    """A button that is on or off."""

    linked = "-variable"

    def _do_select(self) -> str:
        self.value = self._do_cget("-onvalue")
        return ""

    def _do_deselect(self) -> str:
        self.value = self._do_cget("-offvalue")
        return ""

    def _do_toggle(self) -> str:
        return self._do_deselect() if self._is_on() else self._do_select()

    def _do_invoke(self, *_: Any) -> Any:
        if not self.is_usable:
            return ""
        self._do_toggle()
        return self.run_command()

    def _do_state(self, flags: Any = None) -> str:
        if flags is not None and self._is_on() != ("selected" in split_list(flags)) and "selected" in str(flags):
            self._do_toggle()
        self._states = self._states - {"selected"} | ({"selected"} if self._is_on() else set())
        return super()._do_state(flags)

    def _is_on(self) -> bool:
        return shown(self.value) == shown(self._do_cget("-onvalue"))


class Alternative(Switch):
    """A button of which one of several is on: the one whose value the variable has."""

    def _do_toggle(self) -> str:
        return self._do_select()

    def _do_deselect(self) -> str:
        self.value = "" if self._is_on() else self.value
        return ""

    def _do_cget(self, option: Any) -> Any:
        return super()._do_cget("-value" if option == "-onvalue" else option)


class Slider(Widget):
    """tkinter's own scale, which rounds to its resolution, other than ttk's."""

    linked = "-variable"
    _is_to_tell = False

    def _do_get(self) -> str:
        return self._fit(self.value)

    def _do_set(self, new: Any) -> str:
        before, self.value = self._do_get(), self._fit(new)
        if self.value != before and not self._is_to_tell:
            self._is_to_tell = True
            self._tcl.later(self._tell)
        return ""

    def _configured(self) -> None:
        fitting = self._do_get()
        if number(self.value, math.nan) != float(fitting):
            self.value = fitting

    def _fit(self, value: Any) -> str:
        least, most = number(self.options.get("-from"), 0.0), number(self.options.get("-to"), 100.0)
        step, digits = number(self.options.get("-resolution"), 1.0), int(number(self.options.get("-digits"), 0.0))
        fitting = number(value, number(self._value, 0.0))
        if step > 0:
            fitting = least + step * math.floor((fitting - least) / step + 0.5)
        fitting = min(max(fitting, min(least, most)), max(least, most))
        greatest = math.floor(math.log10(max(abs(least), abs(most)) or 1.0))
        return f"{fitting:.{max(0, digits - greatest - 1) if digits else decimals(step)}f}"

    def _tell(self) -> None:
        self._is_to_tell = False
        self.run_command(self._do_get())


class Gauge(Widget):
    """A number between two others: ttk's scale, and its bar that shows progress."""

    linked = "-variable"

    def _do_configure(self, *words: Any) -> Any:
        for name, value in zip(map(str, words[::2]), words[1::2]):
            if name == "-value":
                self._value = value
        return super()._do_configure(*words)

    def _do_cget(self, option: Any) -> Any:
        return self._do_get() if option == "-value" else super()._do_cget(option)

    def _do_get(self, *_: Any) -> float:
        return number(self.value, number(self._value, 0.0))

    def _do_set(self, new: Any) -> str:
        least, most = number(self.options.get("-from"), 0.0), number(self.options.get("-to"), 1.0)
        self.value = min(max(number(new, 0.0), min(least, most)), max(least, most))
        self.run_command(str(self.value))
        return ""

    def _do_step(self, by: Any = 1.0) -> str:
        self.value = (self._do_get() + number(by, 1.0)) % number(self.options.get("-maximum"), 100.0)
        return ""


def number(value: Any, otherwise: float) -> float:
    """A value as a number, or what it is taken for if it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return otherwise


def decimals(step: float) -> int:
    """How many decimals a number with such steps is shown with."""
    return max(0, -math.floor(math.log10(step))) if step > 0 else 0
