"""Programs that write files: two runs of one side by side in one folder would get in each other's way.

Under the virtual clock all runs of a program have the same date and the same process number, so that even names made of
these are the same.
"""

import hashlib
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir
from typing import IO, Final

from scenarios.failures import FOLDER

MOST_ENTRIES: Final = 5000
"""In larger folders not all files are looked at."""

_OTHERS: Final = {"__pycache__", FOLDER.name, "node_modules", "site-packages", "venv"}
"""Folders in which something else than the program writes."""


def folders_of(command: str) -> tuple[Path, ...]:
    """Where a program of a command line is likely to write: the working folder, and its own."""
    words = [Path(word) for word in shlex.split(command)[1:]]
    return tuple(dict.fromkeys([Path.cwd(), *(word.resolve().parent for word in words if word.suffix == ".py")]))


def times_of(folders: tuple[Path, ...]) -> Mapping[str, int]:
    """When each file below these folders was changed last, and each sub-folder that has no module in it."""
    found: dict[str, int] = {}
    for top in folders:
        for folder, names, files in os.walk(top):
            paths = [os.path.join(folder, name) for name in files]
            paths += [] if Path(folder) == top or "__pycache__" in names else [folder]
            for path in paths:
                with suppress(OSError):
                    found[path] = os.stat(path).st_mtime_ns
            if len(found) > MOST_ENTRIES:
                break
            names[:] = sorted(name for name in names if name not in _OTHERS and not name.startswith("."))
    return found


def written(before: Mapping[str, int], after: Mapping[str, int]) -> str:
    """The first file or folder that is new or changed; empty if there is none."""
    return next((path for path in sorted(after) if before.get(path) != after[path]), "")


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other process is in here for this folder."""
    name = hashlib.blake2b(os.fsencode(folder), digest_size=8).hexdigest()
    with (Path(gettempdir()) / f"twin-{_user()}-{name}.lock").open("a+b") as file:
        _lock(file)
        yield  # The lock is given back when the file is closed.


def _user() -> str:
    """Nobody may write to another user's file in the folder of temporary files."""
    if sys.platform == "win32":
        return "user"  # The folder is the user's own there.
    return str(os.getuid())


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        locked = False
        while not locked:
            with suppress(OSError):  # It gives up after ten seconds.
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                locked = True
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
