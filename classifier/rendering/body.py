"""Bodies: the outline, the roundness and the light on something that lies on the belt.

A body is drawn in a square patch of its own. `fruit` and `foreign_objects` draw its skin.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Patch = NDArray[np.float32]
Generator = np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """The light of one picture: where it comes from, how much of it is diffuse, how sharp it shines."""

    direction: tuple[float, float, float]
    ambient: float
    gloss: float
    sharpness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A round body in a patch of [n, n] points: polar coordinates, normals and how much of a point it covers.

    `rho` is 0 in the middle and 1 on the outline; `theta` in radians; `alpha` in [0, 1].
    """

    rho: Patch
    theta: Patch
    across: Patch
    down: Patch
    up: Patch
    alpha: Patch

    @property
    def size_px(self) -> int:
        """The patch's edge."""
        return int(self.rho.shape[0])


def draw_light(rng: Generator) -> Light:
    """A random light from above."""
    azimuth, height = rng.uniform(0, 2 * np.pi), rng.uniform(0.45, 0.95)
    flat = float(np.sqrt(1 - height**2))
    return Light(
        direction=(flat * float(np.cos(azimuth)), flat * float(np.sin(azimuth)), float(height)),
        ambient=float(rng.uniform(0.3, 0.65)),
        gloss=float(rng.uniform(0.0, 0.7)),
        sharpness=float(np.exp(rng.uniform(np.log(8), np.log(90)))),
    )


def round_body(rng: Generator, length_px: float, *, aspect: float, bumps: float) -> Body:
    """A body `length_px` long along the belt, `aspect` times as wide, its outline bumpy by `bumps` of its radius."""
    half = max(length_px, length_px * aspect) / 2
    size = int(np.ceil(half * 2 * 1.25)) + 4
    axis = np.arange(size, dtype=np.float32) - (size - 1) / 2
    x, y = axis[None, :] / (length_px / 2), axis[:, None] / (length_px * aspect / 2)
    theta = np.arctan2(y, x)
    rho = np.sqrt(x * x + y * y) / outline(theta, rng, bumps)
    alpha = np.clip((1 - rho) * half + 0.5, 0, 1)
    up = np.sqrt(np.clip(1 - rho * rho, 0, 1))
    return Body(rho=rho, theta=theta, across=rho * np.cos(theta), down=rho * np.sin(theta), up=up, alpha=alpha)


def outline(theta: Patch, rng: Generator, bumps: float) -> Patch:
    """A random outline's radius over the angle, 1 on the average: a short Fourier series."""
    radius = np.ones_like(theta)
    for order in range(1, 6):
        radius += (bumps * rng.normal() / order) * np.cos(order * theta + rng.uniform(0, 2 * np.pi))
    return np.clip(radius, 0.5, 1.2)


def shade(skin: Patch, body: Body, light: Light) -> Patch:
    """The skin [n, n, 3] under the light: Lambert's cosine and a Phong highlight (Phong 1975), [n, n, 3]."""
    x, y, z = light.direction
    facing = np.clip(body.across * x + body.down * y + body.up * z, 0, None)
    lit = light.ambient + (1.25 - light.ambient) * facing
    mirrored = np.clip(2 * facing * body.up - z, 0, 1)
    shine = light.gloss * mirrored**light.sharpness
    return np.asarray(skin * cv2.merge([lit] * 3) + cv2.merge([shine] * 3), np.float32)


def smooth_noise(rng: Generator, height_px: int, width_px: int, grain_px: float) -> Patch:
    """Noise [h, w] of deviation about 1 whose spots are about `grain_px` wide."""
    rows, columns = int(height_px / grain_px) + 3, int(width_px / grain_px) + 3
    coarse = rng.standard_normal((rows, columns), dtype=np.float32)
    return np.asarray(cv2.resize(coarse, (width_px, height_px), interpolation=cv2.INTER_CUBIC), np.float32)


def lay(picture: Patch, patch: Patch, alpha: Patch, centre_px: tuple[float, float]) -> None:
    """Lay a patch on the picture in place, its middle at `centre_px` (x, y); what hangs over the edge is cut off."""
    height, width = picture.shape[:2]
    size_y, size_x = alpha.shape
    left, top = round(centre_px[0] - size_x / 2), round(centre_px[1] - size_y / 2)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + size_x, width), min(top + size_y, height)
    if x0 >= x1 or y0 >= y1:
        return
    under = picture[y0:y1, x0:x1]
    cover = cv2.merge([alpha[y0 - top : y1 - top, x0 - left : x1 - left]] * 3)
    under += (patch[y0 - top : y1 - top, x0 - left : x1 - left] - under) * cover


def cast_shadow(picture: Patch, alpha: Patch, centre_px: tuple[float, float], light: Light, depth: float) -> None:
    """Darken the picture where a body of this cover keeps the light off, in place."""
    x, y, _ = light.direction
    reach = alpha.shape[0] * 0.12
    soft = np.asarray(cv2.blur(alpha, (9, 9)) * depth, np.float32)
    black = np.zeros((*alpha.shape, 3), np.float32)
    lay(picture, black, soft, (centre_px[0] - x * reach, centre_px[1] - y * reach))
