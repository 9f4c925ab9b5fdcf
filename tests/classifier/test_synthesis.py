"""Synthetic sets: balanced, repeatable, each picture independent of the others."""

from collections import Counter

import pytest

from classifier.recognition import UNKNOWN
from classifier.ripeness import FRUIT_CLASSES
from classifier.synthesis import CLASSES, UNKNOWN_KINDS, draw_sample, draw_unknown, synthesize


def test_a_sample_depends_on_seed_split_and_number_alone() -> None:
    alone = draw_sample(7, seed=3, split="val")
    assert list(synthesize(9, seed=3, split="val"))[7] == alone
    assert draw_sample(7, seed=4, split="val") != alone
    assert draw_sample(7, seed=3, split="test") != alone


def test_every_class_has_its_share_and_only_training_sets_show_fruit_between_classes() -> None:
    train, test = (list(synthesize(150, seed=1, split=split)) for split in ("train", "test"))
    counts = Counter(sample.label for sample in train if sample.kind != "between")
    assert set(counts) == set(CLASSES)
    assert min(counts.values()) > 15
    assert {sample.kind for sample in train} >= {"between", "foreign", "empty"}
    assert "between" not in {sample.kind for sample in test}
    assert {sample.label for sample in test if sample.kind in FRUIT_CLASSES} == set(FRUIT_CLASSES)


@pytest.mark.parametrize("kind", UNKNOWN_KINDS)
def test_every_kind_of_unknown_picture_is_drawn_the_same_twice(kind: str) -> None:
    image = draw_unknown(kind, seed=5)
    assert image == draw_unknown(kind, seed=5)
    assert image.startswith(b"\xff\xd8")


def test_unknown_is_the_last_class() -> None:
    assert CLASSES[-1] == UNKNOWN
