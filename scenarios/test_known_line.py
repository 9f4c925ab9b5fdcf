"""What any controller of the default line must do, in whatever language: no fault of any family breaks a rule."""

import pytest
from hypothesis import given

from scenarios.harness import Harness
from scenarios.known_line import known_line_scenarios
from twin import Scenario

pytestmark = pytest.mark.external


@given(known_line_scenarios("no fault"))
def test_a_few_items_are_sorted_on_the_default_line(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "known-line-no fault")


@given(known_line_scenarios("gates"))
def test_a_faulty_gate_breaks_no_rule_on_the_default_line(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "known-line-gates")


@given(known_line_scenarios("rods"))
def test_a_faulty_rod_breaks_no_rule_on_the_default_line(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "known-line-rods")


@given(known_line_scenarios("belt"))
def test_a_faulty_belt_breaks_no_rule_on_the_default_line(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "known-line-belt")


@given(known_line_scenarios("loader"))
def test_a_faulty_loader_breaks_no_rule_on_the_default_line(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "known-line-loader")


@given(known_line_scenarios("camera"))
def test_a_faulty_camera_breaks_no_rule_on_the_default_line(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "known-line-camera")


@given(known_line_scenarios("wire"))
def test_a_faulty_wire_breaks_no_rule_on_the_default_line(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "known-line-wire")


@given(known_line_scenarios("recognizer"))
def test_a_faulty_recognizer_breaks_no_rule_on_the_default_line(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "known-line-recognizer")


@given(known_line_scenarios("items"))
def test_an_unusual_item_breaks_no_rule_on_the_default_line(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "known-line-items")


@given(known_line_scenarios("broker"))
def test_the_loss_of_the_broker_breaks_no_rule_on_the_default_line(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "known-line-broker")


@given(known_line_scenarios("controller"))
def test_a_restart_of_the_controller_breaks_no_rule_on_the_default_line(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "known-line-controller")
