"""What an ideal observer of an item's mean colour would leave unsure: nobody who looks at colour alone can do better.

    python benchmarks/ideal_observer.py [--fruit 40000] [--threshold 0.75] [--look card]

It knows how items are drawn, lit and seen by the camera. Of bare fruit it knows neither the variety nor the white
balance of the picture before it; of a print it has the camera's file, knows where print and white paper lie in it, and
makes the paper white. From the hue and the saturation of the mean colour it works out how likely each class is. As in
training, a fifth of the pictures lies between two classes, and belongs half to each. Who is sure of more clean items is
sure of more of those in the gaps.
"""

import argparse
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import cv2
import numpy as np

from classifier.rendering.body import draw_light
from classifier.rendering.fruit import draw_fruit, draw_skin
from classifier.rendering.looks import FRUIT, LOOKS
from classifier.rendering.optics import develop, draw_optics, draw_wide_optics, encode
from classifier.rendering.printed import print_peach
from classifier.rendering.ripeness import FRUIT_CLASSES, GAPS, RIPENESS
from classifier.rendering.synthesis import BETWEEN_SHARE

SEED = 20_261_122
LENGTH_PX = 36.0
CARD_M = 0.08
HUE_STEP_DEG, SATURATION_STEP = 0.75, 0.05
INK = 0.03
"""How much darker than the paper a print is at least, in one colour."""


def mean_colour(look: str, rng: np.random.Generator, item_class: str, ripeness: float) -> tuple[float, float]:
    """Hue in degrees and saturation of a fruit's mean colour, as the camera has it, with stalk, rot and highlight."""
    if look != FRUIT:
        return printed_colour(look, rng, item_class, ripeness)
    patch, cover = draw_fruit(rng, draw_skin(rng, item_class, ripeness), LENGTH_PX, draw_light(rng))
    mean = np.average(np.clip(patch, 0, 1).reshape(-1, 3), axis=0, weights=cover.ravel())
    optics = draw_optics(rng)
    return hue_and_saturation(np.clip(mean * optics.gains, 0, 1) ** optics.gamma)


def printed_colour(look: str, rng: np.random.Generator, item_class: str, ripeness: float) -> tuple[float, float]:
    """The same of a print, read off the camera's file where the print lies, after its paper was made white there."""
    card = print_peach(rng, look, item_class, ripeness, CARD_M * LOOKS[look].px_per_m)
    paper = card.max(axis=(0, 1))
    sheet = np.full((*LOOKS[look].scene_px[::-1], 3), paper, np.float32)
    top, left = (sheet.shape[0] - card.shape[0]) // 2, (sheet.shape[1] - card.shape[1]) // 2
    sheet[top : top + len(card), left : left + len(card)] = card
    sheet = cv2.resize(sheet, (LOOKS[look].width_px, LOOKS[look].height_px), interpolation=cv2.INTER_AREA)
    optics = replace(draw_wide_optics(rng, finer=LOOKS[look].finer), vignette=0.0)
    file = encode(develop(rng, sheet, optics), optics.quality)
    seen = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR) / 255
    white = np.clip(paper * optics.gains, 0, 1) ** optics.gamma
    print_mean = seen[(paper - sheet).max(axis=2) > INK].mean(axis=0)
    return hue_and_saturation(np.clip(print_mean / white, 0, 1))


def hue_and_saturation(seen: np.ndarray) -> tuple[float, float]:
    """Of a colour in BGR; hues from -90 on."""
    hue, saturation, _ = cv2.cvtColor(np.asarray(seen[None, None], np.float32), cv2.COLOR_BGR2HSV)[0, 0]
    return (float(hue) + 90) % 360 - 90, float(saturation)


def cell(colour: tuple[float, float]) -> tuple[int, int]:
    return round(colour[0] / HUE_STEP_DEG), round(colour[1] / SATURATION_STEP)


def unsure_share(count: int, threshold: float, look: str = FRUIT) -> dict[str, float]:
    """The share of items that the observer leaves unsure: clean ones by class and over all, and those in the gaps."""
    colour_of = partial(mean_colour, look)
    rng = np.random.default_rng(SEED)
    weights: dict[tuple[int, int], np.ndarray] = {}
    clean = (1 - BETWEEN_SHARE) / len(FRUIT_CLASSES)
    for number, name in enumerate(FRUIT_CLASSES):
        for _ in range(count):
            at = cell(colour_of(rng, name, rng.uniform(*RIPENESS[name])))
            weights.setdefault(at, np.zeros(3))[number] += clean
    for lower, upper, begin, end in GAPS:
        for _ in range(count):
            at = cell(colour_of(rng, str(rng.choice([lower, upper])), rng.uniform(begin, end)))
            for name in (lower, upper):
                weights.setdefault(at, np.zeros(3))[FRUIT_CLASSES.index(name)] += BETWEEN_SHARE / len(GAPS) / 2
    found = {}
    for name in FRUIT_CLASSES:
        items = (colour_of(rng, name, rng.uniform(*RIPENESS[name])) for _ in range(count // 4))
        found[name] = 1 - sure_share(weights, items, threshold)
    between = (
        colour_of(rng, str(rng.choice([lower, upper])), rng.uniform(begin, end))
        for lower, upper, begin, end in GAPS
        for _ in range(count // 8)
    )
    return found | {"all": float(np.mean(list(found.values()))), "gaps": 1 - sure_share(weights, between, threshold)}


def sure_share(
    weights: dict[tuple[int, int], np.ndarray], colours: Iterable[tuple[float, float]], threshold: float
) -> float:
    """The share of items of which the observer is sure, by how often each class has had their colour."""
    sure = []
    for colour in colours:
        shares = weights.get(cell(colour))
        sure.append(shares is not None and shares.max() / shares.sum() >= threshold)
    return float(np.mean(sure))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fruit", type=int, default=40_000, help="of each class and gap")
    parser.add_argument("--threshold", type=float, default=0.75)
    parser.add_argument("--look", choices=LOOKS, default=FRUIT)
    options = parser.parse_args()
    for name, share in unsure_share(options.fruit, options.threshold, options.look).items():
        print(f"{name:10} {share:.2%} unsure")


if __name__ == "__main__":
    main()
