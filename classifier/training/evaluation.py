"""Evaluation: how good a model's answers are on a labelled set, and how long they take."""

import time
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier.confidence import Floats
from classifier.errors import DatasetError
from classifier.inference import Classifier
from classifier.recognition import UNKNOWN
from classifier.training.dataset import ImageSet, Progress, silent

_LATENCY_IMAGES: Final = 200


class GroupReport(msgspec.Struct, frozen=True, kw_only=True):
    """The results on one group: how many of its images were named rightly, surely, and surely but wrongly."""

    label: str
    images: int
    right: int
    sure: int
    surely_wrong: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The results. `confusion` counts by true class (rows) and answer (columns); times are for one image at a time.

    `threshold` is the confidence from which an answer is sure. `sure` is the share of fruit that is answered surely and
    with a fruit's name, `right_when_sure` the share of those answers that is right. `unknown_auroc` says how well the
    confidence in any fruit tells fruit from `unknown`; it is None without images of `unknown`. Images between two
    classes count only in `calibration_error` and in `between_sure`, the share of them that is answered surely (None
    without any). `groups` has the results on each group of images of one item; it is empty where nobody knows the
    groups.
    """

    classes: tuple[str, ...]
    images: int
    accuracy: float
    threshold: float
    recall: dict[str, float]
    confusion: list[list[int]]
    sure: float
    right_when_sure: float
    calibration_error: float
    unknown_auroc: float | None
    between_sure: float | None
    p50_ms: float
    p99_ms: float
    engine: str
    groups: dict[str, GroupReport] = {}


def evaluate(classifier: Classifier, images: ImageSet, progress: Progress = silent) -> Report:
    """Measure a model on a set. Raises `DatasetError` where their classes differ, or on a file that is no image."""
    classes = classifier.metadata.classes
    if not set(images.classes) <= set(classes):
        raise DatasetError(f"classes must be the model's, {', '.join(classes)}, got {', '.join(images.classes)}")
    numbers = np.array([classes.index(name) for name in images.classes])
    labels, seconds, clear = numbers[images.labels], numbers[images.seconds], images.clear
    unknown = classes.index(UNKNOWN)
    rows, times_s = [], []
    for number in progress(range(len(images)), "evaluating"):
        begin_s = time.perf_counter()
        rows.append(classifier.answers(images.image(number, classifier.metadata.image_px)[None])[0])
        times_s.append(time.perf_counter() - begin_s)
    answers = np.stack(rows)
    named, confidence = answers.argmax(1), answers.max(1)
    sure = (confidence >= classifier.threshold) & (named != unknown)
    between_sure = float(sure[~clear].mean()) if not clear.all() else None
    calibration_error = expected_calibration_error(answers, labels, seconds)
    groups = _by_group(images, classes, labels, named, sure)
    labels, named, sure, answers = (column[clear] for column in (labels, named, sure, answers))
    confusion = np.zeros((len(classes), len(classes)), int)
    np.add.at(confusion, (labels, named), 1)
    fruit = labels != unknown
    in_fruit = 1 - answers[:, unknown]
    return Report(
        classes=classes,
        images=len(images),
        accuracy=float((named == labels).mean()),
        threshold=classifier.threshold,
        recall={classes[label]: float((named == label)[labels == label].mean()) for label in np.unique(labels)},
        confusion=confusion.tolist(),
        sure=float(sure[fruit].mean()) if fruit.any() else 0.0,
        right_when_sure=float((named == labels)[sure].mean()) if sure.any() else 1.0,
        calibration_error=calibration_error,
        unknown_auroc=auroc(in_fruit[fruit], in_fruit[~fruit]) if fruit.any() and not fruit.all() else None,
        between_sure=between_sure,
        p50_ms=float(np.quantile(times_s[:_LATENCY_IMAGES], 0.5)) * 1e3,
        p99_ms=float(np.quantile(times_s[:_LATENCY_IMAGES], 0.99)) * 1e3,
        engine=classifier.engine.name,
        groups=groups,
    )


def _by_group(
    images: ImageSet, classes: tuple[str, ...], labels: NDArray[np.int64], named: NDArray[np.int64],
    sure: NDArray[np.bool_],
) -> dict[str, GroupReport]:  # fmt: skip
    """The results on each group, in the order of the set."""
    members: dict[str, list[int]] = {}
    for number, group in enumerate(images.groups):
        if images.clear[number]:
            members.setdefault(group, []).append(number)
    return {
        group: GroupReport(
            label=classes[labels[of[0]]],
            images=len(of),
            right=int((named == labels)[of].sum()),
            sure=int(sure[of].sum()),
            surely_wrong=int((sure & (named != labels))[of].sum()),
        )
        for group, of in members.items()
    }


def expected_calibration_error(
    answers: Floats, labels: NDArray[np.int64], seconds: NDArray[np.int64], bins: int = 15
) -> float:
    """The mean gap between confidence and accuracy over equal bins of confidence (Naeini et al. 2015).

    Where `seconds` differ from `labels`, the image lies between the two classes, and either is half right.
    """
    confidence, named = answers.max(axis=1), answers.argmax(axis=1)
    right = ((named == labels) * 1.0 + (named == seconds)) / 2
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(right[which == b].mean() - confidence[which == b].mean()) * (which == b).sum() for b in np.unique(which)
    ]
    return float(sum(gaps) / len(labels))


def auroc(known: Floats, unknown: Floats) -> float:
    """The probability that a known image scores above an unknown one, ties counted half (Mann-Whitney)."""
    ordered = np.sort(unknown)
    below = np.searchsorted(ordered, known, "left") + np.searchsorted(ordered, known, "right")
    return float(below.sum() / (2 * len(known) * len(unknown)))


def metrics(report: Report) -> dict[str, float]:
    """The numbers of a report that depend only on the model and the set, for the model's metadata."""
    found = {f"recall_{name}": value for name, value in report.recall.items()}
    found |= {"accuracy": report.accuracy, "sure": report.sure, "right_when_sure": report.right_when_sure}
    found["calibration_error"] = report.calibration_error
    if report.unknown_auroc is not None:
        found["unknown_auroc"] = report.unknown_auroc
    if report.between_sure is not None:
        found["between_sure"] = report.between_sure
    return {name: round(value, 5) for name, value in found.items()}


def write_report(report: Report, path: Path) -> None:
    """Write the report as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
