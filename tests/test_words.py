"""One word per thing: no identifier of the code contains a word that has a better one in this project."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("twin", "controller", "classifier", "scenarios", "benchmarks", "examples", "docs", "tests")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))

BETTER = {
    "sight": "tracker", "stray": "clutter", "strays": "clutter", "mistrust": "mark_ambiguous", "doubt": "ambiguity",
    "doubts": "ambiguities", "stretch": "leg or phase", "modelled": "simulated", "noted": "annotated or scripted",
    "ear": "listener", "ears": "listeners", "hear": "receive", "hears": "receives", "heard": "received",
    "utter": "publish", "obituary": "exit_reason", "film": "picture source", "films": "pictures", "desk": "batcher",
    "diary": "log", "story": "property or narration", "stories": "properties", "mishap": "fault", "mishaps": "faults",
    "told": "requested or narrated", "said": "reported or printed", "rider": "belt item", "riders": "belt items",
    "outlet": "client", "messenger": "client", "hardened": "patched", "life": "incarnation or track", "lives": "tracks",
    "way": "leg, trajectory or channel", "ways": "legs, trajectories or directions",
}  # fmt: skip
"""Words that are refused wherever they are part of an identifier, and what to write."""

BETTER_WHOLE = {
    "Shift": "Simulation", "Turn": "TrackEvent", "LIFE": "TRACK_TRANSITIONS", "Times": "TimingModel",
    "Lengths": "DwellRange", "Card": "ModelMetadata", "Row": "ItemQueue", "Head": "RodHead", "Tap": "EmbeddedClient",
    "Post": "Client", "Rider": "BeltItem", "Room": "Package", "Tracked": "Track",
}  # fmt: skip
"""Words that are refused only if they are the whole identifier."""

ALLOWED = {"way"}
"""The field of the link's faults: a key of scenario files."""


def identifiers(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each name that the code gives or uses, with its line."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name, line
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, line
            case ast.alias(name=name, asname=other):
                yield name.rpartition(".")[2], line
                yield other or "", line
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name, line
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                yield from ((name, line) for name in names)


def better_words(identifier: str) -> list[str]:
    """What to write in place of the words in an identifier that have a better one."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", identifier)
    found = [f"{word}: {BETTER[word.lower()]}" for word in words if word.lower() in BETTER]
    if identifier in BETTER_WHOLE:
        found.append(f"{identifier}: {BETTER_WHOLE[identifier]}")
    return [] if identifier in ALLOWED else found


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_identifier_has_a_word_that_has_a_better_one(folder):
    wrong = []
    for path in SOURCES:
        place = path.relative_to(ROOT)
        if place.parts[0] != folder:
            continue
        names = [(part, 0) for part in place.with_suffix("").parts]
        for name, line in [*names, *identifiers(ast.parse(path.read_text(encoding="utf-8")))]:
            wrong += [f"{place}:{line}: {name} ({word})" for word in better_words(name)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def hear_all(): pass", ["hear: receive"]),
        ("import a.outlet as told", ["outlet: client", "told: requested or narrated"]),
        ("x.strayNear = Shift(desk=1)", ["stray: clutter", "Shift: Simulation", "desk: batcher"]),
        ("fault.way, Shifted, early, lifetime, wayward", []),
    ],
)
def test_each_identifier_is_looked_at(code, words):
    found = [word for name, _ in identifiers(ast.parse(code)) for word in better_words(name)]
    assert sorted(found) == sorted(words)
