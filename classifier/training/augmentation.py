"""Augmentation: changes to a picture that leave its class as it is. Hue stays, since it tells the classes apart."""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


def augment(image: Image, rng: np.random.Generator) -> Image:
    """The image [h, w, 3], mirrored, shifted, scaled and made lighter or darker at random."""
    height, width = image.shape[:2]
    scale = np.exp(rng.normal(0, 0.08))
    flip_x, flip_y = rng.choice([-1.0, 1.0], 2)
    shift = rng.normal(0, 0.03, 2) * (width, height)
    matrix = np.array([[scale * flip_x, 0, 0], [0, scale * flip_y, 0]])
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    matrix[:, 2] = middle + shift - matrix[:, :2] @ middle
    moved = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    gain, lift = np.exp(rng.normal(0, 0.12)), rng.normal(0, 6)
    return np.asarray(cv2.LUT(moved, cv2.convertScaleAbs(np.clip(np.arange(256) * gain + lift, 0, 255))), np.uint8)
