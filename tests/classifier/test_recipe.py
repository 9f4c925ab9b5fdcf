"""The recipe's sets: the same whoever renders them. Needs torch, as the recipe does."""

import pytest

pytest.importorskip("torch", reason="training needs torch and torchvision (extra `train`)")
pytest.importorskip("torchvision", reason="training needs torch and torchvision (extra `train`)")
pytest.importorskip("onnx", reason="exporting needs onnx (extra `train`)")

from classifier import recipe
from classifier.card import TrainingConfig
from classifier.errors import DatasetError
from classifier.synthesis import synthesize

pytestmark = pytest.mark.train


def test_many_processes_render_the_set_that_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "_WORTH_A_POOL", 1)
    monkeypatch.setattr(recipe, "_RENDERED_AT_ONCE", 3)
    monkeypatch.setattr(recipe, "cpu_count", lambda: 2)
    train_set, val_set, _ = recipe.load_sets(TrainingConfig(images=16, batch=8, seed=5))
    assert train_set.entries == tuple(sample.image for sample in synthesize(16, seed=5, split="train"))
    assert val_set.entries == tuple(sample.image for sample in synthesize(5, seed=5, split="val"))


def test_fewer_images_than_a_batch_are_refused() -> None:
    with pytest.raises(DatasetError, match=r"images: 16 images, allowed: a batch \(32\) or more"):
        recipe.load_sets(TrainingConfig(images=16, batch=32))
