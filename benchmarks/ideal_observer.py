"""What an ideal observer of an item's mean colour would leave unsure: nobody who looks at colour alone can do better.

    python benchmarks/ideal_observer.py [--fruit 40000] [--threshold 0.75 0.8] [--look card]

It knows how items are drawn, lit and seen by the camera. Of bare fruit it has the colour before it is compressed, and
knows neither the variety nor the white balance; of a print it has the camera's file, and knows where the print lies and
what the paper is seen as. From the hue and the saturation of the mean colour, the paper made white, it works out how
likely each class is. As in training, a fifth of the pictures lies between two classes, and belongs half to each. Who is
sure of more clean items is sure of more of those in the gaps.
"""

import argparse
from collections.abc import Iterable, Sequence
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
MARGIN_PX = 8
"""Of paper around a print, in the camera's file."""

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
    finer = LOOKS[look].finer
    edge_px = len(card) // finer + 2 * MARGIN_PX
    scene = np.full((edge_px * finer, edge_px * finer, 3), paper, np.float32)
    begin = MARGIN_PX * finer
    scene[begin : begin + len(card), begin : begin + len(card)] = card
    sheet = cv2.resize(scene, (edge_px, edge_px), interpolation=cv2.INTER_AREA)
    optics = replace(draw_wide_optics(rng, finer=finer), vignette=0.0)
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


def unsure_shares(count: int, thresholds: Sequence[float], look: str = FRUIT) -> dict[float, dict[str, float]]:
    """For each threshold the share of items left unsure: clean ones by class and over all, and those in the gaps."""
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
    sureness = {
        name: how_sure(weights, (colour_of(rng, name, rng.uniform(*RIPENESS[name])) for _ in range(count // 4)))
        for name in FRUIT_CLASSES
    }
    sureness["all"] = np.concatenate(list(sureness.values()))
    between = (
        colour_of(rng, str(rng.choice([lower, upper])), rng.uniform(begin, end))
        for lower, upper, begin, end in GAPS
        for _ in range(count // 8)
    )
    sureness["gaps"] = how_sure(weights, between)
    return {at: {name: float(np.mean(sure < at)) for name, sure in sureness.items()} for at in thresholds}


def how_sure(weights: dict[tuple[int, int], np.ndarray], colours: Iterable[tuple[float, float]]) -> np.ndarray:
    """How likely each item's likeliest class is, by how often each class has had its colour; 0 for one never seen."""
    shares = (weights.get(cell(colour)) for colour in colours)
    return np.array([0.0 if share is None else share.max() / share.sum() for share in shares])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fruit", type=int, default=40_000, help="of each class and gap")
    parser.add_argument("--threshold", type=float, nargs="+", default=[0.75])
    parser.add_argument("--look", choices=LOOKS, default=FRUIT)
    options = parser.parse_args()
    for threshold, found in unsure_shares(options.fruit, options.threshold, options.look).items():
        for name, share in found.items():
            print(f"sure at {threshold}: {name:10} {share:.2%} unsure")


if __name__ == "__main__":
    main()
