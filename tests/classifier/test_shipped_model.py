"""The shipped model: what it must know, what it must not pretend to know, and what its files hold."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import onnxruntime
import pytest
import safetensors
from support import image_files

from classifier import UNKNOWN, Classifier
from classifier.inference import SHIPPED
from classifier.metadata import ENGINES, METADATA_KEY
from classifier.rendering.blank import render_blank
from classifier.rendering.foreign_objects import STRANGE_KINDS
from classifier.rendering.looks import LOOKS
from classifier.rendering.renderer import render, render_between, render_empty, render_foreign
from classifier.rendering.ripeness import FRUIT_CLASSES

pytestmark = pytest.mark.skipif(not SHIPPED.is_file(), reason="the shipped model is not there")

SEED = 31_000_000


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    return Classifier.load()


def share_unknown(classifier: Classifier, images: Iterable[bytes]) -> float:
    labels = [classifier.classify(image).label for image in images]
    return labels.count(UNKNOWN) / len(labels)


@pytest.mark.parametrize(("look", "sure"), [("fruit", 0.90), ("card", 0.86), ("box", 0.82)])
@pytest.mark.parametrize("item_class", FRUIT_CLASSES)
def test_fresh_renders_are_named_rightly_and_surely(
    shipped: Classifier, item_class: str, look: str, sure: float
) -> None:
    answers = [shipped.classify(render(item_class, seed=SEED + n, look=look)) for n in range(300)]
    assert sum(answer.label == item_class for answer in answers) >= 0.96 * 300
    assert sum(answer.label == item_class and answer.margin >= 0 for answer in answers) >= sure * 300


@pytest.mark.parametrize("look", LOOKS)
def test_fruit_between_two_classes_is_seldom_sure(shipped: Classifier, look: str) -> None:
    answers = [shipped.classify(render_between(seed=SEED + n, gap=n % 2, look=look)) for n in range(100)]
    assert sum(answer.label != UNKNOWN and answer.margin >= 0 for answer in answers) < 20


@pytest.mark.parametrize("look", LOOKS)
def test_a_place_without_an_item_is_unknown(shipped: Classifier, look: str) -> None:
    assert share_unknown(shipped, (render_empty(seed=SEED + n, look=look) for n in range(60))) >= 0.97


def test_a_picture_that_shows_nothing_is_unknown(shipped: Classifier) -> None:
    for kind in ("noise", "flat"):
        assert share_unknown(shipped, (render_blank(kind, seed=SEED + n) for n in range(60))) >= 0.95, kind
    for fault in ("dark", "torn"):
        images = (render("ripe", seed=SEED + n, fault=fault) for n in range(60))
        assert share_unknown(shipped, images) >= 0.97, fault
    for colour in ((0, 0, 0), (128, 128, 128), (255, 255, 255)):
        assert shipped.classify(image_files.plain(colour, width_px=320, height_px=240)).label == UNKNOWN


@pytest.mark.parametrize("look", LOOKS)
def test_foreign_objects_never_seen_before_are_mostly_unknown(shipped: Classifier, look: str) -> None:
    images = (render_foreign(STRANGE_KINDS[n % len(STRANGE_KINDS)], seed=SEED + n, look=look) for n in range(120))
    assert share_unknown(shipped, images) >= 0.90


def test_one_and_many_images_at_once_get_the_same_answers(shipped: Classifier) -> None:
    images = [render(FRUIT_CLASSES[n % 3], seed=SEED + n) for n in range(12)]
    together = shipped.classify_many(images)
    for image, answer in zip(images, together, strict=True):
        alone = shipped.classify(image)
        assert (alone.label, alone.confidence) == (answer.label, pytest.approx(alone.confidence, abs=1e-6))  # type: ignore[union-attr]


def test_the_model_files_are_plain_data_and_small_enough() -> None:
    files = sorted(SHIPPED.parent.iterdir())
    assert {path.suffix for path in files} <= {".onnx", ".safetensors", ".json"}
    assert sum(path.stat().st_size for path in files) <= 45_000_000


def test_both_files_carry_the_same_metadata() -> None:
    in_onnx = onnxruntime.InferenceSession(SHIPPED).get_modelmeta().custom_metadata_map[METADATA_KEY]
    (weights,) = SHIPPED.parent.glob("*.safetensors")
    with safetensors.safe_open(weights, framework="numpy") as file:
        assert file.metadata()[METADATA_KEY] == in_onnx
    metadata = json.loads(in_onnx)
    assert metadata["classes"] == [*FRUIT_CLASSES, UNKNOWN]
    assert set(metadata["calibrations"]) == set(ENGINES)
    assert metadata["training"]["data"] is None
    assert metadata["metrics"]["accuracy"] > 0.9


def test_it_runs_without_torch(tmp_path: Path) -> None:
    (tmp_path / "ripe.jpg").write_bytes(render("ripe", seed=1))
    script = (
        "import sys; sys.modules['torch'] = None; from classifier import Classifier;"
        f"print(Classifier.load().classify(open({str(tmp_path / 'ripe.jpg')!r}, 'rb').read()).label)"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    assert found == "ripe"
