"""The scenarios of a campaign: those of the suite, and mutations of scenarios that came close to failing."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from scenarios.draft import Draft
from scenarios.known_line import ALLOWED, FAMILIES, known_line_drafts
from scenarios.pace import USUAL_PACE
from scenarios.strategies import (
    Kinds,
    bearable_links,
    belt_speeds_m_per_s,
    fault_of,
    items,
    one_loss_at_a_time,
    scenarios,
    steps,
    warm_up_s,
)
from twin import Layout, Scenario
from twin.scenario.faults import RetainedMessage
from twin.scenario.overrides import with_decodable_pictures
from twin.scenario.scenario import decode_scenario

__all__ = ["ALLOWED", "FAMILIES", "campaign_scenarios"]

SHIFT_S: Final = 3.0
MOST_FAULTS: Final = 4
MOST_MUTATIONS: Final = 3


def campaign_scenarios(
    *, families: Sequence[str], layout: Layout | None, known_line: bool, archive: Sequence[str] = ()
) -> SearchStrategy[Scenario]:
    """Scenarios of any of these families of faults, and, with an archive, as many mutations of its scenarios.

    `known_line`: for a controller that knows its line. `layout` None: the lines that the suite draws.
    """
    fresh = st.one_of([_of_family(family, layout, known_line) for family in families])
    if not archive:
        return fresh
    kinds = [kind for family in families for kind in FAMILIES[family]]
    closest = Archive(decode_scenario(text.encode()) for text in archive)
    mutants = mutations(closest, kinds, other_lines=layout is None and not known_line)
    # `fresh | mutants` would be flattened, and few would be mutants.
    return st.booleans().flatmap(lambda mutated: mutants if mutated else fresh)


def _of_family(family: str, layout: Layout | None, known_line: bool) -> SearchStrategy[Scenario]:
    if known_line:
        return known_line_drafts(family, layout or Layout()).map(_of_draft)
    stopped, line = family == "stop", None if layout is None else st.just(layout)
    return scenarios(kinds=FAMILIES[family], layout=line, stopped=stopped)


def _of_draft(draft: Draft) -> Scenario:
    return with_decodable_pictures(draft.at(USUAL_PACE))


Change = Callable[[st.DrawFn, Scenario, Kinds], Scenario]
"""Makes a scenario a little different; a fault that it adds is of one of the kinds."""


class Archive(tuple[Scenario, ...]):
    """Scenarios to mutate. Hypothesis describes a strategy with its arguments, and warns of long ones."""

    def __repr__(self) -> str:
        """Their number."""
        return f"<Archive of {len(self)} scenarios>"


@st.composite
def mutations(draw: st.DrawFn, archive: Archive, kinds: Kinds, *, other_lines: bool = False) -> Scenario:
    """Scenarios of the archive with a few changes: a fault moved, of another kind, added or left out, other items.

    The wire and the belt's speed decide most about how close a push comes to being too late. The speed changes only
    with `other_lines`.
    """
    changes = [*_CHANGES, _other_speed] if other_lines else _CHANGES
    scenario = draw(st.sampled_from(archive))
    for _ in range(draw(st.integers(1, MOST_MUTATIONS))):
        scenario = draw(st.sampled_from(changes))(draw, scenario, kinds)
    return scenario


def _move_fault(draw: st.DrawFn, scenario: Scenario, kinds: Kinds) -> Scenario:
    if not scenario.faults:
        return scenario
    place, shift_s = draw(st.integers(0, len(scenario.faults) - 1)), draw(steps(-SHIFT_S, SHIFT_S, 0.05))
    fault = scenario.faults[place]
    warm_s = warm_up_s(scenario.layout)
    earliest_s = warm_s if fault.from_s >= warm_s else 0.0  # A line that started healthy still does.
    shift_s = max(shift_s, earliest_s - fault.from_s)
    moved = msgspec.structs.replace(
        fault, from_s=round(fault.from_s + shift_s, 3), until_s=round(fault.until_s + shift_s, 3)
    )
    return _with_fault(scenario, place, moved)


def _other_fault(draw: st.DrawFn, scenario: Scenario, kinds: Kinds) -> Scenario:
    """Another fault, of any kind, at the time of one."""
    if not scenario.faults or not kinds:
        return scenario
    place = draw(st.integers(0, len(scenario.faults) - 1))
    fault, kind = scenario.faults[place], draw(st.sampled_from(list(kinds)))
    # A retained message lies there from the start; whatever comes in its place must wait until the line is warm.
    earliest_s = None if isinstance(fault, RetainedMessage) else fault.from_s
    latest_s = None if earliest_s is None else earliest_s + SHIFT_S
    other = fault_of(kind, scenario.layout, scenario.item_count, earliest_s=earliest_s, latest_s=latest_s)
    return _with_fault(scenario, place, draw(other))


def _add_fault(draw: st.DrawFn, scenario: Scenario, kinds: Kinds) -> Scenario:
    if not kinds or len(scenario.faults) >= MOST_FAULTS:
        return scenario
    added = draw(fault_of(draw(st.sampled_from(list(kinds))), scenario.layout, scenario.item_count))
    return _with_faults(scenario, (*scenario.faults, added))


def _drop_fault(draw: st.DrawFn, scenario: Scenario, kinds: Kinds) -> Scenario:
    if len(scenario.faults) < 2:
        return scenario
    place = draw(st.integers(0, len(scenario.faults) - 1))
    return _with_faults(scenario, scenario.faults[:place] + scenario.faults[place + 1 :])


def _other_gap(draw: st.DrawFn, scenario: Scenario, kinds: Kinds) -> Scenario:
    """An item that comes to the stack earlier or later."""
    stack = list(scenario.stack())
    place, shift_s = draw(st.integers(0, len(stack) - 1)), draw(steps(-SHIFT_S, SHIFT_S, 0.1))
    item = stack[place]
    changed = msgspec.structs.replace(item, available_s=max(0.0, round(item.available_s + shift_s, 3)))
    return msgspec.structs.replace(scenario, items=(*stack[:place], changed, *stack[place + 1 :]))


def _other_item(draw: st.DrawFn, scenario: Scenario, kinds: Kinds) -> Scenario:
    """An item of another class, or of another length."""
    stack = list(scenario.stack())
    place, other = draw(st.integers(0, len(stack) - 1)), draw(items())
    key = draw(st.sampled_from(["item_class", "length_m"]))
    changed = msgspec.structs.replace(stack[place], **{key: getattr(other, key)})
    return msgspec.structs.replace(scenario, items=(*stack[:place], changed, *stack[place + 1 :]))


def _other_wire(draw: st.DrawFn, scenario: Scenario, kinds: Kinds) -> Scenario:
    return msgspec.structs.replace(scenario, link=draw(bearable_links(scenario.layout)))


def _other_seed(draw: st.DrawFn, scenario: Scenario, kinds: Kinds) -> Scenario:
    """Other jitter, other answers."""
    return msgspec.structs.replace(scenario, seed=draw(st.integers(0, 1000)))


def _other_speed(draw: st.DrawFn, scenario: Scenario, kinds: Kinds) -> Scenario:
    """Another speed of the belt, on which the line still starts healthy, and bears the wire."""
    layout = msgspec.structs.replace(scenario.layout, belt_speed_m_per_s=draw(belt_speeds_m_per_s()))
    starting = [fault for fault in scenario.faults if not isinstance(fault, RetainedMessage)]
    if any(fault.from_s < warm_up_s(layout) for fault in starting):
        return scenario
    return msgspec.structs.replace(scenario, layout=layout, link=draw(bearable_links(layout)))


_CHANGES: Final[list[Change]] = [
    _move_fault, _other_fault, _add_fault, _drop_fault, _other_gap, _other_item, _other_wire, _other_seed,
]  # fmt: skip


def _with_fault(scenario: Scenario, place: int, fault: Any) -> Scenario:
    return _with_faults(scenario, (*scenario.faults[:place], fault, *scenario.faults[place + 1 :]))


def _with_faults(scenario: Scenario, faults: tuple[Any, ...]) -> Scenario:
    return msgspec.structs.replace(scenario, faults=one_loss_at_a_time(faults))
