"""The user's own pictures: a folder for each class."""

import shutil
import sys

import cv2
import numpy as np
import pytest

from classifier.rendering.renderer import render
from controller.simulation.oracle import Note, Says, read_note, with_note
from twin import Camera, Item, ItemDraw, RecognizerModel, Scenario, simulate
from twin.errors import TwinError
from twin.scenario.faults import ForeignObject, SpoiltImage
from twin.scenario.item import CLASSES
from twin.scenario.overrides import camera_of
from twin.scenario.picture_folder import load_pictures

NOTE = Note(latency_s=0.5, answer=Says(label="ripe", confidence=0.9))
IMAGES = RecognizerModel(source="images")


def png(image):
    return cv2.imencode(".png", cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR))[1].tobytes()


@pytest.fixture(params=["jpg", "PNG"])
def folder(tmp_path, request):
    """Three pictures a class, and what is no picture."""
    for item_class in CLASSES:
        (tmp_path / item_class).mkdir()
        (tmp_path / item_class / "notes.txt").write_text("taken on Monday")
        for seed in range(3):
            image = render(item_class, seed=seed)
            path = tmp_path / item_class / f"{seed}.{request.param}"
            path.write_bytes(png(image) if request.param == "PNG" else image)
    (tmp_path / ".cache").mkdir()
    load_pictures.cache_clear()
    return tmp_path


def shown(folder, **fields):
    return Scenario(items=ItemDraw(count=6), camera=camera_of(str(folder), Camera()), **fields)


@pytest.mark.parametrize("recognizer", [IMAGES, RecognizerModel()], ids=["the model", "the truth"])
def test_the_camera_shows_pictures_of_the_items_classes(folder, recognizer):
    run = simulate(shown(folder, recognizer=recognizer))
    assert run.violations == []
    assert run.summary.correct == 6
    assert simulate(run.scenario).summary.digest == run.summary.digest


def test_a_note_in_a_picture_changes_nothing_that_a_decoder_sees():
    for image in (render("raw", seed=1), png(render("raw", seed=1))):
        annotated = with_note(image, NOTE)
        assert read_note(image) is None
        assert read_note(annotated) == NOTE
        before, after = (cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR) for one in (image, annotated))
        assert (before == after).all()


@pytest.mark.parametrize("how", ["torn", "not_an_image", "blurred", "dark"])
def test_a_fault_spoils_the_users_pictures_too(folder, how):
    spoilt = SpoiltImage(from_s=0.0, until_s=500.0, how=how)
    run = simulate(shown(folder, recognizer=IMAGES, faults=(spoilt,)))
    assert run.violations == []
    assert run.summary.rejected >= 3


def test_a_foreign_object_needs_no_pictures(folder):
    laid = ForeignObject(from_s=20.0, until_s=20.0, at_m=0.1, length_m=0.08)
    assert simulate(shown(folder, recognizer=IMAGES, faults=(laid,))).violations == []


def test_other_pictures_than_the_scenarios_are_refused(folder):
    scenario = shown(folder)
    shutil.copy(next((folder / "ripe").glob("0.*")), folder / "ripe" / "9.jpg")
    load_pictures.cache_clear()
    with pytest.raises(TwinError, match=r"camera.digest must be .*, that of the scenario's pictures"):
        simulate(scenario)


def test_a_class_without_pictures_is_refused(folder):
    shutil.rmtree(folder / "raw")
    load_pictures.cache_clear()
    with pytest.raises(TwinError, match=r"camera.source must be a folder with pictures of raw"):
        simulate(shown(folder))
    camera = camera_of(str(folder), Camera())
    assert simulate(Scenario(items=(Item(item_class="ripe"),), camera=camera)).violations == []


def test_a_folder_without_pictures_is_refused_in_one_line(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(TwinError, match=r"--pictures must be a folder") as refused:
            camera_of(str(path), Camera())
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"taken on Monday"])
def test_a_file_that_is_no_picture_is_named(folder, content):
    (folder / "ripe" / "9.jpg").write_bytes(content)
    load_pictures.cache_clear()
    with pytest.raises(TwinError, match=r"9\.jpg must be a JPEG or PNG file, got bytes that begin with b'"):
        camera_of(str(folder), Camera())


@pytest.mark.skipif(sys.platform == "win32", reason="names of files are text there")
@pytest.mark.parametrize("names", [("p\udcff", "ripe"), ("pictures", "r\udcffpe")])
def test_a_name_that_is_no_text_is_refused(tmp_path, names):
    tmp_path.joinpath(*names).mkdir(parents=True)
    must = "--pictures must be a folder whose name, and those in it, are text, got"
    with pytest.raises(TwinError, match=rf"{must} .*udcff"):
        camera_of(str(tmp_path / names[0]), Camera())
