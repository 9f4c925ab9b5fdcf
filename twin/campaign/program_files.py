"""The user's own program on its way to a worker on another machine: the files of its folder, packed and unpacked."""

import shlex
from functools import cache
from hashlib import blake2b
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import msgspec

from twin.errors import ArgumentError

MOST_BYTES: Final = 50_000_000
"""More than a program with its settings and a small model. What is larger has to lie on the workers already."""

LEFT_OUT: Final = {"__pycache__", ".git", ".venv", "venv", "node_modules", "campaign"}


class ProgramFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a program's folder, and its command line with `{folder}` where the folder was."""

    command: str
    files: tuple[tuple[str, bytes], ...]

    @property
    def digest(self) -> str:
        """A digest of all of it: two packs with the same one are the same program."""
        return blake2b(msgspec.msgpack.encode(self), digest_size=16).hexdigest()

    def unpacked(self) -> str:
        """The command line for the unpacked files. They are unpacked once in a process."""
        return _unpacked(self)


def packed(command: str) -> ProgramFiles:
    """The files of the folder of the first file in a command line. Without one, only the command line.

    Raises `ArgumentError` for a folder that is too large, or cannot be read.
    """
    words = shlex.split(command)
    program = next((word for word in words[1:] if Path(word).is_file()), None)
    if program is None:
        return ProgramFiles(command=command, files=())
    folder = Path(program).resolve().parent
    files, size = [], 0
    try:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if path.is_file() and not LEFT_OUT.intersection(name.parts):
                files.append((name.as_posix(), path.read_bytes()))
                size += len(files[-1][1])
            if size > MOST_BYTES:
                must = f"a program in a folder of at most {MOST_BYTES / 1e6:.0f} MB, which goes to the workers"
                raise ArgumentError("controller", command, must)
    except OSError as error:
        raise ArgumentError("controller", command, f"a program whose folder can be read ({error})") from None
    inside = Path(program).name
    placed = ["{folder}/" + inside if word == program else word for word in words]
    return ProgramFiles(command=shlex.join(placed), files=tuple(files))


@cache
def _unpacked(program: ProgramFiles) -> str:
    if not program.files:
        return program.command
    folder = Path(mkdtemp(prefix="twin-program-"))
    for name, content in program.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return program.command.replace("{folder}", folder.as_posix())
