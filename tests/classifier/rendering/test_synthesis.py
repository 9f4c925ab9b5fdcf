"""Synthetic sets: balanced, repeatable, each picture independent of the others."""

import math
from collections import Counter

import pytest

from classifier.metadata import BETWEEN
from classifier.recognition import UNKNOWN
from classifier.rendering import renderer
from classifier.rendering.looks import LOOKS
from classifier.rendering.ripeness import FRUIT_CLASSES, GAPS, RIPENESS
from classifier.rendering.synthesis import CLASSES, SPLITS, UNKNOWN_KINDS, draw_sample, draw_unknown, synthesize


def test_a_sample_depends_on_seed_split_and_number_alone() -> None:
    alone = draw_sample(7, seed=3, split="val")
    assert list(synthesize(9, seed=3, split="val"))[7] == alone
    assert draw_sample(7, seed=4, split="val") != alone
    assert draw_sample(7, seed=3, split="test") != alone


@pytest.mark.parametrize("split", SPLITS)
def test_every_class_and_every_gap_has_its_share_of_a_set(split: str) -> None:
    samples = list(synthesize(150, seed=1, split=split))
    counts = Counter(sample.label for sample in samples)
    assert set(counts) == {*CLASSES, *(BETWEEN.join(gap[:2]) for gap in GAPS)}
    assert min(counts.values()) > 10
    assert {sample.kind for sample in samples} >= {"between", "foreign", "empty", *FRUIT_CLASSES}


@pytest.mark.parametrize("kind", UNKNOWN_KINDS)
def test_every_kind_of_unknown_picture_is_drawn_the_same_twice(kind: str) -> None:
    image = draw_unknown(kind, seed=5)
    assert image == draw_unknown(kind, seed=5)
    assert image.startswith(b"\xff\xd8")


def test_unknown_is_the_last_class() -> None:
    assert CLASSES[-1] == UNKNOWN


def test_a_set_has_every_look_and_can_be_drawn_in_one() -> None:
    samples = list(synthesize(60, seed=1, split="val"))
    assert min(Counter(sample.look for sample in samples)[look] for look in LOOKS) > 8
    assert {sample.look for sample in synthesize(9, seed=1, split="val", look="box")} == {"box"}


def test_a_look_says_nothing_about_how_ripe_its_fruit_is(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[tuple[str, str], list[float]] = {}
    paint = renderer._fruit

    def paint_and_keep(item_class: str, ripeness: float, look: str) -> renderer._Paint:
        begin, end = RIPENESS[item_class]
        if begin <= ripeness <= end:
            drawn.setdefault((look, item_class), []).append((ripeness - begin) / (end - begin))
        return paint(item_class, ripeness, look)

    monkeypatch.setattr(renderer, "_fruit", paint_and_keep)
    list(synthesize(400, seed=1, split="train"))
    assert set(drawn) == {(look, item_class) for look in LOOKS for item_class in FRUIT_CLASSES}
    assert all(min(shares) < 0.2 and max(shares) > 0.8 for shares in drawn.values())


def test_a_sample_says_how_ripe_its_fruit_was_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[float] = []
    paint = renderer._fruit

    def paint_and_keep(item_class: str, ripeness: float, look: str) -> renderer._Paint:
        drawn.append(ripeness)
        return paint(item_class, ripeness, look)

    monkeypatch.setattr(renderer, "_fruit", paint_and_keep)
    reported = []
    for number in range(60):
        drawn.clear()
        sample = draw_sample(number, seed=1, split="train")
        reported.append((sample.label, sample.ripeness, drawn[-1] if sample.label != UNKNOWN else math.nan))
    assert {label for label, ripeness, _ in reported if math.isnan(ripeness)} == {UNKNOWN}
    assert [ripeness for label, ripeness, _ in reported if label != UNKNOWN] == [
        truth for label, _, truth in reported if label != UNKNOWN
    ]
