"""Evaluation: how good a model's answers are on a labelled set, and how fast they come."""

import time
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from classifier.errors import DatasetError
from classifier.inference import Classifier
from classifier.recognition import UNKNOWN
from classifier.training.calibration import auroc, expected_calibration_error
from classifier.training.dataset import ImageSet, Progress, silent

_LATENCY_IMAGES: Final = 200


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What came out. `confusion` counts by true class (rows) and answer (columns); times are of one image at a time.

    `sure` is the share of fruit answered surely and by a fruit's name, `right_when_sure` how many of those answers
    are right; `unknown_auroc` how well the confidence in any fruit tells fruit from the rest, None without the rest.
    Images between two classes count in `calibration_error` and `between_sure` alone: the share of them answered
    surely, None without any.
    """

    classes: tuple[str, ...]
    images: int
    accuracy: float
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


def evaluate(classifier: Classifier, images: ImageSet, progress: Progress = silent) -> Report:
    """Measure a model on a set. Raises `DatasetError` where their classes differ, or on a file that is no image."""
    classes = classifier.card.classes
    if not set(images.classes) <= set(classes):
        raise DatasetError(f"classes {', '.join(images.classes)}, allowed: the model's own, {', '.join(classes)}")
    own = np.array([classes.index(name) for name in images.classes])
    labels, seconds, clear = own[images.labels], own[images.seconds], images.clear
    unknown = classes.index(UNKNOWN)
    rows, times_s = [], []
    for number in progress(range(len(images)), "evaluating"):
        begin_s = time.perf_counter()
        rows.append(classifier.answers(images.image(number, classifier.card.image_px)[None])[0])
        times_s.append(time.perf_counter() - begin_s)
    answers = np.stack(rows)
    said, confidence = answers.argmax(1), answers.max(1)
    sure = (confidence >= classifier.threshold) & (said != unknown)
    between_sure = float(sure[~clear].mean()) if not clear.all() else None
    calibration_error = expected_calibration_error(answers, labels, seconds)
    labels, said, sure, answers = (column[clear] for column in (labels, said, sure, answers))
    confusion = np.zeros((len(classes), len(classes)), int)
    np.add.at(confusion, (labels, said), 1)
    fruit = labels != unknown
    named = 1 - answers[:, unknown]
    return Report(
        classes=classes,
        images=len(images),
        accuracy=float((said == labels).mean()),
        recall={classes[label]: float((said == label)[labels == label].mean()) for label in np.unique(labels)},
        confusion=confusion.tolist(),
        sure=float(sure[fruit].mean()) if fruit.any() else 0.0,
        right_when_sure=float((said == labels)[sure].mean()) if sure.any() else 1.0,
        calibration_error=calibration_error,
        unknown_auroc=auroc(named[fruit], named[~fruit]) if fruit.any() and not fruit.all() else None,
        between_sure=between_sure,
        p50_ms=float(np.quantile(times_s[:_LATENCY_IMAGES], 0.5)) * 1e3,
        p99_ms=float(np.quantile(times_s[:_LATENCY_IMAGES], 0.99)) * 1e3,
        engine=classifier.engine.name,
    )


def metrics(report: Report) -> dict[str, float]:
    """A report's numbers that depend on nothing but the model and the set, for the model's card."""
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
