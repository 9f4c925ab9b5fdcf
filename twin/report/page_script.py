"""The pages' ES modules as one script: a browser loads no module from a file that it opened from disk.

Each module becomes a function that is called once, so that its names stay its own. Only the forms of import and export
that the pages use are understood; any other is refused, so that a page never runs half of a module.
"""

import re
from functools import cache
from graphlib import TopologicalSorter
from html import escape
from importlib.resources import files
from typing import Final

_IMPORT: Final = re.compile(r'^import \{ ([\w, ]+) \} from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export ((?:async )?function|class|const) (\w+)", re.MULTILINE)
_OTHER: Final = re.compile(r"^\s*(?:import|export)\b", re.MULTILINE)


def page_file(name: str) -> str:
    """The text of a file of the pages."""
    return (files("twin.report") / "page" / name).read_text(encoding="utf-8")


def filled_page(title: str, data: str, module: str, start: str) -> str:
    """A page with everything in it: `data` is its JSON, `start` the statement that calls its `module`."""
    script = f"{page_script(module)}\n{start}"
    parts = {"title": escape(title), "style": page_file("page.css"), "data": data, "script": script}
    pieces = re.split(rf"\{{({'|'.join(parts)})\}}", page_file("page.html"))
    return "".join(parts[piece] if place % 2 else piece for place, piece in enumerate(pieces))


@cache
def page_script(start: str) -> str:
    """The module `start` with all that it imports, as one script. It leaves `modules`, by name."""
    sources: dict[str, str] = {}
    imports: dict[str, set[str]] = {}
    wanted = [start]
    while wanted:
        name = wanted.pop()
        if name not in sources:
            sources[name] = page_file(f"{name}.js")
            imports[name] = {found[2] for found in _IMPORT.finditer(sources[name])}
            wanted += sorted(imports[name])
    parts = [_called(name, sources[name]) for name in TopologicalSorter(imports).static_order()]
    return "\n".join(['"use strict";', "const modules = {};", *parts])


def _called(name: str, source: str) -> str:
    """A module as a function that is called at once, whose result has what it exports."""
    exported = ", ".join(found[2] for found in _EXPORT.finditer(source))
    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(r"const { \1 } = modules.\2;", source))
    assert not _OTHER.search(body), f"{name}.js: imports must be of the form import {{ a, b }} from './name.js';"
    return f"modules.{name} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();"
