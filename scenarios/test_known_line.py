"""What any controller of one line must do, in whatever language: no fault of any family breaks a rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness

pytestmark = pytest.mark.external


@given(st.data())
def test_a_few_items_are_sorted_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "no fault")


@given(st.data())
def test_a_faulty_gate_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "gates")


@given(st.data())
def test_a_faulty_rod_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "rods")


@given(st.data())
def test_a_faulty_belt_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "belt")


@given(st.data())
def test_a_faulty_loader_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "loader")


@given(st.data())
def test_a_faulty_camera_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "camera")


@given(st.data())
def test_a_faulty_wire_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "wire")


@given(st.data())
def test_a_faulty_recognizer_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "recognizer")


@given(st.data())
def test_an_unusual_item_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "items")


@given(st.data())
def test_the_loss_of_the_broker_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "broker")


@given(st.data())
def test_a_restart_of_the_controller_breaks_no_rule_on_its_line(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "controller")


@given(st.data())
def test_a_signal_to_end_brings_its_line_to_rest(line: Harness, data: st.DataObject) -> None:
    line.stands(data, "stop")
