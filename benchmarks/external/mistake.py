"""One mistake: a sound program, a change of its text, and the smallest scenario that proves the result broken."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from twin import Item, RecognizerModel, Scenario

ROOT: Final = Path(__file__).parents[2]
_EXAMPLES: Final = ROOT / "examples" / "controllers"
_PROGRAMS: Final = Path(__file__).parent / "programs"

SOUND: Final[Mapping[str, Path]] = {
    "one_at_a_time": _EXAMPLES / "sound_one_at_a_time.py",
    "windows": _EXAMPLES / "sound_windows.py",
    "asyncio": _EXAMPLES / "sound_asyncio.py",
    "state_and_event": _PROGRAMS / "state_and_event.py",
    "loop_by_hand": _PROGRAMS / "loop_by_hand.py",
}
"""The sound programs, by style."""


class ChangeError(Exception):
    """A change that does not fit its program."""


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """A mistake in the program of a `style`. `kind` is what the mistake is, in a few words.

    `change` is how the text of the program differs: lines that stay, with a blank before them, lines that go (`-`), and
    lines that come (`+`); `@@` on a line of its own between two places. `scenario` is as small as one can be that shows
    the mistake.
    """

    name: str
    style: str
    kind: str
    change: str
    scenario: Scenario

    def text(self) -> str:
        """The broken program. Raises `ChangeError` if the change does not fit its program in just one place."""
        text = SOUND[self.style].read_text(encoding="utf-8")
        for place in self.change.strip("\n").split("\n@@\n"):
            lines = place.split("\n")
            old = "".join(f"\n{line[1:]}" for line in lines if not line.startswith("+"))
            new = "".join(f"\n{line[1:]}" for line in lines if not line.startswith("-"))
            if text.count(f"{old}\n") != 1:
                raise ChangeError(f"{self.name}: the program {self.style} has {text.count(old)} times:{old}")
            text = text.replace(f"{old}\n", f"{new}\n")
        return text


def write_program(mistake: Mistake, folder: Path) -> Path:
    """Write the broken program to a folder."""
    path = folder / f"{mistake.name}.py"
    path.write_text(mistake.text(), encoding="utf-8")
    compile(mistake.text(), path, "exec")
    return path


def command_of(program: Path, service: str = "{service}") -> str:
    """The command line of a program, for the twin."""
    return f"{shlex.quote(sys.executable)} {shlex.quote(str(program))} {{host}} {{port}} {service}"


def scenario(classes: str, *faults: Any, answer_s: float = 0.02, **fields: Any) -> Scenario:
    """A scenario with items of these classes, by their first letters, as long as usual."""
    names = {"r": "raw", "h": "half_ripe", "R": "ripe"}
    return Scenario(
        items=tuple(Item(item_class=names[letter]) for letter in classes), faults=faults,
        recognizer=RecognizerModel(latency_s=answer_s), **fields,
    )  # fmt: skip
