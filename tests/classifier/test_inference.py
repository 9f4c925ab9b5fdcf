"""The classifier on a stand-in engine: its answers, `unknown` among them, and its errors."""

import json
from pathlib import Path

import pytest
from support import image_files
from support.hue_engine import HueEngine

from classifier.errors import ImageError, ModelError
from classifier.inference import Classifier
from classifier.metadata import Calibration, decode_metadata


def test_an_answer_has_label_confidence_margin_and_time(classifier: Classifier) -> None:
    answer = classifier.classify(image_files.plain(image_files.RED))
    assert answer.label == "ripe"
    assert 0.99 < answer.confidence <= 1
    assert answer.margin == pytest.approx(answer.confidence - 0.8)
    assert answer.seconds > 0


def test_a_torn_picture_is_unknown_and_never_reaches_the_network(classifier: Classifier, engine: HueEngine) -> None:
    before = len(engine.batches)
    answer = classifier.classify(image_files.torn(image_files.plain(image_files.RED)))
    assert (answer.label, answer.confidence) == ("unknown", 1.0)
    assert len(engine.batches) == before


@pytest.mark.parametrize("image", [b"", b"text", image_files.gif(), image_files.huge_png()])
def test_what_is_no_picture_is_an_error(classifier: Classifier, image: bytes) -> None:
    with pytest.raises(ImageError):
        classifier.classify(image)


def test_many_images_are_answered_in_order_in_one_pass(classifier: Classifier, engine: HueEngine) -> None:
    red, green, blue = (image_files.plain(colour) for colour in (image_files.RED, image_files.GREEN, image_files.BLUE))
    answers = classifier.classify_many([green, b"text", image_files.torn(red), red, blue])
    assert isinstance(answers[1], ImageError)
    labels = [answer.label for answer in answers if not isinstance(answer, ImageError)]
    assert labels == ["raw", "unknown", "ripe", "unknown"]
    assert engine.batches[-1] == 3


def test_a_far_image_is_unknown_however_sure_the_network_is() -> None:
    near_nothing = HueEngine(Calibration(distance_cut=-1.0, distance_scale=0.1))
    answer = Classifier(near_nothing).classify(image_files.plain(image_files.RED))
    assert answer.label == "unknown"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"image_px": 5}, "image_px"),
        ({"image_px": 10**7}, "image_px"),
        ({"classes": ["raw", "ripe"]}, "must differ and end with unknown"),
        ({"classes": ["raw", "raw", "unknown"]}, "must differ and end with unknown"),
        ({"between": ["raw+plum"]}, "between must name two of raw, ripe, got 'raw\\+plum'"),
        ({"calibrations": {"int8": {"temperature": 0}}}, "temperature"),
        ({"calibrations": {"int8": {"unknown_odds": -1}}}, "unknown_odds"),
        ({"calibrations": {"int8": {"threshold": None}}}, "threshold"),
    ],
)
def test_metadata_that_no_model_can_have_is_refused(change: dict[str, object], words: str) -> None:
    sound = {"arch": "resnet18", "classes": ["raw", "ripe", "unknown"], "image_px": 64}
    assert decode_metadata(json.dumps(sound), "model.onnx").outputs == ("raw", "ripe", "unknown")
    with pytest.raises(ModelError, match=rf"model\.onnx: must be a model of this classifier, .*{words}"):
        decode_metadata(json.dumps(sound | change), "model.onnx")


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no model")
    (tmp_path / "model.pt").write_text("pickle")
    for name, reason in (
        ("none.onnx", "no such model file"),
        ("text.onnx", "not readable as an ONNX model"),
    ):
        with pytest.raises(ModelError, match=f"{name}: .*{reason}"):
            Classifier.load(tmp_path / name)
    with pytest.raises(ModelError, match=r"model must be an \.onnx file, .* got .*model\.pt"):
        Classifier.load(tmp_path / "model.pt")
