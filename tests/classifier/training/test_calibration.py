"""Calibration: probabilities that mean what they say."""

import msgspec
import numpy as np
import pytest

from classifier.confidence import probabilities
from classifier.metadata import Calibration, ModelMetadata
from classifier.recognition import SURE_AT
from classifier.training.calibration import calibrate
from classifier.training.evaluation import expected_calibration_error

METADATA = ModelMetadata(arch="resnet18", classes=("half_ripe", "raw", "ripe", "unknown"), image_px=32)
BETWEEN = ModelMetadata(
    arch="resnet18", classes=METADATA.classes, between=("half_ripe+raw", "half_ripe+ripe"), image_px=32
)


def drawn(count: int, gain: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits that overstate by `gain`, distances, and labels drawn from what the honest logits say."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(0, 2.0, (count, 4))
    shares = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(4, p=p) for p in shares])
    return (honest * gain).astype(np.float32), rng.gamma(9.0, 0.1, count).astype(np.float32), labels


def test_probabilities_are_a_distribution_and_a_far_image_is_unknown() -> None:
    logits = np.array([[9, 0, 0, 0], [9, 0, 0, 0]], np.float32)
    fitted = Calibration(distance_cut=1, distance_scale=0.1)
    near, far = probabilities(logits, np.array([0.1, 9.0], np.float32), fitted, METADATA)
    assert near.sum() == pytest.approx(1)
    assert near.argmax() == 0
    assert far.argmax() == 3
    assert far[3] > 0.99


def test_an_image_between_two_classes_belongs_half_to_each() -> None:
    logits = np.array([[0, 0, 0, 0, 30, 0], [30, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 30]], np.float32)
    found = probabilities(logits, np.zeros(3, np.float32), Calibration(), BETWEEN)
    np.testing.assert_allclose(found, [[0.5, 0.5, 0, 0], [1, 0, 0, 0], [0.5, 0, 0.5, 0]], atol=1e-6)


def test_the_threshold_rises_until_images_between_classes_are_seldom_sure() -> None:
    clear = np.eye(6, dtype=np.float32)[np.arange(400) % 4] * 12
    between = np.zeros((200, 6), np.float32)
    between[:, 4], between[:, 0] = 12.0, np.linspace(3, 14, 200)
    logits, targets = np.concatenate([clear, between]), np.append(np.arange(400) % 4, [4] * 200)
    distances = np.tile(np.linspace(0.5, 1, 20, dtype=np.float32), 30)
    fitted = calibrate(logits, distances, targets, BETWEEN)
    unseen = calibrate(logits, distances, np.where(targets == 4, -1, targets), BETWEEN)
    for calibration in (fitted, unseen):
        sure = probabilities(logits, distances, calibration, BETWEEN)[400:].max(axis=1) >= calibration.threshold
        assert 0 < sure.mean() <= 0.07
        assert calibration.threshold > calibrate(logits[:400], distances[:400], targets[:400], BETWEEN).threshold


def test_an_overconfident_engine_is_brought_back_to_what_it_knows() -> None:
    logits, distances, labels = drawn(4000, gain=3.0)
    fitted = calibrate(logits, distances, labels, METADATA)
    assert fitted.temperature == pytest.approx(3.0, rel=0.15)
    raw = probabilities(logits, distances, Calibration(), METADATA)
    calibrated = probabilities(logits, distances, fitted, METADATA)
    # As on a line: unknown pictures are a tenth, and no quarter.
    seen = (labels != 3) | (np.arange(4000) % 3 == 0)
    before, after = (
        expected_calibration_error(answers[seen], labels[seen], labels[seen]) for answers in (raw, calibrated)
    )
    assert after < before / 2


def test_a_model_that_does_not_know_clean_items_well_is_less_wary() -> None:
    labels, distances = np.arange(800) % 4, np.linspace(0.5, 1, 800, dtype=np.float32)
    clear = np.eye(4, dtype=np.float32)[labels] * 12
    hazy = clear.copy()
    hazy[labels == 1, 3] = np.linspace(0, 13.5, 200)  # Every so clean an item of one class looks a little strange.
    unseen = np.array([[6, 0, 0, 5.5]], np.float32)
    odds, wary = [], []
    for logits in (clear, hazy):
        fitted = calibrate(logits, distances, labels, METADATA)
        odds.append(fitted.unknown_odds)
        cool = msgspec.structs.replace(fitted, temperature=1.0)  # The two sets' temperatures differ.
        wary.append(probabilities(unseen, np.zeros(1, np.float32), cool, METADATA)[0, 3])
        lost = probabilities(logits, distances, fitted, METADATA).argmax(axis=1)[labels == 1] == 3
        assert lost.mean() <= 0.0075
    assert odds[0] > odds[1]
    assert odds[0] == pytest.approx((0.1 / 0.9) / (1 / 3))  # A tenth's, where a quarter is unknown.
    assert wary[0] > wary[1]


def test_nearly_all_known_images_lie_within_the_cut() -> None:
    logits, distances, labels = drawn(4000, gain=1.0)
    fitted = calibrate(logits, distances, labels, METADATA)
    assert 0.99 <= (distances[labels != 3] < fitted.distance_cut).mean() < 1


def test_the_fewer_items_were_seen_the_more_room_the_cut_leaves_the_next_one() -> None:
    logits, distances, labels = drawn(4000, gain=1.0)
    found = [calibrate(logits, distances, labels, METADATA, items=items) for items in (3, 30, 0)]
    cuts = [calibration.distance_cut for calibration in found]
    assert msgspec.json.decode(msgspec.json.encode(found), type=list[Calibration]) == found
    assert cuts[0] > 1.5 * cuts[2]
    assert cuts[0] > cuts[1] > cuts[2]


def test_where_nothing_lies_between_classes_the_threshold_is_not_below_the_usual_one() -> None:
    labels, distances = np.arange(400) % 4, np.linspace(0.5, 1, 400, dtype=np.float32)
    logits = np.eye(4, dtype=np.float32)[labels] * 12
    assert calibrate(logits, distances, labels, METADATA).threshold == SURE_AT
