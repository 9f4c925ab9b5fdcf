"""The benchmark of mistakes in external programs: each change fits its program, and its scenario shows it."""

from pathlib import Path

import pytest

from twin import Item, Scenario, faults, simulate
from twin.links.external_controller import ExternalController

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def external(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import external

    return external


def test_there_are_enough_mistakes_of_enough_kinds(external, tmp_path):
    mistakes = external.MISTAKES
    assert len({mistake.name for mistake in mistakes}) == len(mistakes) >= 30
    assert len({mistake.kind for mistake in mistakes}) >= 20
    assert {mistake.style for mistake in mistakes} == set(external.SOUND)
    for mistake in mistakes:
        assert external.write_program(mistake, tmp_path).exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["pushes_late", "close_loading", "not_awaited", "event_set_too_early", "unknown_key", "clears_in_a_push"]
)
def test_a_scenario_by_hand_shows_its_mistake_and_none_in_the_sound_program(external, name, tmp_path):
    mistake = next(mistake for mistake in external.MISTAKES if mistake.name == name)
    broken = ExternalController(external.command_of(external.write_program(mistake, tmp_path)))
    sound = ExternalController(external.command_of(external.SOUND[mistake.style]))
    assert simulate(mistake.scenario, link="hosted", controller=broken).violations
    assert not simulate(mistake.scenario, link="hosted", controller=sound).violations


@pytest.mark.slow
@pytest.mark.parametrize("style", ["one_at_a_time", "windows", "asyncio", "state_and_event", "loop_by_hand"])
def test_a_sound_program_is_not_misled_by_messages_as_late_as_its_next_load(external, style):
    late = faults.LinkDelay(way="bb", delay_s=4.0, from_s=15.1, until_s=18.1)
    items = Item(item_class="ripe", length_m=0.08), Item(item_class="half_ripe", length_m=0.08)
    sound = ExternalController(external.command_of(external.SOUND[style]))
    assert not simulate(Scenario(items=items, faults=(late,)), link="hosted", controller=sound).violations
