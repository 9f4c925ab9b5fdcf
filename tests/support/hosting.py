"""For tests of the host: runs a program under it until it ends, without a line."""

import ast
import shlex
import sys
from pathlib import Path
from typing import NamedTuple

from classifier.errors import ImageError
from twin.links.hosted.hosts import Hosts
from twin.links.hosted.link import HostedLink
from twin.links.hosted.process import python_command

PROGRAMS = Path(__file__).parents[1] / "programs" / "hosted"


class Hosted(NamedTuple):
    """What came of a program: exit code, reason, and what it wrote."""

    code: int | None
    reason: str
    output: str


class NoRecognizer:
    """It can't tell anything."""

    def classify(self, image):
        raise ImageError("not a picture")


def hosted(*words, python=sys.executable, seed=1, schedule=0):
    """Run a program by its words until it ends, or waits for what never comes."""
    link = HostedLink(Hosts(python_command([python, *map(str, words)])), NoRecognizer(), seed=seed, schedule=schedule)
    try:
        progress = link.start(0.0)
        now_s = progress.at_s
        while progress.exit is None and progress.next_s is not None and progress.next_s < 10_000:
            progress = link.exchange(progress.next_s, 20_000.0)
            now_s = progress.at_s
        code, reason = (None, f"waits at {now_s}") if progress.exit is None else progress.exit
        return Hosted(code, reason, link.output)
    finally:
        link.close()


OF_ONE_KIND = ("primitives", "paho_primitives", "recognitions", "loops")
"""Programs that have a function for each way to wait, to use paho, or to have a picture recognised."""


def primitives():
    """Each such program with the name of one of its functions."""
    trees = {file: ast.parse((PROGRAMS / f"{file}.py").read_text(encoding="utf-8")) for file in OF_ONE_KIND}
    return [
        (file, node.name)
        for file in OF_ONE_KIND
        for node in trees[file].body
        if isinstance(node, ast.FunctionDef) and node.name[0] != "_"
    ]


def controller(name, python=sys.executable):
    """The command line of a controller among the programs."""
    return f"{shlex.quote(Path(python).as_posix())} {shlex.quote((PROGRAMS / name).as_posix())}"
