"""The packages of the classifier: what their imports load, and what they export."""

import subprocess
import sys

import pytest

import classifier
import classifier.rendering
import classifier.training


def loaded_by(script: str) -> set[str]:
    """The modules that a fresh process has loaded after a script."""
    words = [sys.executable, "-c", f"{script}; import sys; print(*sys.modules)"]
    return set(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("package", ["classifier", "classifier.training"])
def test_importing_a_package_loads_nothing_heavy(package: str) -> None:
    assert not loaded_by(f"import {package}") & {"numpy", "cv2", "onnxruntime", "torch"}


def test_running_a_model_loads_no_torch_no_renderer_and_no_training() -> None:
    loaded = loaded_by("from classifier import Classifier; import classifier.service")
    assert "cv2" in loaded
    assert not loaded & {"torch", "classifier.rendering", "classifier.training"}


@pytest.mark.parametrize("package", [classifier, classifier.rendering])
def test_every_public_name_of_a_package_is_listed_and_loads(package) -> None:  # type: ignore[no-untyped-def]
    assert set(package.__all__) <= set(dir(package))
    assert all(getattr(package, name) is not None for name in package.__all__)


@pytest.mark.train
def test_every_public_name_of_training_is_listed_and_loads() -> None:
    pytest.importorskip("torch", reason="training needs torch and torchvision (extra `train`)")
    pytest.importorskip("onnx", reason="exporting needs onnx (extra `train`)")
    test_every_public_name_of_a_package_is_listed_and_loads(classifier.training)


def test_training_lists_its_public_names_without_torch() -> None:
    assert {"ImageSet", "evaluate", "produce", "train"} <= set(dir(classifier.training))
    assert callable(classifier.training.evaluate)


@pytest.mark.parametrize("package", [classifier, classifier.training])
def test_an_unknown_name_is_an_attribute_error(package) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(AttributeError, match="Sorter"):
        package.Sorter  # noqa: B018
