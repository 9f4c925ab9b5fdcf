"""Small pictures for a report: what the camera saw of each item, as the page shows it on the item."""

import base64
from collections.abc import Iterable, Mapping, Set
from typing import Final

import cv2
import numpy as np

from twin.pictures import MOST_THUMBNAILS

EDGE_PX: Final = 40
QUALITY: Final = 70


def thumbnails(
    pictures: Mapping[str, bytes], digests: Iterable[str | None], known: Set[str] = frozenset()
) -> dict[str, str]:
    """Small copies of pictures, as `data:` addresses by digest, of those first asked for that are not `known`.

    `pictures` are image files by digest. What is no image has none.
    """
    found: dict[str, str] = {}
    for digest in dict.fromkeys(digests):
        if digest is None or digest in known:
            continue
        small = _thumbnail(pictures.get(digest, b""))
        if small is not None:
            found[digest] = small
        if len(found) == MOST_THUMBNAILS:
            break
    return found


def _thumbnail(content: bytes) -> str | None:
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if image is None:
        return None
    scale = EDGE_PX / max(image.shape[:2])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(encoded.tobytes()).decode()}"
