"""The strategies keep their bounds, draw every kind of fault, and shrink to a few items on the default line."""

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from scenarios import strategies as s
from scenarios.known_line import FAMILIES, known_line_drafts
from scenarios.pace import Pace
from twin import Item, Layout, Scenario, faults
from twin.scenario.item import CLASSES
from twin.scenario.scenario import decode_scenario, encode_scenario

QUIET = settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
FINDING = settings(
    max_examples=2000, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True,
    phases=(Phase.generate, Phase.shrink),
)  # fmt: skip


@QUIET
@given(st.integers(1, 6).flatmap(lambda most: st.tuples(st.just(most), s.layouts(most_gates=most))))
def test_layouts_have_few_gates_and_room_for_every_item(drawn):
    most, layout = drawn
    assert len(layout.gates_m) <= max(most, len(Layout().gates_m))
    for gate_m, rod_m in zip(layout.gates_m, layout.rods_m, strict=True):
        assert 0 < rod_m - gate_m < layout.rod_head_m


@QUIET
@given(s.items(shortest_m=0.05, longest_m=0.06, usual_s=3.0, latest_s=9.0))
def test_items_keep_their_bounds(item):
    assert 0.05 <= item.length_m <= 0.06
    assert item.item_class in CLASSES
    assert 0.0 <= item.available_s <= 9.0


@QUIET
@given(s.foreign_objects())
def test_foreign_objects_lie_whole_between_camera_and_first_gate(thing):
    assert thing.at_m > Layout().camera_m
    assert thing.at_m + thing.length_m / 2 <= Layout().gates_m[0] + 1e-9


@QUIET
@given(s.link_models(longest_jitter_s=0.002), s.recognizer_models(most_misread=0.0))
def test_link_and_recognizer_models_keep_their_bounds(link, recognizer):
    assert link.latency_s <= 0.01
    assert link.jitter_s <= 0.002
    assert recognizer.misread_share == 0.0


@QUIET
@given(s.scenarios(kinds=s.ALL_FAULTS, most_faults=2, fewest_items=2, most_items=5))
def test_scenarios_keep_their_bounds_and_start_healthy(scenario):
    assert 2 <= scenario.item_count <= 5
    assert 1 <= len(scenario.faults) <= 2
    first, *others = scenario.items
    assert first.available_s == 0.0
    assert first.item_class == CLASSES[: len(scenario.layout.bins)][-1]
    assert [item.available_s for item in others] == sorted(item.available_s for item in others)
    # A retained message lies at the broker before the controller subscribes.
    for fault in scenario.faults:
        earliest_s = 0.0 if isinstance(fault, faults.RetainedMessage) else s.warm_up_s(scenario.layout)
        assert fault.from_s >= earliest_s
    assert decode_scenario(encode_scenario(scenario)) == scenario


@QUIET
@given(s.scenarios(kinds=[faults.RodDead], in_flight=st.just(2), layout=st.just(Layout()), counted=True))
def test_strategies_follow_their_arguments(scenario):
    assert {type(fault) for fault in scenario.faults} == {faults.RodDead}
    assert scenario.layout == Layout()
    assert (scenario.controller.in_flight, scenario.controller.items) == (2, scenario.item_count)


@QUIET
@given(s.scenarios())
def test_without_kinds_there_is_no_fault(scenario):
    assert scenario.faults == ()


@pytest.mark.parametrize("kind", s.ALL_FAULTS, ids=lambda kind: kind.__name__)
def test_every_kind_of_fault_is_drawn_and_shrinks_alone(kind):
    several = s.fault_lists(s.ALL_FAULTS, Layout(), 5)
    found = find(several, lambda chosen: any(type(fault) is kind for fault in chosen), settings=FINDING)
    assert [type(fault) for fault in found] == [kind]


def test_each_scenario_enables_a_few_of_many_kinds():
    kinds = set()

    @QUIET
    @given(s.scenarios(kinds=s.ALL_FAULTS))
    def look(scenario):
        kinds.add(frozenset(type(fault) for fault in scenario.faults))

    look()
    assert len(kinds) > 10
    assert max(len(few) for few in kinds) <= 3


def test_the_simplest_scenario_is_one_usual_item_on_the_default_line():
    found = find(s.scenarios(), lambda scenario: True, settings=FINDING)
    assert found == Scenario(
        items=(Item(item_class="ripe"),), link=found.link, recognizer=found.recognizer, controller=found.controller
    )
    assert (found.link.latency_s, found.recognizer.latency_s, found.controller.in_flight) == (0.0, 0.0, "auto")


def test_a_failure_shrinks_to_its_two_items_and_one_fault():
    found = find(
        s.scenarios(kinds=s.ALL_FAULTS),
        lambda one: (
            any(isinstance(fault, faults.RodDead) and fault.rod == 2 for fault in one.faults)
            and any(item.item_class == "ripe" for item in one.items[1:])
        ),
        settings=FINDING,
    )
    warm_s = s.warm_up_s(Layout())
    assert (found.item_count, found.faults) == (2, (faults.RodDead(rod=2, from_s=warm_s, until_s=warm_s + 0.5),))
    assert found.layout == Layout()


@pytest.mark.parametrize(
    ("holds", "shortest"),
    [
        (lambda scenario: scenario.item_count >= 4, 4),
        (lambda scenario: any(item.length_m > 0.1 for item in scenario.items), 1),
        (lambda scenario: any(item.available_s > 5 for item in scenario.items), 2),
    ],
)
def test_stacks_shrink_to_as_few_items_as_needed(holds, shortest):
    assert find(s.scenarios(), holds, settings=FINDING).item_count == shortest


def test_numbers_shrink_to_round_ones():
    found = find(s.steps(0.0, 5.0, 0.1), lambda value: value > 1.23, settings=FINDING)
    assert found == 1.3


TWO_GATES = Layout(gates_m=(0.5, 1.0), rods_m=(0.58, 1.08), end_m=1.5)


@QUIET
@given(st.sampled_from(sorted(FAMILIES)).flatmap(lambda family: known_line_drafts(family, TWO_GATES)))
def test_a_draft_fits_the_line_it_is_drawn_for(draft):
    scenario = draft.at(Pace())
    assert scenario.layout == TWO_GATES
    assert set(scenario.controller.bins) == {"ripe", "half_ripe"}
