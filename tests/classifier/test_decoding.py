"""From files' bytes to pixels: what is read, what is refused, and with which error."""

import contextlib

import cv2
import numpy as np
import pytest
from support import image_files

from classifier.decoding import TornImageError, decode, read_header
from classifier.errors import ImageError


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_picture_is_scaled_to_the_edge_and_keeps_its_colour(suffix: str) -> None:
    pixels = decode(image_files.plain(image_files.GREEN, suffix=suffix), 32)
    assert pixels.shape == (32, 32, 3)
    assert np.abs(pixels.reshape(-1, 3).mean(axis=0) - image_files.GREEN).max() < 3


@pytest.mark.parametrize("image", [image_files.grey_png(), image_files.deep_png(), image_files.cmyk_jpeg()])
def test_grey_deep_and_cmyk_pictures_are_read(image: bytes) -> None:
    assert decode(image, 32).shape == (32, 32, 3)


def test_a_large_picture_is_read_like_a_small_one() -> None:
    small = image_files.plain(image_files.RED)
    large = image_files.plain(image_files.RED, width_px=1280, height_px=960)
    assert np.abs(decode(small, 64).astype(int) - decode(large, 64)).max() <= 4


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (b"", "0 bytes"),
        (b"no picture at all", "begin with"),
        (image_files.gif(), "begin with b'GIF8'"),
        (image_files.huge_png(), "or fewer, got 30000 x 30000 px"),
        (b"\xff\xd8\xff\xd9\0\0", "must have a frame"),
        (b"\xff\xd8" + bytes(100), "must have a marker"),
        (image_files.huge_png(0), "0 x 0 px"),
        (image_files.huge_png(64), "must be decodable as PNG"),
        (image_files.plain(image_files.RED) + b"\xff\xda" * 200, "200 scans or fewer, got a JPEG of 201"),
        (b"\xff\xd8\xff\x00\x00\x04" + image_files.plain(image_files.RED)[2:], "must have a marker at byte 2"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(image: bytes, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        decode(image, 32)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.9])
def test_a_torn_file_is_recognised_without_decoding_it(suffix: str, share: float) -> None:
    rng = np.random.default_rng(1)
    whole = cv2.imencode(suffix, rng.integers(0, 255, (48, 64, 3), dtype=np.uint8))[1].tobytes()
    assert read_header(whole).width_px == 64
    with pytest.raises(TornImageError):
        read_header(image_files.torn(whole, share))


def test_a_chunk_that_claims_4_gb_is_never_given_memory() -> None:
    whole = image_files.plain(image_files.RED, suffix=".png")
    claims_4_gb = whole[:33] + b"\xff\xff\xff\x00" + whole[37:]
    with pytest.raises(TornImageError):
        decode(claims_4_gb, 32)


def test_a_png_whose_header_is_not_its_first_chunk_is_refused() -> None:
    whole = image_files.plain(image_files.RED, suffix=".png")
    with pytest.raises(ImageError, match="IHDR as its first chunk"):
        decode(whole[:8] + b"\0\0\0\0tEXt\0\0\0\0" + whole[8:], 32)


def test_any_bytes_raise_an_image_error_at_most() -> None:
    rng = np.random.default_rng(2)
    whole = image_files.plain(image_files.RED, suffix=".png")
    for number in range(120):
        image = bytearray(whole) if number % 2 else bytearray(rng.bytes(int(rng.integers(1, 400))))
        for at in rng.integers(0, len(image), 5):
            image[at] = rng.integers(0, 256)
        with contextlib.suppress(ImageError):
            decode(bytes(image), 16)
