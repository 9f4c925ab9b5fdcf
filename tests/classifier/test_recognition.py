"""The package's door is light, and what lies behind it is loaded when it is asked for."""

import subprocess
import sys

import pytest

import classifier


def test_importing_the_package_loads_nothing_heavy() -> None:
    script = (
        "import sys, classifier; classifier.UNKNOWN;"
        "print([m for m in ('numpy','cv2','onnxruntime','torch') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    assert found == "[]"


def test_running_a_model_does_not_load_torch() -> None:
    script = "import sys; from classifier import Classifier; print('torch' in sys.modules, 'cv2' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    assert found == "False True"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Sorter"):
        classifier.Sorter  # noqa: B018
