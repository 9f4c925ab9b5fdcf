"""A folder of the user's own pictures: one sub-folder a class, with JPEG and PNG files."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from controller.errors import printable
from controller.simulation.oracle import can_carry_note
from twin.errors import FileError
from twin.scenario.item import FOREIGN

SUFFIXES: Final = (".jpg", ".jpeg", ".png")
_SAME: Final = {"half-ripe": "half_ripe", "other": FOREIGN}
"""Names that folders have in other places, and the class that they mean here."""


class PictureFolder:
    """The pictures of each class in a folder, and the `digest` of all of them."""

    def __init__(self, path: Path, pictures: Mapping[str, Sequence[Path]], digest: str) -> None:
        self.path = path
        self.digest = digest
        self._pictures = pictures

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of which there are pictures, in order. Foreign objects are none."""
        return tuple(sorted(set(self._pictures) - {FOREIGN}))

    def picture(self, item_class: str, number: int) -> bytes | None:
        """One of a class's pictures, as the bytes of its file; None if there are none.

        The same number is the same picture. Raises `FileError` if it has gone since.
        """
        found = self._pictures.get(item_class)
        if not found:
            return None
        path = found[number % len(found)]
        try:
            return path.read_bytes()
        except OSError as error:
            raise FileError(f"{path}: {error.strerror or error}") from None


def _require_text(folder: Path) -> None:
    """Raise `FileError` for a name that is no text: a scenario's file, which names it, could not be written."""
    if printable(folder) != str(folder):
        raise FileError(f"--pictures must be a folder whose name, and those in it, are text, got {printable(folder)!r}")


def _picture(file: Path) -> bytes:
    content = file.read_bytes()
    if not can_carry_note(content):
        raise FileError(f"{file} must be a JPEG or PNG file, got bytes that begin with {content[:4]!r}")
    return content


@lru_cache(maxsize=4)
def load_pictures(path: Path) -> PictureFolder:
    """Read a folder of pictures. Raises `FileError` for one that has none, and for a file that is no picture."""
    pictures: dict[str, list[Path]] = {}
    content = hashlib.blake2b(digest_size=16)
    _require_text(path)
    try:
        for folder in sorted(entry for entry in path.iterdir() if entry.is_dir() and entry.name[0] != "."):
            _require_text(folder)
            files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES and file.name[0] != ".")
            for file in files:
                content.update(f"{folder.name}/{printable(file.name)}\0".encode())
                content.update(hashlib.blake2b(_picture(file), digest_size=16).digest())
            if files:
                pictures.setdefault(_SAME.get(folder.name, folder.name), []).extend(files)
    except OSError as error:
        raise FileError(f"--pictures must be a folder, got {str(path)!r} ({error.strerror or error})") from None
    if not pictures:
        must = "a folder with a sub-folder of JPEG or PNG files for each class, such as ripe, half_ripe and raw"
        raise FileError(f"--pictures must be {must}, got {str(path)!r}")
    return PictureFolder(path, pictures, content.hexdigest())
