"""From an image file's bytes to the network's input: header and limits are checked before any pixel is decoded."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from classifier.errors import ImageError

LIMIT_PX: Final = 40_000_000
"""The most pixels that a picture may have. The header tells how many it has, before anything is decoded."""

LIMIT_SCANS: Final = 200
"""The most scans that a JPEG may have. Each costs a pass over the whole picture however few bytes it has: 10 MB of
empty scans would keep the decoder busy for an hour. Cameras write one scan, progressive encoders about ten."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8"
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE: Final = frozenset(range(0xD0, 0xD8)) | {0x01}
_REDUCED: Final = (
    (8, cv2.IMREAD_REDUCED_COLOR_8),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
)


class TornImageError(ImageError):
    """A picture that starts as a JPEG or PNG and stops in the middle."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file's header says: the format, width and height in px."""

    format: str
    width_px: int
    height_px: int


def read_header(image: bytes) -> Header:
    """The header of a whole JPEG or PNG file. Raises `TornImageError`, or `ImageError` for anything else."""
    if not image:
        raise ImageError("image must be a JPEG or PNG file, got 0 bytes")
    if image.startswith(_JPEG):
        return _jpeg_header(image)
    if image.startswith(_PNG):
        return _png_header(image)
    raise ImageError(f"image must be a JPEG or PNG file, got bytes that begin with {image[:4]!r}")


def decode(image: bytes, edge_px: int) -> NDArray[np.uint8]:
    """The picture's middle square, scaled: uint8 [edge_px, edge_px, 3] in BGR.

    Large pictures are reduced while they are decoded. Raises `ImageError` with the reason.
    """
    header = read_header(image)
    if header.width_px * header.height_px > LIMIT_PX:
        raise ImageError(f"image must have {LIMIT_PX} px or fewer, got {header.width_px} x {header.height_px} px")
    try:
        picture = cv2.imdecode(np.frombuffer(image, np.uint8), _flag(header, edge_px) | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise ImageError(f"image must be decodable as {header.format}, got: {error.err}") from error
    if picture is None:
        raise ImageError(f"image must be decodable as {header.format}, got damaged content")
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = picture[top : top + side, left : left + side]
    return np.asarray(cv2.resize(middle, (edge_px, edge_px), interpolation=cv2.INTER_LINEAR), np.uint8)


def _flag(header: Header, edge_px: int) -> int:
    """The flag that reduces a picture while it is read, as far as both its sides stay longer than the edge."""
    shortest_px = min(header.width_px, header.height_px)
    for factor, flag in _REDUCED:
        if shortest_px >= factor * edge_px * 1.4:
            return flag
    return cv2.IMREAD_COLOR


def _png_header(image: bytes) -> Header:
    """Width and height from IHDR, the end from IEND (PNG specification, 5.3 and 11.2).

    This reads every chunk's length, since the decoder allocates as much as a chunk claims to have, up to 4 GB.
    """
    at = len(_PNG)
    while at + 12 <= len(image):
        kind = image[at + 4 : at + 8]
        if (at == len(_PNG)) != (kind == b"IHDR"):
            raise ImageError(
                f"image must have IHDR as its first chunk and only there, got a PNG with {kind!r} at byte {at}"
            )
        at += 12 + int.from_bytes(image[at : at + 4], "big")
        if kind == b"IEND" and at <= len(image):
            width_px, height_px = int.from_bytes(image[16:20], "big"), int.from_bytes(image[20:24], "big")
            return _sized("PNG", width_px, height_px)
    raise TornImageError(f"image must be whole, got a PNG that ends after {len(image)} bytes")


def _jpeg_header(image: bytes) -> Header:
    """Width and height from the frame header, the end from EOI after it (ITU-T T.81, B.1 and B.2.2)."""
    at = 2
    while at + 4 <= len(image):
        if image[at] != 0xFF:
            raise ImageError(f"image must have a marker at byte {at}, got a JPEG without one")
        marker = image[at + 1]
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == 0xD9:
            raise ImageError("image must have a frame, got a JPEG without one")
        if marker == 0x00:  # The decoder would read on from the next byte, and see another frame.
            raise ImageError(f"image must have a marker at byte {at}, got a JPEG without one")
        if marker in _FRAMES and at + 9 <= len(image):
            if image.find(b"\xff\xd9", at + 9) == -1:
                break
            scans = image.count(b"\xff\xda")
            if scans > LIMIT_SCANS:
                raise ImageError(f"image must have {LIMIT_SCANS} scans or fewer, got a JPEG of {scans}")
            height_px, width_px = (int.from_bytes(image[at + i : at + i + 2], "big") for i in (5, 7))
            return _sized("JPEG", width_px, height_px)
        at += 2 + max(int.from_bytes(image[at + 2 : at + 4], "big"), 2)
    raise TornImageError(f"image must be whole, got a JPEG that ends after {len(image)} bytes")


def _sized(kind: str, width_px: int, height_px: int) -> Header:
    if width_px == 0 or height_px == 0:
        raise ImageError(f"image must have 1 px or more each way, got a {kind} of {width_px} x {height_px} px")
    return Header(kind, width_px, height_px)
