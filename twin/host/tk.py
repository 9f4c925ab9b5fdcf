"""tkinter without a screen: windows are nowhere to be seen, nobody clicks, and its event loop waits in virtual time.

All of tkinter is as it was, down to the Tcl interpreter below it, which is ours: it knows timers, variables, the events
that a program makes itself and what a widget was given. To anything else it answers nothing.
"""

from __future__ import annotations

import re
from itertools import takewhile
from types import ModuleType
from typing import Any, Callable, NoReturn

from .canvas import Canvas
from .clock import Clock
from .event_loop import EventLoop
from .fonts import ask_font
from .imports import when_imported
from .rows import Rows, Table
from .text import Choice, Field, Spinner, Text
from .widget import NOTHING, Alternative, Gauge, Slider, Switch, Widget, shown, split_list

KINDS: dict[str, type[Widget]] = {
    "entry": Field, "ttk::entry": Field, "ttk::spinbox": Choice, "ttk::combobox": Choice, "spinbox": Spinner,
    "text": Text, "listbox": Rows, "ttk::treeview": Table, "canvas": Canvas, "scale": Slider,
    "ttk::scale": Gauge, "ttk::progressbar": Gauge, "checkbutton": Switch, "ttk::checkbutton": Switch,
    "radiobutton": Alternative, "ttk::radiobutton": Alternative,
}  # fmt: skip
"""The widgets that hold more than options, by Tk's commands that make them."""

DIALOGS = (
    "tk_messageBox", "tk_getOpenFile", "tk_getSaveFile", "tk_chooseDirectory", "tk_chooseColor", "tk_dialog",
)  # fmt: skip
SYSTEM = {"scaling": 4 / 3, "windowingsystem": "x11"}
"""Dots a point, and what draws the windows."""

THEMES = ("default", "alt", "clam", "classic")
CURRENT_THEME = "ttk::currentTheme"
_BOUND = re.compile(r"\[(\S+) ?([^]]*)\]")
"""The script of a bound event: the command, and the fields that it gets."""

_SIZES = ("width", "height", "reqwidth", "reqheight")
_SCREEN_PX = {"screenwidth": 1920, "screenheight": 1080, "vrootwidth": 1920, "vrootheight": 1080}


def install(clock: Clock, on_patience: Callable[[], None]) -> None:
    """Replace tkinter's interpreter once it is imported, with an `EventLoop`."""
    loop = EventLoop(clock, on_patience)

    def replace(module: Any) -> None:
        module.create = lambda *_, **__: Interpreter(loop, module)

    when_imported("_tkinter", replace)
    when_imported("darkdetect", _no_theme)


def _no_theme(module: ModuleType) -> None:
    """A screen that does not exist is neither dark nor light. customtkinter asks again and again, by a program."""
    module.theme = lambda: None  # type: ignore[attr-defined]


class Interpreter:
    """The methods of `_tkinter`'s interpreter that tkinter calls, and the Tcl commands that it makes of them."""

    def __init__(self, loop: EventLoop, module: Any) -> None:
        self._loop = loop
        self._error: type[Exception] = module.TclError
        self._functions: dict[str, Callable[..., Any]] = {}
        self._variables: dict[str, Any] = {
            "tk_version": module.TK_VERSION, "tcl_version": module.TCL_VERSION, CURRENT_THEME: THEMES[0],
        }  # fmt: skip
        self._writes: dict[str, int] = {}
        self._traces: dict[str, list[str]] = {}
        self._bound: dict[tuple[str, str], str] = {}
        self._widgets = {".": Widget({}, self)}
        self._commands: dict[str, Callable[..., Any]] = {
            "after": self._after, "update": self._update, "tkwait": self._await, "destroy": self._destroy,
            "info": self._info, "trace": self._trace, "winfo": self._winfo, "bind": self._bind, "event": self._event,
            "image": self._image, "ttk::style": self._style,
            "font": ask_font, "grid": lambda what, *_: (0, 0) if what == "size" else NOTHING,
            "return": lambda value: self.globalgetvar(str(value).lstrip("$")),
            "tk": lambda what, *_: SYSTEM.get(what, ""),
            "wm": lambda what, *_: "normal" if what == "state" else "",
            **dict.fromkeys(DIALOGS, self._ask),
        }  # fmt: skip
        loop.windows += 1

    def call(self, *words: Any) -> Any:
        """Do what a Tcl command does, as far as a program can tell without a screen."""
        if len(words) == 1 and isinstance(words[0], (tuple, list)):
            words = tuple(words[0])
        words = tuple(takewhile(lambda word: word is not None, words))  # `_tkinter` ends a command there, too.
        name, rest = str(words[0]), words[1:]
        command = self._commands.get(name) or self._functions.get(name)
        if command is not None:
            return command(*rest)
        if name in self._widgets:
            return self._widgets[name].do(*map(str, rest[:1]), *rest[1:])
        path = str(rest[0]) if rest else ""
        if path.startswith(".") and path not in self._widgets:  # A new one: its class, its path, its options.
            options = dict(zip(map(str, rest[1::2]), rest[2::2]))
            self._widgets[path] = KINDS.get(name, Widget)(options, self)
            return path
        return NOTHING

    def run(self, command: Any, *words: Any) -> Any:
        """Call a function of the program by its name, if there is one."""
        function = self._functions.get(str(command))
        return "" if function is None else function(*words)

    def later(self, script: Callable[[], Any]) -> None:
        """Call something when the loop comes to it."""
        self._loop.add(0.0, script, "idle")

    def fail(self, what: str) -> NoReturn:
        """Raise `TclError`."""
        raise self._error(what)

    def eval(self, script: str) -> Any:
        """Do what a line of Tcl does."""
        return self.call(*str(script).split() or [""])

    def createcommand(self, name: str, function: Callable[..., Any]) -> None:
        """A function of the program as a Tcl command."""
        self._functions[name] = function

    def deletecommand(self, name: str) -> None:
        """Forget one. Raises `TclError` if there is none, as after the window's end."""
        if self._functions.pop(name, None) is None:
            raise self._error("can't delete Tcl command")

    def mainloop(self, most_windows: int = 0) -> None:
        """As `_tkinter`'s."""
        self._loop.run_main(most_windows)

    def quit(self) -> None:
        """As `_tkinter`'s."""
        self._loop.quit()

    def dooneevent(self, *_: Any) -> int:
        """As `_tkinter`'s."""
        self._loop.update()
        return 1

    def globalsetvar(self, name: Any, value: Any) -> None:
        """Set a variable, and call what watches it."""
        name = str(name)
        self._variables[name] = tuple(value) if isinstance(value, list) else value
        self._writes[name] = self._writes.get(name, 0) + 1
        self._loop.touch()
        for function in list(self._traces.get(name, ())):
            self.call(function, name, "", "write")

    def globalgetvar(self, name: Any) -> Any:
        """A variable's value."""
        return self._variables.get(str(name), "")

    def globalunsetvar(self, name: Any) -> None:
        """Forget a variable."""
        self._variables.pop(str(name), None)

    setvar, getvar, unsetvar = globalsetvar, globalgetvar, globalunsetvar

    def has_variable(self, name: Any) -> bool:
        """Whether there is a variable of this name."""
        return str(name) in self._variables

    def getint(self, value: Any) -> int:
        """A whole number in a result; what has no meaning without a screen is 0. Raises `TclError` for others."""
        try:
            return 0 if value is NOTHING else int(shown(value))
        except ValueError:
            self.fail(f'expected integer but got "{value}"')

    def getdouble(self, value: Any) -> float:
        """The same for a number with a fraction."""
        try:
            return 0.0 if value is NOTHING else float(shown(value))
        except ValueError:
            self.fail(f'expected floating-point number but got "{value}"')

    def getboolean(self, value: Any) -> bool:
        """The same for a truth."""
        return str(value).lower() in ("1", "1.0", "true", "yes", "on")

    def splitlist(self, value: Any) -> tuple[Any, ...]:
        """The parts of a list in a result."""
        return split_list(value)

    split = splitlist

    def wantobjects(self, *_: Any) -> bool:
        """Numbers stay numbers."""
        return True

    def willdispatch(self) -> None:
        """Nothing has to be told."""

    def interpaddr(self) -> int:
        """There is no address in memory."""
        return 0

    def _after(self, when: Any, *script: Any) -> Any:
        loop = self._loop
        if when == "cancel":
            return loop.cancel(str(script[0]))
        if when == "info":
            return self._awaited(*script)
        try:
            delay_s = 0.0 if when == "idle" else int(shown(when)) / 1000
        except ValueError:
            self.fail(f'bad argument "{when}": must be cancel, idle, info, or an integer')
        return loop.add(delay_s, lambda: self.call(*script)) if script else loop.sleep(delay_s)

    def _awaited(self, name: Any = None) -> Any:
        if name is None:
            return self._loop.awaited()
        if str(name) not in self._loop.awaited():
            self.fail(f'event "{name}" doesn\'t exist')
        return (str(name), "timer")

    def _update(self, *idle_tasks: Any) -> None:
        if not idle_tasks:  # With them, Tk only draws.
            self._loop.update()

    def _ask(self, *_: Any) -> None:
        """A dialog: nobody answers, and everything else goes on."""
        self._loop.run(lambda: False)

    def _await(self, what: str, name: Any) -> None:
        name = str(name)
        before = self._writes.get(name)
        if what == "variable":
            self._loop.run(lambda: self._writes.get(name) != before)
        elif what == "window":
            self._loop.run(lambda: name not in self._widgets)

    def _destroy(self, *paths: Any) -> None:
        for path in map(str, paths):
            if path == "." and "." in self._widgets:
                self._loop.windows -= 1
            inside = path if path == "." else f"{path}."
            for name in [name for name in self._widgets if name == path or name.startswith(inside)]:
                del self._widgets[name]
        self._loop.touch()

    def _info(self, what: str, name: Any = "", *_: Any) -> Any:
        if what == "patchlevel":
            return f"{self._variables['tcl_version']}.0"
        return what == "exists" and self.has_variable(name)

    def _trace(self, what: str, *words: Any) -> Any:
        """Both spellings: `trace add variable NAME OPERATIONS COMMAND` and `trace variable NAME OPERATION COMMAND`."""
        if what in ("add", "variable", "remove", "vdelete"):
            name, operations, command = words[-3:]
            function, watching = str(self.splitlist(command)[0]), self._traces.setdefault(str(name), [])
            if what in ("remove", "vdelete"):
                self._traces[str(name)] = [each for each in watching if each != function]
            elif "w" in str(operations):
                watching.append(function)
        return ()

    def _winfo(self, what: str, path: Any = ".", *_: Any) -> Any:
        if what == "exists":
            return str(path) in self._widgets
        if what == "geometry":
            return "1x1+0+0"
        return 1 if what in _SIZES else _SCREEN_PX.get(what, NOTHING)

    def _bind(self, path: Any, sequence: Any = None, script: Any = None) -> str:
        if script is not None:
            self._bound[str(path), str(sequence)] = str(script)
        return ""

    def _event(self, what: str, path: Any = ".", sequence: Any = "", *options: Any) -> str:
        """A program's own event reaches what is bound to it; all others come from a person."""
        found = _BOUND.search(self._bound.get((str(path), str(sequence)), "")) if what == "generate" else None
        if found is not None:
            words = [found[1], *(str(path) if field == "%W" else "0" for field in found[2].split())]
            if "-when" in options:
                self._loop.add(0.0, lambda: self.call(*words), "event")
            else:
                self.call(*words)
        return ""

    def _image(self, what: str, *words: Any) -> Any:
        if what == "create":
            self._widgets[str(words[1])] = Widget({}, self)
            return words[1]
        return 1 if what in _SIZES else ""

    def _style(self, what: str, *words: Any) -> Any:
        if what == "theme" and words[0] == "use":
            self._variables[CURRENT_THEME] = words[1]
        return THEMES if (what, *words) == ("theme", "names") else ""
