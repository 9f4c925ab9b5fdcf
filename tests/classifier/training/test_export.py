"""Export: the ONNX files answer as the network does, and carry its metadata. Needs torch."""

import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="export needs torch and torchvision (extra `train`)")
pytest.importorskip("torchvision", reason="export needs torch and torchvision (extra `train`)")

import msgspec
import onnx

from classifier.engine import OnnxEngine
from classifier.errors import ModelError
from classifier.inference import Classifier
from classifier.metadata import ENGINES, TrainingConfig
from classifier.training.evaluation import Report, metrics
from classifier.training.export import agreement, calibrated, stamp
from classifier.training.recipe import ModelFiles, export_checkpoint, load_sets, produce
from classifier.training.torch_engine import TorchEngine

pytestmark = [pytest.mark.train, pytest.mark.slow]

SMALL = TrainingConfig(images=400, epochs=3, small_epochs=1, batch=16, image_px=48, peak_rate=0.02)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    folder = tmp_path_factory.mktemp("trained")
    produce(SMALL, folder)
    return ModelFiles(folder=folder)


def test_the_fp32_file_answers_as_torch_does(files: ModelFiles) -> None:
    _, val_set, _ = load_sets(SMALL)
    found = agreement(OnnxEngine(files.fp32), TorchEngine.load(files.weights), val_set)
    assert found.labels > 0.98
    assert found.logits_mean < 0.05


def test_every_file_carries_the_same_metadata_with_all_calibrations(files: ModelFiles) -> None:
    engines = (OnnxEngine(files.int8), OnnxEngine(files.fp32), TorchEngine.load(files.weights))
    metadata = [engine.metadata for engine in engines]
    assert metadata[0] == metadata[1] == metadata[2]
    assert set(metadata[0].calibrations) == set(ENGINES)
    assert metadata[0].training == SMALL
    assert metadata[0].metrics == metrics(msgspec.json.decode(files.report.read_bytes(), type=Report))


def test_the_calibration_of_fp32_fits_torch_too(files: ModelFiles) -> None:
    _, val_set, _ = load_sets(SMALL)
    engine = TorchEngine.load(files.weights)
    own, shared = calibrated(engine, val_set), engine.metadata.calibrations["torch"]
    assert own.temperature == pytest.approx(shared.temperature, rel=0.06)  # Neighbours on the grid at most.
    assert own.distance_cut == pytest.approx(shared.distance_cut, rel=0.02)  # The file's weights are of half precision.
    assert own.threshold == pytest.approx(shared.threshold, abs=0.03)


def test_the_int8_file_is_small_and_quantised_in_its_backbone(files: ModelFiles) -> None:
    assert files.int8.stat().st_size < 13_000_000
    assert any(node.op_type == "DequantizeLinear" for node in onnx.load(files.int8).graph.node)
    assert [engine.name for engine in (OnnxEngine(files.int8), OnnxEngine(files.fp32))] == ["int8", "fp32"]


def test_no_file_names_a_path_of_the_machine_that_made_it(files: ModelFiles) -> None:
    for path in (files.int8, files.fp32, files.weights):
        assert b"network.py" not in path.read_bytes(), path


def test_report_and_figures_lie_beside_the_model(files: ModelFiles) -> None:
    report = msgspec.json.decode(files.report.read_bytes())
    assert report["images"] == 100
    assert 50 < np.array(report["confusion"]).sum() < 100
    assert 0 <= report["between_sure"] <= 1
    for name in ("learning-curve.png", "confusion.png"):
        assert (files.folder / name).read_bytes().startswith(b"\x89PNG")


def test_a_checkpoint_exports_again_without_training(files: ModelFiles, tmp_path: Path) -> None:
    found = export_checkpoint(files.weights, tmp_path, data=None, int8=False, seed=1)
    assert list(found) == [tmp_path / "model-fp32.onnx"]
    assert not (tmp_path / "model-int8.onnx").exists()
    assert Classifier.load(tmp_path / "model-fp32.onnx").metadata.classes[-1] == "unknown"


def test_a_file_with_the_metadata_of_another_is_refused(files: ModelFiles, tmp_path: Path) -> None:
    metadata = OnnxEngine(files.int8).metadata
    for other, words in (
        (msgspec.structs.replace(metadata, image_px=64), "must take images of 64 x 64 px as its metadata says"),
        (msgspec.structs.replace(metadata, between=()), r"must give \[\[4\], \[\]\] as its metadata says"),
    ):
        shutil.copy(files.int8, tmp_path / "other.onnx")
        stamp(tmp_path / "other.onnx", other, "int8")
        with pytest.raises(ModelError, match=words):
            OnnxEngine(tmp_path / "other.onnx")


def test_torch_answers_the_same_in_either_layout(files: ModelFiles) -> None:
    from classifier.training.checkpoint import load_network

    pixels = np.random.default_rng(0).integers(0, 255, (3, 48, 48, 3), dtype=np.uint8)
    engines = [TorchEngine(load_network(files.weights), channels_last=wish) for wish in (True, False)]
    logits = [engine.run(pixels)[0] for engine in engines]
    np.testing.assert_allclose(logits[0], logits[1], atol=1e-4)
