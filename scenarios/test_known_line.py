"""What any controller of the default line must do, in whatever language: no fault of any family breaks a rule."""

import pytest
from hypothesis import Phase, given, settings

from scenarios.harness import Harness
from scenarios.known_line import ALLOWED, FAMILIES, known_line_sketches, sketches_of
from scenarios.sketch import Sketch

pytestmark = pytest.mark.external
drawn = settings(phases=(Phase.generate,))  # The harness makes smaller what fails.


def ask(line: Harness, family: str, sketch: Sketch, *, look: str = "") -> None:
    """No rule is broken in the scenario of a sketch, other than those that are allowed to be."""
    line.keeps(sketch, f"known-line-{family}", allowed=ALLOWED.get(family, ()), look=look)


@drawn
@given(sketches_of(list(FAMILIES)[::2]))
def test_a_look_at_every_other_family_finds_nothing_on_the_default_line(
    line: Harness, sketch: tuple[str, Sketch]
) -> None:
    """A few scenarios of each family first find most mistakes soonest."""
    ask(line, *sketch, look="even")


@drawn
@given(known_line_sketches("no fault"))
def test_a_few_items_are_sorted_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    ask(line, "no fault", sketch)


@drawn
@given(sketches_of(list(FAMILIES)[1::2]))
def test_a_look_at_the_families_between_finds_nothing_on_the_default_line(
    line: Harness, sketch: tuple[str, Sketch]
) -> None:
    """The other half, for another process."""
    ask(line, *sketch, look="odd")


@drawn
@given(known_line_sketches("gates"))
def test_a_faulty_gate_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    ask(line, "gates", sketch)


@drawn
@given(known_line_sketches("rods"))
def test_a_faulty_rod_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    ask(line, "rods", sketch)


@drawn
@given(known_line_sketches("belt"))
def test_a_faulty_belt_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    ask(line, "belt", sketch)


@drawn
@given(known_line_sketches("loader"))
def test_a_faulty_loader_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    ask(line, "loader", sketch)


@drawn
@given(known_line_sketches("camera"))
def test_a_faulty_camera_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    ask(line, "camera", sketch)


@drawn
@given(known_line_sketches("wire"))
def test_a_faulty_wire_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    ask(line, "wire", sketch)


@drawn
@given(known_line_sketches("recognizer"))
def test_a_faulty_recognizer_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    ask(line, "recognizer", sketch)


@drawn
@given(known_line_sketches("items"))
def test_an_unusual_item_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    ask(line, "items", sketch)


@drawn
@given(known_line_sketches("broker"))
def test_the_loss_of_the_broker_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    ask(line, "broker", sketch)


@drawn
@given(known_line_sketches("controller"))
def test_a_restart_of_the_controller_breaks_no_rule_on_the_default_line(line: Harness, sketch: Sketch) -> None:
    ask(line, "controller", sketch)


@drawn
@given(known_line_sketches("stop"))
def test_a_signal_to_end_brings_the_default_line_to_rest(line: Harness, sketch: Sketch) -> None:
    ask(line, "stop", sketch)
