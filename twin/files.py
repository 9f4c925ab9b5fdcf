"""The files that a run leaves: looked at before it begins, and the summary, written when it is over."""

import os
from pathlib import Path

import msgspec

from twin.errors import FileError
from twin.summary import Summary


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


def write_summary(path: Path, summary: Summary) -> None:
    """The summary as JSON. Raises `FileError`."""
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(summary), indent=1) + b"\n")
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}; a summary needs a file that can be written") from None
