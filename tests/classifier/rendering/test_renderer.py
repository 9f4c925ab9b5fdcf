"""The renderer: repeatable, complete, within the camera's frame."""

import hashlib
import subprocess
import sys

import cv2
import numpy as np
import pytest

from classifier.rendering.foreign_objects import FOREIGN_KINDS, STRANGE_KINDS
from classifier.rendering.optics import FAULTS, spoil
from classifier.rendering.peach import draw_peach
from classifier.rendering.printed import print_peach
from classifier.rendering.renderer import render, render_between, render_empty, render_foreign, render_two
from classifier.rendering.ripeness import GAPS, RIPENESS, palette

CLASSES = ("ripe", "half_ripe", "raw")


def decoded(image: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)


def hue_deg(image: bytes) -> float:
    """Median hue of the item's middle, from -90 to 270 degrees."""
    middle = decoded(image)[100:140, 140:180]
    hue = cv2.cvtColor(middle, cv2.COLOR_BGR2HSV)[..., 0].astype(float) * 2
    return float(np.median((hue + 90) % 360 - 90))


def sharpness(image: bytes) -> float:
    """How much edge there is in a picture: the variance of its Laplacian."""
    return float(cv2.Laplacian(cv2.cvtColor(decoded(image), cv2.COLOR_BGR2GRAY), cv2.CV_64F).var())


def coarseness(jpeg: bytes) -> int:
    """How coarsely a JPEG keeps brightness: the sum of its first quantisation table, 64 steps after five bytes."""
    at = jpeg.index(b"\xff\xdb") + 5
    return sum(jpeg[at : at + 64])


@pytest.mark.parametrize("look", ["card", "box"])
def test_a_print_is_compressed_about_as_little_as_lines_cameras_do(look: str) -> None:
    rendered = [coarseness(render(name, seed=seed, look=look)) for name in CLASSES for seed in range(10)]
    blank = np.zeros((8, 8, 3), np.uint8)
    simulator, worst = (
        coarseness(cv2.imencode(".jpg", blank, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())
        for quality in (95, 85)
    )
    assert min(rendered) <= simulator
    assert max(rendered) <= worst


@pytest.mark.parametrize("item_class", [*CLASSES, "plum"])
def test_the_same_seed_gives_the_same_bytes_and_another_seed_gives_others(item_class: str) -> None:
    assert render(item_class, seed=3) == render(item_class, seed=3)
    assert render(item_class, seed=3) != render(item_class, seed=4)


def test_another_process_renders_the_same_bytes() -> None:
    script = (
        "import hashlib; from classifier.rendering.renderer import render;"
        "print(hashlib.sha256(b''.join(render(c, seed=s) for c in ('ripe','half_ripe','raw','other')"
        " for s in range(3))).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    here = b"".join(render(c, seed=s) for c in ("ripe", "half_ripe", "raw", "other") for s in range(3))
    assert there == hashlib.sha256(here).hexdigest()


def test_every_picture_is_320_by_240_in_colour() -> None:
    images = [render(c, seed=1) for c in CLASSES] + [render_empty(seed=1), render_two("ripe", "raw", seed=1)]
    images += [render_foreign(kind, seed=2) for kind in FOREIGN_KINDS + STRANGE_KINDS]
    images += [
        render_between(seed=5, gap=0),
        render("ripe", seed=1, fault="dark"),
        render("raw", seed=1, fault="blurred"),
    ]
    assert {decoded(image).shape for image in images} == {(240, 320, 3)}


def test_ripe_is_redder_than_half_ripe_and_half_ripe_redder_than_raw() -> None:
    hues = {c: np.median([hue_deg(render(c, seed=s)) for s in range(40)]) for c in CLASSES}
    assert hues["ripe"] < 12 < hues["half_ripe"] < 48 < hues["raw"]


@pytest.mark.parametrize(("hue", "item_class"), [(0, "ripe"), (3, "ripe"), (18, "half_ripe"), (38, "half_ripe")])
def test_the_hues_of_red_and_orange_tomatoes_lie_within_their_classes(hue: float, item_class: str) -> None:
    hsv = cv2.cvtColor(palette(0.0, 1.0, 1.0)[None], cv2.COLOR_BGR2HSV)[0]
    found = (hsv[:, 0] + 90) % 360 - 90
    ripeness = int(np.abs(found - hue).argmin()) / (len(found) - 1)
    begin, end = RIPENESS[item_class]
    assert begin + 0.01 < ripeness < end - 0.01


def test_classes_do_not_touch() -> None:
    for lower, upper, begin, end in GAPS:
        assert RIPENESS[lower][1] == begin < end == RIPENESS[upper][0]


def test_a_longer_item_covers_more_of_the_picture() -> None:
    short, long = (decoded(render("ripe", seed=8, length_m=m)).astype(int) for m in (0.05, 0.11))
    empty_of_red = [int(((p[..., 2] - p[..., 1]) > 40).sum()) for p in (short, long)]
    assert empty_of_red[1] > 2 * empty_of_red[0]


@pytest.mark.parametrize(("length_m", "lateral_m"), [(0.001, 0.0), (2.0, 0.0), (0.08, 1.0), (0.08, -1.0), (0.5, 0.1)])
def test_extreme_sizes_and_places_are_drawn(length_m: float, lateral_m: float) -> None:
    assert decoded(render("raw", seed=1, length_m=length_m, lateral_m=lateral_m)).shape == (240, 320, 3)


@pytest.mark.parametrize("length_m", [0.0, -1.0, float("nan")])
def test_a_length_that_is_not_above_zero_is_refused(length_m: float) -> None:
    with pytest.raises(ValueError, match="length_m"):
        render("raw", seed=1, length_m=length_m)


def test_faults_are_repeatable_and_match_their_names() -> None:
    image = render("ripe", seed=9)
    spoilt = {fault: spoil(image, fault, seed=2) for fault in FAULTS}
    assert spoilt == {fault: spoil(image, fault, seed=2) for fault in FAULTS}
    assert image.startswith(spoilt["torn"])
    assert len(spoilt["torn"]) < len(image)
    assert not spoilt["not_an_image"].startswith(b"\xff\xd8")
    assert decoded(spoilt["dark"]).mean() < 20
    assert sharpness(spoilt["blurred"]) < sharpness(image) / 4


def test_an_unknown_fault_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"fault must be one of blurred, .*, got 'melted'"):
        spoil(b"", "melted", seed=0)


PRINTED = ("card", "box")


@pytest.mark.parametrize(("look", "shape"), [("card", (100, 100, 3)), ("box", (400, 480, 3))])
def test_a_printed_look_has_its_camera_s_size_and_the_same_bytes_for_the_same_seed(
    look: str, shape: tuple[int, ...]
) -> None:
    images = [render(c, seed=1, look=look) for c in CLASSES]
    images += [render_empty(seed=1, look=look), render_two("ripe", "raw", seed=1, look=look)]
    images += [render_foreign(kind, seed=2, look=look) for kind in FOREIGN_KINDS + STRANGE_KINDS]
    images += [render_between(seed=5, gap=0, look=look), render("ripe", seed=1, fault="dark", look=look)]
    assert {decoded(image).shape for image in images} == {shape}
    assert render("ripe", seed=3, look=look) == render("ripe", seed=3, look=look) != render("ripe", seed=4, look=look)


def print_hue_deg(item_class: str, ripeness: float, seed: int) -> float:
    """The hue of a printed peach's mean colour, from -90 to 270 degrees."""
    patch, cover = draw_peach(np.random.default_rng(seed), item_class, ripeness, 60.0)
    mean = np.average(patch.reshape(-1, 3), axis=0, weights=cover.ravel()).astype(np.float32)
    hue = float(cv2.cvtColor(mean[None, None], cv2.COLOR_BGR2HSV)[0, 0, 0])
    return (hue + 90) % 360 - 90


def test_a_printed_peach_s_mean_colour_has_the_hue_of_its_class() -> None:
    for item_class, (low, high) in {"raw": (50, 80), "half_ripe": (10.5, 47), "ripe": (-18, 10.5)}.items():
        begin, end = RIPENESS[item_class]
        hues = [print_hue_deg(item_class, begin + (end - begin) * s / 29, s) for s in range(30)]
        assert low < min(hues) < max(hues) < high, (item_class, hues)


@pytest.mark.parametrize("look", PRINTED)
def test_a_printed_peach_lies_on_white(look: str) -> None:
    for seed in range(12):
        card = print_peach(np.random.default_rng(seed), look, "raw", 0.1, 80.0)
        assert card.shape == (80, 80, 3)
        assert min(card[0, 0].min(), card[-1, 0].min(), card[0, -1].min(), card[-1, -1].min()) > 0.85


def test_a_look_that_there_is_none_of_is_refused() -> None:
    with pytest.raises(ValueError, match="look must be one of fruit, card, box, got 'coin'"):
        render("ripe", seed=1, look="coin")
