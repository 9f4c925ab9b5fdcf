"""What any controller of one line must do, in whatever language: no fault of any family breaks a rule."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.known_line import FAMILIES

pytestmark = pytest.mark.external
drawn = settings(phases=(Phase.generate,))  # The harness makes smaller what fails.


@drawn
@given(st.data())
def test_a_look_at_every_other_family_finds_nothing_on_its_line(line: Harness, data: st.DataObject) -> None:
    """A few scenarios of each family first find most mistakes soonest."""
    line.looks(data, list(FAMILIES)[::2], "even")


@drawn
@given(st.data())
def test_a_few_items_are_sorted_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "no fault")


@drawn
@given(st.data())
def test_a_look_at_the_families_between_finds_nothing_on_its_line(line: Harness, data: st.DataObject) -> None:
    """The other half, for another process."""
    line.looks(data, list(FAMILIES)[1::2], "odd")


@drawn
@given(st.data())
def test_a_faulty_gate_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "gates")


@drawn
@given(st.data())
def test_a_faulty_rod_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "rods")


@drawn
@given(st.data())
def test_a_faulty_belt_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "belt")


@drawn
@given(st.data())
def test_a_faulty_loader_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "loader")


@drawn
@given(st.data())
def test_a_faulty_camera_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "camera")


@drawn
@given(st.data())
def test_a_faulty_wire_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "wire")


@drawn
@given(st.data())
def test_a_faulty_recognizer_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "recognizer")


@drawn
@given(st.data())
def test_an_unusual_item_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "items")


@drawn
@given(st.data())
def test_the_loss_of_the_broker_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "broker")


@drawn
@given(st.data())
def test_a_restart_of_the_controller_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "controller")


@drawn
@given(st.data())
def test_a_signal_to_end_brings_its_line_to_rest(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "stop")
