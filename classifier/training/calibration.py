"""Calibration: one engine's raw answers, turned into probabilities that mean what they say, unknown among them.

The probability of a class is softmax(logits / temperature) (Guo et al. 2017) times the probability that the image is
of a known kind at all, a logistic function of its distance from the known classes. What is left over is `unknown`.
The probability that an image lies between two classes goes to both, half and half, so that neither is sure of it.
"""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.metadata import BETWEEN, Calibration, Card

Floats = NDArray[np.float64]

_TEMPERATURES: Final = np.exp(np.linspace(np.log(0.3), np.log(4.0), 105))
_EXPECTED_UNKNOWN: Final = 0.20
"""Share of unknown pictures to expect on a line. Training sets hold more of them, which makes a model too wary."""

_WARINESS: Final = np.geomspace(2, 0.25, 19)
"""What the odds of `unknown` are multiplied by: the first at which clean items are still recognised. Twice at the most:
there five models lost 0.8 to 1.2 % of a class's fresh items, where 350 validation images of it showed 0.5 to 2.8 %.
"""

_LOST_TO_UNKNOWN: Final = 0.0075
"""The most of any class's clean items that may be called `unknown`."""

_KNOWN_KEPT: Final = 0.997
_CUT_ROOM: Final = 1.25
"""The distance cut lies this much further out than where that share of the known images ends."""

_STEEPNESS: Final = 9.0
"""How many scales lie between the typical known image and the cut: 0.9999 of its probability is left to it."""

_RIGHT_WHEN_SURE: Final = 0.97
_BETWEEN_SURE: Final = 0.07
"""The most of the images between two classes that may be answered surely."""

_THRESHOLDS: Final = np.arange(0.60, 0.991, 0.01)


def probabilities(
    logits: NDArray[np.float32], distances: NDArray[np.float32], calibration: Calibration, card: Card
) -> Floats:
    """Probabilities [n, classes] from a card's logits [n, outputs] and distances [n]; the last class is `unknown`."""
    known = tempered(logits, calibration, unknown=len(card.classes) - 1) @ _shares(card)
    far = (distances.astype(np.float64) - calibration.distance_cut) / calibration.distance_scale
    known[:, :-1] *= (1 / (1 + np.exp(np.clip(far, -50, 50))))[:, None]
    known[:, -1] = 1 - known[:, :-1].sum(axis=1)
    return known


def _shares(card: Card) -> Floats:
    """How much of each output's probability each class gets [outputs, classes]: its own all, what is between half."""
    rows = [[name in output.split(BETWEEN) for name in card.classes] for output in card.outputs]
    shares = np.array(rows, np.float64)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def tempered(logits: NDArray[np.float32], calibration: Calibration, *, unknown: int) -> Floats:
    """Softmax of logits [n, outputs] at the calibration's temperature, with its odds of the output `unknown`."""
    scaled = logits.astype(np.float64) / calibration.temperature
    scaled[:, unknown] += np.log(calibration.unknown_odds)
    scaled -= scaled.max(axis=1, keepdims=True)
    np.exp(scaled, out=scaled)
    scaled /= scaled.sum(axis=1, keepdims=True)
    return scaled


def calibrate(
    logits: NDArray[np.float32], distances: NDArray[np.float32], targets: NDArray[np.int64], card: Card
) -> Calibration:
    """The calibration that fits a card's validation answers: logits [n, outputs], distances [n], outputs wanted [n].

    A target of -1 is an image between classes that has no output: it counts for the threshold alone. Unknown images
    are weighed, and their odds corrected, as if they were as rare as on a line (Saerens et al. 2002); then the odds
    are raised as far as clean fruit allows, for what no training set has shown, or lowered as far as it needs.
    """
    unknown = len(card.classes) - 1
    foreign, fruit = targets == unknown, (targets >= 0) & (targets < unknown)
    share = float(foreign.sum() / (foreign | fruit).sum())
    odds = _odds(_EXPECTED_UNKNOWN) / _odds(share) if share > _EXPECTED_UNKNOWN else 1.0
    near = distances[fruit]
    cut = float(np.quantile(near, _KNOWN_KEPT)) * _CUT_ROOM
    fitted = Calibration(
        unknown_odds=odds,
        distance_cut=cut,
        distance_scale=max((cut - float(np.median(near))) / _STEEPNESS, 1e-6),
    )
    named, weights = targets >= 0, np.where(foreign, odds, 1.0)
    temperature = _best_temperature(logits[named], targets[named], weights[named], fitted, unknown=unknown)
    fitted = msgspec.structs.replace(fitted, temperature=temperature)
    fitted = _wary(logits[fruit], distances[fruit], targets[fruit], fitted, card)
    answers = probabilities(logits, distances, fitted, card)
    return msgspec.structs.replace(fitted, threshold=_lowest_sure(answers, targets, weights))


def _wary(
    logits: NDArray[np.float32], distances: NDArray[np.float32], targets: NDArray[np.int64], fitted: Calibration,
    card: Card,
) -> Calibration:  # fmt: skip
    """The calibration with the highest odds of `unknown` that clean fruit of every class allows."""
    unknown, wary = len(card.classes) - 1, fitted
    for factor in _WARINESS:
        wary = msgspec.structs.replace(fitted, unknown_odds=fitted.unknown_odds * float(factor))
        lost = probabilities(logits, distances, wary, card).argmax(axis=1) == unknown
        if all(lost[targets == kind].mean() <= _LOST_TO_UNKNOWN for kind in np.unique(targets)):
            break
    return wary


def _odds(share: float) -> float:
    return share / (1 - share)


def expected_calibration_error(
    answers: Floats, labels: NDArray[np.int64], seconds: NDArray[np.int64], bins: int = 15
) -> float:
    """The mean gap between confidence and accuracy over equal bins of confidence (Naeini et al. 2015).

    Where `seconds` differ from `labels`, the image lies between the two classes, and either is half right.
    """
    confidence, said = answers.max(axis=1), answers.argmax(axis=1)
    right = ((said == labels) * 1.0 + (said == seconds)) / 2
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(right[which == b].mean() - confidence[which == b].mean()) * (which == b).sum() for b in np.unique(which)
    ]
    return float(sum(gaps) / len(labels))


def auroc(known: Floats, foreign: Floats) -> float:
    """The probability that a known image scores above a foreign one, ties counted half (Mann-Whitney)."""
    ordered = np.sort(foreign)
    below = np.searchsorted(ordered, known, "left") + np.searchsorted(ordered, known, "right")
    return float(below.sum() / (2 * len(known) * len(foreign)))


def _best_temperature(
    logits: NDArray[np.float32], targets: NDArray[np.int64], weights: Floats, calibration: Calibration, *, unknown: int
) -> float:
    """The temperature of the least weighted negative log likelihood."""
    rows = np.arange(len(targets))
    losses = []
    for temperature in _TEMPERATURES:
        at = msgspec.structs.replace(calibration, temperature=float(temperature))
        likely = tempered(logits, at, unknown=unknown)[rows, targets]
        losses.append(-np.average(np.log(likely + 1e-12), weights=weights))
    return float(_TEMPERATURES[int(np.argmin(losses))])


def _lowest_sure(answers: Floats, targets: NDArray[np.int64], weights: Floats) -> float:
    """The lowest threshold at which sure names of fruit are nearly always right where there is a right one, and rare
    where an image lies between two.
    """
    confidence, said = answers.max(axis=1), answers.argmax(axis=1)
    between = (targets < 0) | (targets >= answers.shape[1])
    for threshold in _THRESHOLDS:
        sure = (confidence >= threshold) & (said != answers.shape[1] - 1)
        rare = not between.any() or sure[between].mean() <= _BETWEEN_SURE
        clear = sure & ~between
        if rare and clear.any() and np.average((said == targets)[clear], weights=weights[clear]) >= _RIGHT_WHEN_SURE:
            return round(float(threshold), 2)
    return round(float(_THRESHOLDS[-1]), 2)
