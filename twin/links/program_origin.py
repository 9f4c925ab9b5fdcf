"""Which program an external controller's command line starts: its interpreter, and a digest of its files."""

import hashlib
import shlex
import shutil
from pathlib import Path
from typing import Final

LARGEST_BYTES: Final = 64 * 1024 * 1024
"""A larger file among the words is data, or a model, and takes no part in the digest."""


def interpreter_of(command: str) -> str | None:
    """The path of what the command line starts; None if it is not found."""
    words = words_of(command)
    found = shutil.which(words[0]) if words else None
    return None if found is None else Path(found).as_posix()


def names_python(program: str) -> bool:
    """Whether a command line's first word is an interpreter of Python: python3.12, pypy, Windows' py, pythonw.exe."""
    return Path(program).stem.lower().rstrip("w.0123456789") in ("python", "pypy", "py")


def program_digest(command: str) -> str | None:
    """A digest of the files that the command line names, such as a script; None if it names none."""
    files = [path for path in map(Path, words_of(command)[1:]) if path.is_file()]
    content = hashlib.blake2b(digest_size=16)
    counted = 0
    for path in files:
        if path.stat().st_size <= LARGEST_BYTES:
            content.update(hashlib.blake2b(path.read_bytes(), digest_size=16).digest())
            counted += 1
    return content.hexdigest() if counted else None


def words_of(command: str) -> list[str]:
    """The words of a command line; none of one that cannot be split."""
    try:
        return shlex.split(command)
    except ValueError:
        return []
