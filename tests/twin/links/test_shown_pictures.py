"""A program may encode a picture anew before it has it recognised: which one it was."""

import cv2
import msgspec
import numpy as np
import pytest
from support.hosting import controller

from classifier.rendering import LOOKS, render
from twin import Camera, ItemDraw, Scenario, simulate
from twin.links.external_controller import ExternalController
from twin.links.shown_pictures import ShownPictures
from twin.scenario.faults import RecognizerSays

CLASSES = ("raw", "half_ripe", "ripe")


def encoded_anew(image, *, edge_px=64, kind=".jpg"):
    pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
    return cv2.imencode(kind, cv2.resize(pixels, (edge_px, edge_px)))[1].tobytes()


@pytest.mark.parametrize("kind", [".jpg", ".png"])
@pytest.mark.parametrize("look", LOOKS)
def test_a_picture_that_was_encoded_anew_is_found(look, kind):
    shown = ShownPictures()
    images = [render(name, seed=seed, look=look) for seed in range(4) for name in CLASSES]
    for image in images:
        shown.see("", image)
    assert [shown.original(encoded_anew(image, kind=kind)) for image in images] == images


@pytest.mark.parametrize("left_out", [0.05, 0.2, 0.4])
@pytest.mark.parametrize("look", LOOKS)
def test_a_part_of_a_picture_is_found(look, left_out):
    """Who looks for the item first posts only where it is."""
    shown = ShownPictures()
    images = [render(name, seed=seed, look=look) for seed in range(3) for name in CLASSES]
    for image in images:
        shown.see("", image)
    assert [shown.original(cropped(image, left_out)) for image in images] == images


def cropped(image, left_out):
    """Without this share at each side, to the size that a model wants."""
    pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
    height_px, width_px = pixels.shape[:2]
    top_px, left_px = int(left_out * height_px), int(left_out * width_px)
    part = pixels[top_px : height_px - top_px, left_px : width_px - left_px]
    return cv2.imencode(".jpg", cv2.resize(part, (96, 96)))[1].tobytes()


def test_what_is_no_picture_stays_what_it_is():
    shown, other = ShownPictures(), cv2.imencode(".png", np.zeros((9, 9, 3), np.uint8))[1].tobytes()
    assert shown.original(other) == other  # None was shown yet.
    shown.see("", render("ripe", seed=1))
    assert shown.original(b"no picture") == b"no picture"
    assert shown.original(b"") == b""


def test_of_two_pictures_that_look_alike_the_later_one_is_meant():
    shown, image = ShownPictures(), render("ripe", seed=1)
    later = image + b"later"
    shown.see("", image)
    shown.see("", later)
    assert shown.original(encoded_anew(image)) == later
    assert shown.original(image) == image


def test_a_program_that_encodes_its_pictures_anew_gets_the_scenarios_answers():
    program = ExternalController(controller("encodes_anew.py"))
    wrong = RecognizerSays(from_s=0.0, until_s=999.0, what="wrong_label")
    rendered = Scenario(seed=5, items=ItemDraw(count=3), camera=Camera(source="rendered"))
    runs = [
        simulate(msgspec.structs.replace(rendered, faults=faults), link="hosted", controller=program)
        for faults in ((), (wrong,))
    ]
    assert [found for run in runs for found in run.violations] == []
    assert [run.summary.correct for run in runs] == [3, 0]
