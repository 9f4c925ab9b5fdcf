"""The user's own program on its way to a worker on another machine: the files of its folder, packed and unpacked."""

import atexit
import shlex
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Final

import msgspec

from twin.errors import ArgumentError
from twin.links.external_controller import ExternalController

MOST_BYTES: Final = 50_000_000
"""More than a program with its settings and a small model. What is larger has to lie on the workers already."""

LEFT_OUT: Final = {"__pycache__", "venv", "node_modules", "scenario-failures"}
LOGS: Final = {".log", ".out"}
CAMPAIGN_FILE: Final = "campaign.json"
"""The file that makes a folder that of a campaign."""

RESULTS: Final = (CAMPAIGN_FILE, "trace.jsonl")
"""Files that make a folder one of results, of a campaign or of a run."""

FOLDER: Final = "{folder}"
"""Stands in a command line, and in the paths of lines, for the folder with the program's files."""

ComputingLine = tuple[str, int, float]
"""A line of a program that computes for long: its file, its number, and the time that it takes, in s."""


class ProgramFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a program's folder, and its command line with `FOLDER` where the folder was.

    `starts_inside`: the program was to start in that folder, and does so where the files are unpacked.
    """

    command: str
    files: tuple[tuple[str, bytes], ...] = ()
    starts_inside: bool = False

    @property
    def digests(self) -> dict[str, str]:
        """A digest of each file, by its name."""
        return {name: blake2b(content, digest_size=16).hexdigest() for name, content in self.files}

    def unpacked(self, computing: tuple[ComputingLine, ...] | None = None) -> ExternalController:
        """The program from the unpacked files, which are unpacked once in a process.

        `computing` has the lines that compute for long; None: they are measured.
        """
        folder = _unpacked(self)
        lines = None if computing is None else [(path.replace(FOLDER, folder), line, s) for path, line, s in computing]
        return ExternalController(
            self.command.replace(FOLDER, folder), folder=Path(folder) if self.starts_inside else None, computing=lines
        )

    def computing(self, program: ExternalController) -> tuple[ComputingLine, ...]:
        """The lines of the unpacked program that computed for long in its runs so far."""
        folder = _unpacked(self)
        return tuple((path.replace(folder, FOLDER), line, s) for path, line, s in program.hosts().computing)


def packed(command: str) -> ProgramFiles:
    """The files of the folder of the first file in a command line. Without one, only the command line.

    Left out are hidden files, what tools leave there, logs, and folders of results, as of campaigns and saved runs:
    they change meanwhile, and are not the program. Raises `ArgumentError` for a command line that is none, and a folder
    that is too large, or cannot be read.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ArgumentError("controller", command, f"a command line ({error})") from None
    if not words:
        raise ArgumentError("controller", command, "a command line that starts a Python program")
    program = _program_in(words)
    if program is None:
        return ProgramFiles(command=command)
    folder = Path(program).resolve().parent
    files, size = [], 0
    try:
        for path in _files_of(folder):
            files.append((path.relative_to(folder).as_posix(), path.read_bytes()))
            size += len(files[-1][1])
            if size > MOST_BYTES:
                must = f"a program in a folder of at most {MOST_BYTES / 1e6:.0f} MB, which goes to the workers"
                raise ArgumentError("controller", command, must)
    except OSError as error:
        raise ArgumentError("controller", command, f"a program whose folder can be read ({error})") from None
    inside = Path(program).name
    placed = [f"{FOLDER}/{inside}" if word == program else word for word in words]
    return ProgramFiles(command=shlex.join(placed), files=tuple(files), starts_inside=folder == Path.cwd().resolve())


def folder_of(command: str) -> Path | None:
    """The folder of the first file in a command line that can be split; None without one."""
    program = _program_in(shlex.split(command))
    return None if program is None else Path(program).resolve().parent


def _program_in(words: list[str]) -> str | None:
    return next((word for word in words[1:] if Path(word).is_file()), None)


def _files_of(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in LEFT_OUT:
            continue
        if path.is_dir():
            if not any((path / name).exists() for name in RESULTS):
                yield from _files_of(path)
        elif path.suffix not in LOGS:
            yield path


@cache
def _unpacked(program: ProgramFiles) -> str:
    """The folder with the files, which this process removes at its end."""
    folder = Path(mkdtemp(prefix="twin-program-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    for name, content in program.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder.as_posix()
