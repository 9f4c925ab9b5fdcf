"""The kinds of files that a run writes, told apart by their content."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import msgspec

from twin.errors import FileError
from twin.scenario.scenario import Scenario

Content = Literal["scenario", "trace", "summary", "file of beliefs"]

LONGEST_SNIFFED_BYTES: Final = 16 * 1024 * 1024
_USE: Final[dict[Content, str]] = {
    "scenario": "use it with `twin run` or `twin replay`", "trace": "use it with `twin check` or `twin report`",
    "summary": "it is for people and scripts, and no command reads it",
    "file of beliefs": "use its folder with `twin report`",
}  # fmt: skip


@contextmanager
def read_as(content: Content, path: Path) -> Iterator[None]:
    """Improve the `FileError` of a reader: if the file is of another kind, name the command that the file is for.

    If the file is of the expected kind, or of no known kind, the reader's own error is raised.
    """
    try:
        yield
    except FileError:
        found = _content(path)
        if found is None or found == content:
            raise
        raise FileError(f"{path} is a {found}, not a {content}; {_USE[found]}") from None


def _content(path: Path) -> Content | None:
    """Guess the kind of a JSON file by the keys of its object, or of the object in its first line."""
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST_SNIFFED_BYTES)
    except OSError:
        return None
    for part in (text, text.partition(b"\n")[0]):
        try:
            keys = set(msgspec.json.decode(part, type=dict[str, msgspec.Raw]))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if keys == {"format", "beliefs"}:
            return "file of beliefs"
        if "kind" in keys:
            return "trace"
        if keys and keys <= set(Scenario.__struct_fields__):
            return "scenario"
        return "summary" if {"digest", "violations"} <= keys else None
    return None
