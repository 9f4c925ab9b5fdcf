"""Image files of every sort, made by hand."""

import struct
import zlib

import cv2
import numpy as np

RED, GREEN, BLUE = (0, 0, 200), (0, 200, 0), (200, 0, 0)


def plain(colour: tuple[int, int, int], *, suffix: str = ".jpg", width_px: int = 64, height_px: int = 48) -> bytes:
    """One colour (BGR) all over."""
    return cv2.imencode(suffix, np.full((height_px, width_px, 3), colour, np.uint8))[1].tobytes()


def grey_png() -> bytes:
    return cv2.imencode(".png", np.full((48, 64), 128, np.uint8))[1].tobytes()


def deep_png() -> bytes:
    """16 bits a channel."""
    return cv2.imencode(".png", np.full((48, 64, 3), (0, 0, 50_000), np.uint16))[1].tobytes()


def huge_png(edge_px: int = 30_000) -> bytes:
    """A PNG whose header says that it is huge, in about a hundred bytes."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", edge_px, edge_px, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(b"")),
              (b"IEND", b"")]  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def gif() -> bytes:
    return bytes.fromhex("474946383961010001008000000000 00ffffff2c00000000010001000002024401003b")


def torn(image: bytes, share: float = 0.6) -> bytes:
    return image[: int(len(image) * share)]


def cmyk_jpeg() -> bytes:
    """A baseline JPEG of four components, 16 x 16, every coefficient zero (ITU-T T.81), marked as Adobe's CMYK."""
    quantisation = b"\xff\xdb" + struct.pack(">HB", 67, 0) + bytes([1] * 64)
    adobe = b"\xff\xee" + struct.pack(">H", 14) + b"Adobe" + struct.pack(">HHHB", 100, 0, 0, 0)
    parts = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3, 4))
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 8 + 12, 8, 16, 16, 4) + parts
    tables = b"".join(
        b"\xff\xc4" + struct.pack(">HB", 2 + 1 + 16 + 1, kind) + bytes([1] + [0] * 15) + b"\x00"
        for kind in (0x00, 0x10)
    )
    scan = b"\xff\xda" + struct.pack(">HB", 6 + 8, 4) + b"".join(bytes([n, 0]) for n in (1, 2, 3, 4)) + b"\x00\x3f\x00"
    # Four blocks of four components; each block is one code for a zero difference and one for the end of the block.
    return b"\xff\xd8" + adobe + quantisation + frame + tables + scan + bytes(4) + b"\xff\xd9"
