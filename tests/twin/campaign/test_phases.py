"""Where items are while faults act, as a campaign counts it."""

from twin import Item, Scenario, faults, simulate
from twin.campaign.coverage_table import by_phase, holes
from twin.campaign.phases import ANYTHING, EMPTY, Phases, coverage, encounters, phases_of


def items(count):
    return tuple(Item(item_class="raw", available_s=0.0) for _ in range(count))


def test_an_item_goes_through_every_phase_in_order():
    run, phases, seen = simulate(Scenario(items=items(1))), Phases(), []
    for record in run.trace:
        phases.see(record)
        now = phases.of(1)
        if not seen or seen[-1] != now:
            seen.append(now)
    on_the_belt = [phase for phase in seen if phase != "not on the belt"]
    assert on_the_belt[:-1] == [phase for phase in phases_of(3) if phase not in (EMPTY, "leaving")] + ["leaving"]
    assert on_the_belt[-1] == "at rod 4"
    assert phases.on_belt == 0


def test_a_fault_meets_the_items_on_the_belt():
    late = faults.NoImage(from_s=0.0, until_s=60.0)
    run = simulate(Scenario(items=items(2), faults=(late,)))
    met = set(encounters(run.trace))
    assert ("noimage", "before gate 1", "1") in met
    assert coverage(run.trace)[f"noimage|{ANYTHING}|"] == 1


def test_a_scenario_counts_once_for_a_phase_whatever_the_number_on_the_belt():
    slow = faults.LinkDelay(from_s=0.0, until_s=500.0, way="aa", delay_s=0.2)
    counts = coverage(simulate(Scenario(items=items(8), faults=(slow,))).trace)
    crowds = [key for key in counts if key.startswith("linkdelay|before the camera|")]
    assert len(crowds) > 2
    assert by_phase(counts)["linkdelay", "before the camera"] == 1


def test_a_fault_that_acts_on_an_item_has_no_hole_where_there_is_none():
    gaps = holes({"takenoff|anything|": 1, "takenoff|leaving|": 1}, ["takenoff"], 3)
    assert ("takenoff", "before the camera") in gaps
    assert ("takenoff", EMPTY) not in gaps
    assert ("linkdelay", EMPTY) in holes({"linkdelay|leaving|": 1}, ["linkdelay"], 3)


def test_a_fault_on_an_empty_belt_is_counted_as_such():
    empty = faults.EmptyPush(from_s=0.0, until_s=60.0)
    assert ("emptypush", EMPTY, "0") in set(encounters(simulate(Scenario(items=items(1), faults=(empty,))).trace))
