"""Calibration: one engine's raw answers, turned into probabilities that mean what they say, unknown among them.

The probability of a class is softmax(logits / temperature) (Guo et al. 2017) times the probability that the image is
of a known kind at all, a logistic function of its distance from the known classes. What is left over is `unknown`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier.card import SURE_AT, Calibration

Floats = NDArray[np.float64]

_TEMPERATURES: Final = np.exp(np.linspace(np.log(0.3), np.log(4.0), 105))
_KNOWN_KEPT: Final = 0.997
"""Share of the known images that lie within the distance cut."""

_STEEPNESS: Final = 9.0
"""How many scales lie between the typical known image and the cut: 0.9999 of its probability is left to it."""

_RIGHT_WHEN_SURE: Final = 0.998
_THRESHOLDS: Final = np.arange(SURE_AT, 0.991, 0.01)


def probabilities(logits: NDArray[np.float32], distances: NDArray[np.float32], calibration: Calibration) -> Floats:
    """Probabilities [n, classes] from logits [n, classes] and distances [n]; the last class is `unknown`."""
    known = tempered(logits, calibration.temperature)
    far = (distances.astype(np.float64) - calibration.distance_cut) / calibration.distance_scale
    known[:, :-1] *= (1 / (1 + np.exp(np.clip(far, -50, 50))))[:, None]
    known[:, -1] = 1 - known[:, :-1].sum(axis=1)
    return known


def tempered(logits: NDArray[np.float32], temperature: float) -> Floats:
    """Softmax of logits [n, classes] at a temperature."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    np.exp(scaled, out=scaled)
    scaled /= scaled.sum(axis=1, keepdims=True)
    return scaled


def calibrate(logits: NDArray[np.float32], distances: NDArray[np.float32], labels: NDArray[np.int64]) -> Calibration:
    """The calibration that fits validation answers: logits [n, classes], distances [n], labels [n]."""
    unknown = logits.shape[1] - 1
    near = distances[labels != unknown]
    cut = float(np.quantile(near, _KNOWN_KEPT))
    fitted = Calibration(
        temperature=_best_temperature(logits, labels),
        distance_cut=cut,
        distance_scale=max((cut - float(np.median(near))) / _STEEPNESS, 1e-6),
    )
    answers = probabilities(logits, distances, fitted)
    return Calibration(
        temperature=fitted.temperature,
        distance_cut=fitted.distance_cut,
        distance_scale=fitted.distance_scale,
        threshold=_lowest_sure(answers, labels),
    )


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


def _best_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The temperature of the least negative log likelihood."""
    rows = np.arange(len(labels))
    losses = [-np.log(tempered(logits, float(t))[rows, labels] + 1e-12).mean() for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def _lowest_sure(answers: Floats, labels: NDArray[np.int64]) -> float:
    """The lowest threshold, from `SURE_AT` up, above which answers that name a fruit are nearly always right."""
    confidence, said = answers.max(axis=1), answers.argmax(axis=1)
    for threshold in _THRESHOLDS:
        sure = (confidence >= threshold) & (said != answers.shape[1] - 1)
        if sure.any() and (said == labels)[sure].mean() >= _RIGHT_WHEN_SURE:
            return round(float(threshold), 2)
    return SURE_AT
