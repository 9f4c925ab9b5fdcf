"""What any controller of the default line must do, in whatever language: no fault of any family breaks a rule."""

import pytest
from hypothesis import Phase, given, settings

from scenarios.harness import Harness
from scenarios.known_line import known_line_sketches
from scenarios.sketch import Sketch

pytestmark = pytest.mark.external
drawn = settings(phases=(Phase.generate,))  # The harness makes smaller what fails.


@drawn
@given(known_line_sketches("no fault"))
def test_a_few_items_are_sorted_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    line.keeps(sketch, "known-line-no fault")


@drawn
@given(known_line_sketches("gates"))
def test_a_faulty_gate_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    line.keeps(sketch, "known-line-gates")


@drawn
@given(known_line_sketches("rods"))
def test_a_faulty_rod_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    line.keeps(sketch, "known-line-rods")


@drawn
@given(known_line_sketches("belt"))
def test_a_faulty_belt_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    line.keeps(sketch, "known-line-belt")


@drawn
@given(known_line_sketches("loader"))
def test_a_faulty_loader_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    line.keeps(sketch, "known-line-loader")


@drawn
@given(known_line_sketches("camera"))
def test_a_faulty_camera_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    line.keeps(sketch, "known-line-camera")


@drawn
@given(known_line_sketches("wire"))
def test_a_faulty_wire_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    line.keeps(sketch, "known-line-wire")


@drawn
@given(known_line_sketches("recognizer"))
def test_a_faulty_recognizer_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    line.keeps(sketch, "known-line-recognizer")


@drawn
@given(known_line_sketches("items"))
def test_an_unusual_item_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    line.keeps(sketch, "known-line-items")


@drawn
@given(known_line_sketches("broker"))
def test_the_loss_of_the_broker_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    line.keeps(sketch, "known-line-broker")


@drawn
@given(known_line_sketches("controller"))
def test_a_restart_of_the_controller_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    line.keeps(sketch, "known-line-controller")


@drawn
@given(known_line_sketches("stop"))
def test_a_signal_to_end_brings_the_default_line_to_rest(line: Harness, sketch: Sketch) -> None:
    line.keeps(sketch, "known-line-stop")
