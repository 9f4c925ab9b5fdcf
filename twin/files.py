"""The files that a run takes and leaves: which is which, whether they can be written, and the summary's writing."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import msgspec

from twin.errors import FileError
from twin.scenario.scenario import Scenario

Content = Literal["scenario", "trace", "summary"]

LONGEST_SNIFFED_BYTES: Final = 16 * 1024 * 1024
_TAKEN_BY: Final[dict[Content, str]] = {
    "scenario": "`twin run` and `twin replay` take it", "trace": "`twin check` takes it",
    "summary": "it is for people and scripts, and no command takes it",
}  # fmt: skip


@contextmanager
def read_as(content: Content, path: Path) -> Iterator[None]:
    """What reads the file at `path` and raises `FileError` there: raises one that says what the file is for instead.

    Where it is what it should be, or nothing that is known, the reader's own error stays.
    """
    try:
        yield
    except FileError:
        found = _content(path)
        if found is None or found == content:
            raise
        raise FileError(f"{path} is a {found}, not a {content}: {_TAKEN_BY[found]}") from None


def _content(path: Path) -> Content | None:
    """What a JSON file seems to hold, by the keys of its object, or of that in its first line."""
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
        if "kind" in keys:
            return "trace"
        if keys and keys <= set(Scenario.__struct_fields__):
            return "scenario"
        return "summary" if {"digest", "violations"} <= keys else None
    return None


def check_writable(option: str, path: Path | None) -> None:
    """Raise `FileError`, naming the option, where a file could not be written later. What stands there stays."""
    if path is None:
        return
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            return  # A pipe or a device: whoever is at its other end would notice.
        new = not os.path.lexists(path)
        path.open("ab").close()
        if new:
            path.unlink()
    except OSError as error:
        why = error.strerror or error
        raise FileError(f"{option} = {str(path)!r}: {why}; allowed is a file that can be written") from None


def write_json(path: Path, content: msgspec.Struct) -> None:
    """Something as JSON. Raises `FileError`."""
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}; this needs a file that can be written") from None
