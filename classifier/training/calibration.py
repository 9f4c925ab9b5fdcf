"""Calibration: fits what turns one engine's raw answers into probabilities (`classifier.confidence`)."""

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.confidence import Floats, probabilities, tempered_softmax
from classifier.metadata import Calibration, ModelMetadata
from classifier.recognition import SURE_AT

_TEMPERATURES: Final = np.exp(np.linspace(np.log(0.3), np.log(4.0), 105))
_EXPECTED_UNKNOWN: Final = 0.10
"""Share of unknown pictures to expect on a line. Training sets hold more of them, which makes a model too wary.

It is a choice: of three models, photographs of fruit were called `unknown` in 10 to 15 % with 0.20 and twice those
odds, in 5 to 10 % with 0.10; of objects of unknown kinds 97 to 98.5 % and 96 to 97.5 %.
"""

_WARINESS: Final = np.geomspace(1, 0.25, 13)
"""Factors for the odds of `unknown`, tried in this order until clean items are still recognised."""

_LOST_TO_UNKNOWN: Final = 0.0075
"""The most of any class's clean items that may be called `unknown`."""

_KNOWN_KEPT: Final = 0.997
_CUT_ROOM: Final = 1.25
"""The distance cut lies this much further out than where that share of the known images ends."""

_STEEPNESS: Final = 9.0
"""How many scales lie between the typical known image and the cut: it keeps 0.9999 of its probability."""

_RIGHT_WHEN_SURE: Final = 0.99
_BETWEEN_SURE: Final = 0.07
"""The most of the images between two classes that may be answered surely."""

_THRESHOLDS: Final = np.arange(0.60, 0.991, 0.01)


def calibrate(
    logits: NDArray[np.float32], distances: NDArray[np.float32], targets: NDArray[np.int64], metadata: ModelMetadata,
    *, items: int = 0,
) -> Calibration:  # fmt: skip
    """The calibration that fits a model's answers to a validation set: logits [n, outputs], distances [n].

    `targets` [n] are the outputs wanted; -1 is an image between classes that has no output: it counts for the threshold
    alone. `items` is how many items are shown by several images each (0: each image shows another): where they are few,
    the next one may lie further out than any of them, and the distance cut leaves it room.

    Unknown images are weighed, and their odds corrected, as if they were as rare as on a line (Saerens et al. 2002).
    Then the odds are lowered as far as clean fruit needs.
    """
    unknown = len(metadata.classes) - 1
    is_unknown, is_fruit = targets == unknown, (targets >= 0) & (targets < unknown)
    share = float(is_unknown.sum() / (is_unknown | is_fruit).sum())
    odds = _odds(_EXPECTED_UNKNOWN) / _odds(share) if share > _EXPECTED_UNKNOWN else 1.0
    near = distances[is_fruit]
    cut = float(np.quantile(near, _KNOWN_KEPT)) * _CUT_ROOM * (1 + 1 / math.sqrt(items) if items else 1)
    fitted = Calibration(
        unknown_odds=odds,
        distance_cut=cut,
        distance_scale=max((cut - float(np.median(near))) / _STEEPNESS, 1e-6),
    )
    named, weights = targets >= 0, np.where(is_unknown, odds, 1.0)
    temperature = _best_temperature(logits[named], targets[named], weights[named], fitted, unknown=unknown)
    fitted = msgspec.structs.replace(fitted, temperature=temperature)
    fitted = _as_wary_as_fruit_allows(logits[is_fruit], distances[is_fruit], targets[is_fruit], fitted, metadata)
    answers = probabilities(logits, distances, fitted, metadata)
    return msgspec.structs.replace(fitted, threshold=_lowest_threshold(answers, targets, weights))


def _as_wary_as_fruit_allows(
    logits: NDArray[np.float32], distances: NDArray[np.float32], targets: NDArray[np.int64], fitted: Calibration,
    metadata: ModelMetadata,
) -> Calibration:  # fmt: skip
    """The calibration with the highest odds of `unknown` that clean fruit of every class allows."""
    unknown, wary = len(metadata.classes) - 1, fitted
    for factor in _WARINESS:
        wary = msgspec.structs.replace(fitted, unknown_odds=fitted.unknown_odds * float(factor))
        lost = probabilities(logits, distances, wary, metadata).argmax(axis=1) == unknown
        if all(lost[targets == label].mean() <= _LOST_TO_UNKNOWN for label in np.unique(targets)):
            break
    return wary


def _odds(share: float) -> float:
    return share / (1 - share)


def _best_temperature(
    logits: NDArray[np.float32], targets: NDArray[np.int64], weights: Floats, calibration: Calibration, *, unknown: int
) -> float:
    """The temperature with the least weighted negative log likelihood."""
    rows = np.arange(len(targets))
    losses = []
    for temperature in _TEMPERATURES:
        tried = msgspec.structs.replace(calibration, temperature=float(temperature))
        likelihood = tempered_softmax(logits, tried, unknown=unknown)[rows, targets]
        losses.append(-np.average(np.log(likelihood + 1e-12), weights=weights))
    return float(_TEMPERATURES[int(np.argmin(losses))])


def _lowest_threshold(answers: Floats, targets: NDArray[np.int64], weights: Floats) -> float:
    """The lowest threshold that leaves sure answers right, and rare between two classes.

    Sure names of fruit are right in `_RIGHT_WHEN_SURE` of the images that show one class, and at most `_BETWEEN_SURE`
    of the images between two classes are answered surely. Where there are none of these, it is no lower than `SURE_AT`:
    nobody knows how the model answers there.
    """
    confidence, label = answers.max(axis=1), answers.argmax(axis=1)
    between = (targets < 0) | (targets >= answers.shape[1])
    for threshold in _THRESHOLDS if between.any() else _THRESHOLDS[_THRESHOLDS > SURE_AT - 0.005]:
        sure = (confidence >= threshold) & (label != answers.shape[1] - 1)
        rare = not between.any() or sure[between].mean() <= _BETWEEN_SURE
        clear = sure & ~between
        if rare and clear.any() and np.average((label == targets)[clear], weights=weights[clear]) >= _RIGHT_WHEN_SURE:
            return round(float(threshold), 2)
    return round(float(_THRESHOLDS[-1]), 2)
