"""The camera: exposure, white balance, vignette, blur, noise, JPEG; and the ways in which a picture goes wrong."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from classifier.rendering.body import Generator, Patch

FAULTS: Final = ("blurred", "dark", "torn", "not_an_image")
"""The camera faults that change a picture's bytes."""

_HAZE_SHARE: Final = 0.4
_BYTE_DIFFERENCE_DEVIATION: Final = 104.5
"""The deviation of the difference of two uniform bytes: 256 / sqrt(6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Optics:
    """One picture's camera: gains a colour (BGR), sizes of blur in px, noise as a share of full scale."""

    gains: tuple[float, float, float]
    gamma: float
    vignette: float
    focus_px: float
    motion_px: int
    noise: float
    quality: int


def draw_optics(rng: Generator) -> Optics:
    """A random camera, within what a working line may have."""
    exposure = float(np.exp(rng.normal(0, 0.16)))
    warmth, tint = rng.normal(0, 0.03), rng.normal(0, 0.015)
    return Optics(
        gains=(exposure * float(np.exp(-warmth)), exposure * float(np.exp(tint)), exposure * float(np.exp(warmth))),
        gamma=float(rng.uniform(0.85, 1.2)),
        vignette=float(rng.uniform(0, 0.35)),
        focus_px=float(rng.uniform(0, 2.0)),
        motion_px=int(rng.integers(0, 6)),
        noise=float(rng.uniform(0.002, 0.03)),
        quality=int(rng.integers(55, 96)),
    )


def draw_wide_optics(rng: Generator, *, finer: int) -> Optics:
    """A random camera of a line of cards or boxes: nobody balanced its colours, but the white paper shows by how much.

    A scene that is drawn `finer` times as large is blurred less, once it is reduced. Tone curves differ little:
    unlike a cast, one turns an orange's hue (by 17 degrees times its logarithm) and leaves the paper white. The JPEGs
    are of the quality that such cameras have: the simulator's 95, the physical line's 92.
    """
    level = float(rng.uniform(0.76, 1.0))
    clean = rng.random() < 0.35
    warmth, tint = (0.0, 0.0) if clean else (rng.normal(0, 0.045), rng.normal(0, 0.04))
    return Optics(
        gains=(level * float(np.exp(-warmth)), level * float(np.exp(tint)), level * float(np.exp(warmth))),
        gamma=float(rng.uniform(0.92, 1.09)),
        vignette=float(rng.uniform(0, 0.3)),
        focus_px=float(rng.uniform(0, 1.6)) / finer,
        motion_px=int(rng.integers(0, 4)) // finer,
        noise=float(rng.uniform(0.001, 0.02)),
        quality=int(rng.integers(85, 98)),
    )


def expose(rng: Generator, picture: Patch) -> None:
    """Uneven light over the scene, and haze before it, in place."""
    height, width = picture.shape[:2]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    picture *= (1 + rng.normal(0, 0.06) * x + rng.normal(0, 0.06) * y)[..., None]
    if rng.random() < _HAZE_SHARE:
        haze = rng.uniform(0, 0.15)
        picture += (rng.uniform(0.55, 1.0) - picture) * np.float32(haze)


def develop(rng: Generator, picture: Patch, optics: Optics) -> NDArray[np.uint8]:
    """The camera's image of a scene [h, w, 3] in BGR, 0 to 1: the same shape in 8 bits."""
    height, width = picture.shape[:2]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    fall = 1 - optics.vignette * 0.5 * (x * x + y * y)
    seen = np.asarray(picture * cv2.merge([fall * np.float32(255 * gain) for gain in optics.gains]), np.float32)
    if optics.focus_px > 0.3:
        seen = np.asarray(cv2.GaussianBlur(seen, (7, 7), optics.focus_px), np.float32)
    if optics.motion_px > 1:
        seen = np.asarray(cv2.blur(seen, (optics.motion_px, 1)), np.float32)
    exposed = cv2.LUT(cv2.convertScaleAbs(seen), _gamma_table(optics.gamma))
    return np.asarray(cv2.add(exposed, _grain(rng, exposed.shape, optics.noise * 255), dtype=cv2.CV_8U), np.uint8)


def _gamma_table(gamma: float) -> NDArray[np.uint8]:
    """The output level [256] of each input level."""
    return np.asarray(np.round(255 * (np.arange(256) / 255) ** gamma), np.uint8)


def _grain(rng: Generator, shape: tuple[int, ...], deviation: float) -> NDArray[np.float32]:
    """Noise of a triangular distribution: the difference of two random bytes, many times faster than a normal draw."""
    count = int(np.prod(shape))
    first, second = np.frombuffer(rng.bytes(2 * count), np.uint8).reshape(2, *shape)
    difference = np.subtract(first, second, dtype=np.int16)
    return np.asarray(difference * np.float32(deviation / _BYTE_DIFFERENCE_DEVIATION), np.float32)


def encode(picture: NDArray[np.uint8], quality: int) -> bytes:
    """The picture as a JPEG file."""
    good, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert good
    return coded.tobytes()


def spoil(image: bytes, fault: str, *, seed: int) -> bytes:
    """The image file with one of `FAULTS`, the same for the same seed. Raises `ValueError` on another fault."""
    rng = np.random.default_rng(seed)
    if fault == "torn":
        return image[: int(len(image) * rng.uniform(0.1, 0.9))]
    if fault == "not_an_image":
        return rng.bytes(max(len(image), 16))
    if fault not in FAULTS:
        raise ValueError(f"fault must be one of {', '.join(FAULTS)}, got {fault!r}")
    picture = np.asarray(cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    quality = int(rng.integers(55, 96))
    if fault == "dark":
        dim = picture.astype(np.float32) * np.float32(rng.uniform(0.0, 0.08))
        dim += rng.uniform(0, 4) * np.abs(rng.standard_normal(dim.shape, dtype=np.float32))
        return encode(np.asarray(dim, np.uint8), quality)
    reach = int(picture.shape[1] * rng.uniform(0.25, 0.6))
    return encode(np.asarray(cv2.blur(cv2.blur(picture, (reach, reach // 2 + 1)), (reach, 1)), np.uint8), quality)
