"""The recipe: its sets are the same for any number of processes, its files are replaced together. Needs torch."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from support import image_files

pytest.importorskip("torch", reason="training needs torch and torchvision (extra `train`)")
pytest.importorskip("torchvision", reason="training needs torch and torchvision (extra `train`)")
pytest.importorskip("onnx", reason="exporting needs onnx (extra `train`)")

from classifier.errors import DatasetError
from classifier.metadata import BETWEEN, TrainingConfig
from classifier.rendering.synthesis import synthesize
from classifier.training import recipe
from classifier.training.dataset import write_tree

pytestmark = pytest.mark.train


class PowerCutError(Exception):
    """The power went."""


def test_many_processes_render_the_set_that_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "_WORTH_A_POOL", 1)
    monkeypatch.setattr(recipe, "_RENDERED_AT_ONCE", 3)
    monkeypatch.setattr(recipe, "cpu_count", lambda: 2)
    train_set, val_set, _ = recipe.load_sets(TrainingConfig(images=16, batch=8, seed=5))
    assert train_set.entries == tuple(sample.image for sample in synthesize(16, seed=5, split="train"))
    assert val_set.entries == tuple(sample.image for sample in synthesize(5, seed=5, split="val"))


def tree(root: Path, counts: dict[str, int]) -> Path:
    """A data folder of two plain colours."""
    for split, count in counts.items():
        for name, colour in (("raw", image_files.GREEN), ("ripe", image_files.RED)):
            (root / split / name).mkdir(parents=True)
            for number in range(count):
                (root / split / name / f"{number}.jpg").write_bytes(image_files.plain(colour, width_px=64 + number))
    return root


def test_renders_join_a_line_s_own_pictures_to_train_and_to_validate_on_but_never_to_test_on(tmp_path: Path) -> None:
    write_tree(tmp_path, {split: synthesize(60, seed=9, split=split) for split in ("train", "val", "test")})
    config = TrainingConfig(data=str(tmp_path), batch=8, renders=30, seed=4)
    assert [len(images) for images in recipe.load_sets(config)] == [90, 70, 60]
    alone = recipe.load_sets(msgspec.structs.replace(config, renders=0))
    assert [len(images) for images in alone] == [60, 60, 60]
    mixed = recipe.load_sets(config)[0]
    drawn = list(synthesize(30, seed=4, split="train"))
    assert mixed.entries[60:] == tuple(sample.image for sample in drawn)
    assert mixed.names[60:] == tuple(BETWEEN.join(sorted(sample.label.split(BETWEEN))) for sample in drawn)


def test_renders_are_left_out_where_the_classes_are_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    data = tree(tmp_path, {"train": 8, "val": 4, "test": 4})
    assert len(recipe.load_sets(TrainingConfig(data=str(data), batch=8, renders=30))[0]) == 16
    assert "renders_left_out classes=raw,ripe,unknown" in caplog.text


def test_a_torn_test_image_is_named_before_the_training(tmp_path: Path) -> None:
    data = tree(tmp_path / "data", {"train": 8, "val": 4, "test": 4})
    (data / "test" / "ripe" / "3.jpg").write_bytes(image_files.torn(image_files.plain(image_files.RED)))
    with pytest.raises(DatasetError, match=r"test/ripe/3\.jpg: "):
        recipe.produce(TrainingConfig(data=str(data), batch=8), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_model_is_replaced_all_at_once_or_not_at_all(tmp_path: Path) -> None:
    data, out = tree(tmp_path / "data", {"train": 8, "val": 4, "test": 4}), tmp_path / "out"
    config = TrainingConfig(data=str(data), batch=8, epochs=1, small_epochs=0, image_px=32)
    recipe.produce(config, out)
    files = recipe.ModelFiles(folder=out)
    then = {path: path.read_bytes() for path in (files.weights, files.fp32, files.int8, files.report)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipe, "save_network", cut_short)
        with pytest.raises(PowerCutError):
            recipe.produce(msgspec.structs.replace(config, seed=1), out)
    assert {path: path.read_bytes() for path in then} == then
    recipe.export_checkpoint(files.weights, out, data=data, int8=False, seed=0)
    assert files.int8.read_bytes() == then[files.int8]
    with pytest.raises(DatasetError, match="data must be a tree with images of the model's classes, raw, ripe"):
        recipe.export_checkpoint(files.weights, out, data=None, int8=False, seed=0)


def cut_short(*_arguments: object) -> None:
    raise PowerCutError


def test_fewer_images_than_a_batch_are_refused() -> None:
    with pytest.raises(DatasetError, match=r"images must be a batch \(32\) or more, got 16"):
        recipe.load_sets(TrainingConfig(images=16, batch=32))


def test_an_export_is_calibrated_on_what_its_training_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path / "data", {split: synthesize(60, seed=9, split=split) for split in ("train", "val", "test")})
    config = TrainingConfig(
        data=str(tmp_path / "data"), batch=8, renders=30, seed=4, epochs=1, small_epochs=0, image_px=32
    )
    recipe.produce(config, tmp_path / "out")
    calibrated, export_all = [], recipe.export_all

    def watched(network: Any, fp32: Path, int8: Path, val_set: Any) -> None:
        calibrated.append(val_set.entries)
        export_all(network, fp32, int8, val_set)

    monkeypatch.setattr(recipe, "export_all", watched)
    weights = recipe.ModelFiles(folder=tmp_path / "out").weights
    recipe.export_checkpoint(weights, tmp_path / "two", data=tmp_path / "data", int8=True, seed=0)
    assert calibrated == [recipe.load_sets(config)[1].entries]


def test_an_export_of_a_model_with_other_classes_needs_no_renders(tmp_path: Path) -> None:
    data = tree(tmp_path / "data", {"train": 8, "val": 4, "test": 4})
    config = TrainingConfig(data=str(data), batch=8, renders=900, epochs=1, small_epochs=0, image_px=32)
    recipe.produce(config, tmp_path / "out")
    weights = recipe.ModelFiles(folder=tmp_path / "out").weights
    assert len(recipe.export_checkpoint(weights, tmp_path / "two", data=data, int8=True, seed=0)) == 2


@pytest.mark.parametrize(("option", "resume"), [("--init", False), ("--resume", True)])
def test_a_missing_file_to_begin_from_is_named_before_anything_is_rendered(
    tmp_path: Path, option: str, resume: bool
) -> None:
    config = TrainingConfig(images=64, init=None if resume else str(tmp_path / "none.safetensors"))
    with pytest.raises(DatasetError, match=rf"{option} must find a file to begin from, got none: .*safetensors"):
        recipe.produce(config, tmp_path / "out", resume=resume)
    assert not (tmp_path / "out").exists()
