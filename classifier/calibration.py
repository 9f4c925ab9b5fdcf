"""Calibration: one engine's raw answers, turned into probabilities that mean what they say, unknown among them.

The probability of a class is softmax(logits / temperature) (Guo et al. 2017) times the probability that the image is
of a known kind at all, a logistic function of its distance from the known classes. What is left over is `unknown`.
"""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.card import SURE_AT, Calibration

Floats = NDArray[np.float64]

_TEMPERATURES: Final = np.exp(np.linspace(np.log(0.3), np.log(4.0), 105))
_EXPECTED_UNKNOWN: Final = 0.20
"""Share of unknown pictures to expect on a line. Training sets hold more of them, which makes a model too wary."""

_KNOWN_KEPT: Final = 0.997
_CUT_ROOM: Final = 1.1
"""The distance cut lies this much further out than where that share of the known images ends."""

_STEEPNESS: Final = 9.0
"""How many scales lie between the typical known image and the cut: 0.9999 of its probability is left to it."""

_RIGHT_WHEN_SURE: Final = 0.97
_THRESHOLDS: Final = np.arange(SURE_AT, 0.991, 0.01)


def probabilities(logits: NDArray[np.float32], distances: NDArray[np.float32], calibration: Calibration) -> Floats:
    """Probabilities [n, classes] from logits [n, classes] and distances [n]; the last class is `unknown`."""
    known = tempered(logits, calibration.temperature, calibration.unknown_odds)
    far = (distances.astype(np.float64) - calibration.distance_cut) / calibration.distance_scale
    known[:, :-1] *= (1 / (1 + np.exp(np.clip(far, -50, 50))))[:, None]
    known[:, -1] = 1 - known[:, :-1].sum(axis=1)
    return known


def tempered(logits: NDArray[np.float32], temperature: float, unknown_odds: float = 1.0) -> Floats:
    """Softmax of logits [n, classes] at a temperature, the last class's odds multiplied by `unknown_odds`."""
    scaled = logits.astype(np.float64) / temperature
    scaled[:, -1] += np.log(unknown_odds)
    scaled -= scaled.max(axis=1, keepdims=True)
    np.exp(scaled, out=scaled)
    scaled /= scaled.sum(axis=1, keepdims=True)
    return scaled


def calibrate(logits: NDArray[np.float32], distances: NDArray[np.float32], labels: NDArray[np.int64]) -> Calibration:
    """The calibration that fits validation answers: logits [n, classes], distances [n], labels [n].

    Unknown images are weighed, and their odds corrected, as if they were as rare as on a line (Saerens et al. 2002).
    """
    foreign = labels == logits.shape[1] - 1
    share = float(foreign.mean())
    odds = _odds(_EXPECTED_UNKNOWN) / _odds(share) if share > _EXPECTED_UNKNOWN else 1.0
    near = distances[~foreign]
    cut = float(np.quantile(near, _KNOWN_KEPT)) * _CUT_ROOM
    fitted = Calibration(
        temperature=_best_temperature(logits, labels, np.where(foreign, odds, 1.0), odds),
        unknown_odds=odds,
        distance_cut=cut,
        distance_scale=max((cut - float(np.median(near))) / _STEEPNESS, 1e-6),
    )
    answers = probabilities(logits, distances, fitted)
    return msgspec.structs.replace(fitted, threshold=_lowest_sure(answers, labels))


def _odds(share: float) -> float:
    return share / (1 - share)


def expected_calibration_error(answers: Floats, labels: NDArray[np.int64], bins: int = 15) -> float:
    """The mean gap between confidence and accuracy over equal bins of confidence (Naeini et al. 2015)."""
    confidence, right = answers.max(axis=1), answers.argmax(axis=1) == labels
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
    logits: NDArray[np.float32], labels: NDArray[np.int64], weights: Floats, unknown_odds: float
) -> float:
    """The temperature of the least weighted negative log likelihood."""
    rows = np.arange(len(labels))
    losses = [
        -np.average(np.log(tempered(logits, float(t), unknown_odds)[rows, labels] + 1e-12), weights=weights)
        for t in _TEMPERATURES
    ]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def _lowest_sure(answers: Floats, labels: NDArray[np.int64]) -> float:
    """The lowest threshold, from `SURE_AT` up, above which answers that name a fruit are nearly always right."""
    confidence, said = answers.max(axis=1), answers.argmax(axis=1)
    for threshold in _THRESHOLDS:
        sure = (confidence >= threshold) & (said != answers.shape[1] - 1)
        if sure.any() and (said == labels)[sure].mean() >= _RIGHT_WHEN_SURE:
            return round(float(threshold), 2)
    return SURE_AT
