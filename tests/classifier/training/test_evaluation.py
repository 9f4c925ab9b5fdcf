"""Evaluation: what is counted as what."""

from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console
from support import image_files

from classifier.inference import Classifier
from classifier.tables import print_report
from classifier.training.dataset import ImageSet
from classifier.training.evaluation import Report, auroc, evaluate, expected_calibration_error, metrics

GREEN, RED, BLUE = (0, 255, 0), (0, 0, 255), (255, 0, 0)
CLASSES = ("half_ripe", "raw", "ripe", "unknown")


def image_set(*images: tuple[tuple[int, int, int], str, str]) -> ImageSet:
    """Plain pictures: colour in BGR, class, other class."""
    return ImageSet(
        entries=tuple(image_files.plain(colour) for colour, _, _ in images),
        labels=np.array([CLASSES.index(name) for _, name, _ in images]),
        seconds=np.array([CLASSES.index(name) for _, _, name in images]),
        classes=CLASSES,
        kinds=tuple(name for _, name, _ in images),
        ripeness=np.full(len(images), np.nan, np.float32),
    )


def test_images_between_two_classes_count_by_how_many_are_answered_surely_alone(classifier: Classifier) -> None:
    clear = [(GREEN, "raw", "raw"), (RED, "ripe", "ripe"), (BLUE, "unknown", "unknown"), (RED, "raw", "raw")]
    between = [(GREEN, "half_ripe", "raw"), (BLUE, "half_ripe", "raw"), (BLUE, "half_ripe", "ripe")]
    report = evaluate(classifier, image_set(*clear, *between))
    assert (report.images, report.accuracy) == (7, 0.75)
    assert np.array(report.confusion).sum() == 4
    assert report.between_sure == 1 / 3
    assert metrics(report)["between_sure"] == 0.33333


def test_a_sure_answer_between_two_classes_is_half_wrong(classifier: Classifier) -> None:
    sure = image_set((GREEN, "raw", "raw"), (RED, "ripe", "ripe"))
    mixed = image_set((GREEN, "raw", "raw"), (RED, "half_ripe", "ripe"))
    assert evaluate(classifier, sure).calibration_error < 0.01
    assert abs(evaluate(classifier, mixed).calibration_error - 0.25) < 0.01


def test_a_set_without_images_between_classes_says_nothing_of_them(classifier: Classifier) -> None:
    report = evaluate(classifier, image_set((GREEN, "raw", "raw"), (BLUE, "unknown", "unknown")))
    assert report.between_sure is None
    assert "between_sure" not in metrics(report)


def test_either_class_is_half_right_between_two() -> None:
    answers, labels, seconds = np.array([[0.5, 0.45, 0.05, 0]]), np.array([0]), np.array([1])
    assert expected_calibration_error(answers, labels, seconds) == pytest.approx(0.0)
    assert expected_calibration_error(answers, labels, labels) == pytest.approx(0.5)


def test_auroc_is_one_for_sets_apart_and_a_half_for_equal_ones() -> None:
    assert auroc(np.array([0.9, 0.8]), np.array([0.1, 0.2, 0.3])) == 1.0
    assert auroc(np.array([0.5, 0.5]), np.array([0.5])) == 0.5


def test_each_group_has_its_own_count(classifier: Classifier) -> None:
    images = image_set((GREEN, "raw", "raw"), (RED, "raw", "raw"), (RED, "ripe", "ripe"), (RED, "half_ripe", "ripe"))
    report = evaluate(classifier, replace(images, groups=("raw 1", "raw 1", "ripe 1", "ripe 2")))
    assert {name: (group.images, group.right, group.surely_wrong) for name, group in report.groups.items()} == {
        "raw 1": (2, 1, 1),
        "ripe 1": (1, 1, 0),
    }
    assert evaluate(classifier, images).groups == {}


def printed(report: Report) -> str:
    console = Console(file=StringIO(), width=200)
    print_report(console, report)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_report_without_any_unsure_answer_warns_of_how_few_items_it_rests_on(classifier: Classifier) -> None:
    images = replace(image_set((GREEN, "raw", "raw"), (RED, "ripe", "ripe")), groups=("raw 1", "ripe 1"))
    assert "warning: 100 % right and 100 % sure, on 2 items: errors of up to 78%" in printed(
        evaluate(classifier, images)
    )
    wrong = replace(image_set((GREEN, "raw", "raw"), (RED, "raw", "raw")), groups=("raw 1", "raw 2"))
    text = printed(evaluate(classifier, wrong))
    assert "2 groups: nothing below 78% error is excluded" in text
    assert "warning" not in text
