"""Calibration: probabilities that mean what they say."""

import numpy as np
import pytest

from classifier.calibration import auroc, calibrate, expected_calibration_error, probabilities
from classifier.card import SURE_AT, Calibration


def drawn(count: int, gain: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits that overstate by `gain`, distances, and labels drawn from what the honest logits say."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(0, 2.0, (count, 4))
    shares = np.exp(honest) / np.exp(honest).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(4, p=p) for p in shares])
    return (honest * gain).astype(np.float32), rng.gamma(9.0, 0.1, count).astype(np.float32), labels


def test_probabilities_are_a_distribution_and_a_far_image_is_unknown() -> None:
    logits = np.array([[9, 0, 0, 0], [9, 0, 0, 0]], np.float32)
    near, far = probabilities(logits, np.array([0.1, 9.0], np.float32), Calibration(distance_cut=1, distance_scale=0.1))
    assert near.sum() == pytest.approx(1)
    assert near.argmax() == 0
    assert far.argmax() == 3
    assert far[3] > 0.99


def test_an_overconfident_engine_is_brought_back_to_what_it_knows() -> None:
    logits, distances, labels = drawn(4000, gain=3.0)
    fitted = calibrate(logits, distances, labels)
    assert fitted.temperature == pytest.approx(3.0, rel=0.15)
    raw = probabilities(logits, distances, Calibration())
    calibrated = probabilities(logits, distances, fitted)
    assert expected_calibration_error(calibrated, labels) < expected_calibration_error(raw, labels) / 2


def test_nearly_all_known_images_lie_within_the_cut() -> None:
    logits, distances, labels = drawn(4000, gain=1.0)
    fitted = calibrate(logits, distances, labels)
    assert 0.99 <= (distances[labels != 3] < fitted.distance_cut).mean() < 1
    assert fitted.threshold >= SURE_AT


def test_auroc_is_one_for_sets_apart_and_a_half_for_equal_ones() -> None:
    assert auroc(np.array([0.9, 0.8]), np.array([0.1, 0.2, 0.3])) == 1.0
    assert auroc(np.array([0.5, 0.5]), np.array([0.5])) == 0.5
