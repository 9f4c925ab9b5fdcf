"""The pictures of a run: how they are named, and the folder in which they are kept."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from twin.errors import FileError

PICTURES: Final = "pictures"
"""The folder's name: image files, named by their digests in the trace."""

MOST_PICTURES: Final = 2000
"""The most that a run keeps."""

MOST_THUMBNAILS: Final = 400
"""The most that one report shows. Each takes about 1.5 kB of it."""

_PNG: Final = b"\x89PNG"

PictureWatcher = Callable[[str, bytes], None]
"""Gets the digest and the bytes of each item's picture when the camera takes it."""


def picture_digest(image: bytes) -> str:
    """The name of a picture in the trace: a digest of the image file's bytes, in hexadecimal."""
    return hashlib.blake2b(image, digest_size=8).hexdigest()


def write_pictures(folder: Path, images: Mapping[str, bytes]) -> None:
    """Write image files, by digest, to a new folder. Raises `FileError`."""
    try:
        folder.mkdir()
        for digest, image in images.items():
            (folder / f"{digest}.{'png' if image.startswith(_PNG) else 'jpg'}").write_bytes(image)
    except OSError as error:
        raise FileError(f"{folder}: {error.strerror or error}; choose a folder that can be written") from None


def read_pictures(folder: Path) -> tuple[dict[str, bytes], str | None]:
    """The pictures in a folder, by digest, and what is wrong with the first file that is none of them.

    What a fault has spoilt, so that it is no image, is a picture of the run all the same.
    """
    images: dict[str, bytes] = {}
    caution = None
    paths = sorted(folder.iterdir())[:MOST_PICTURES] if folder.is_dir() else []
    for path in paths:
        try:
            image = path.read_bytes()
        except OSError as error:
            caution = caution or f"{path}: {error.strerror or error}"
            continue
        found = picture_digest(image)
        if found == path.stem:
            images[found] = image
        else:
            caution = caution or f"{path} must be the picture whose digest is its name, got one with {found}"
    return images, caution
