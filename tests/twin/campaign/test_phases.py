"""Where items are while faults act, as a campaign counts it."""

from twin import Item, Scenario, faults, simulate
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


def test_a_fault_on_an_empty_belt_is_counted_as_such():
    empty = faults.EmptyPush(from_s=0.0, until_s=60.0)
    assert ("emptypush", EMPTY, "0") in set(encounters(simulate(Scenario(items=items(1), faults=(empty,))).trace))
