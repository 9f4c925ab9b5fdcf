"""The situations of a run, and how close it came in each to breaking a rule."""

import msgspec

from twin import Item, Scenario, simulate, trace
from twin.campaign.closeness import closeness
from twin.trace import Stroke
from twin.verdict.checks.rods import LONGEST_OUT_S


def test_each_situation_has_its_least_margin():
    items = tuple(Item(item_class=name) for name in ("raw", "ripe", "raw", "half_ripe", "ripe"))
    run = simulate(Scenario(items=items))
    found = closeness(run.trace)
    pushed = {tuple(situation.split("|")[1:3]) for situation in found if situation.startswith("clip_m")}
    scenario = run.scenario
    assert pushed == {(f"rod {scenario.bin_of(name)}", name) for name in ("raw", "ripe", "half_ripe")}
    margins = {situation.partition("|")[0] for situation in found}
    assert run.margins.lefts() == {
        name: min(left for situation, left in found.items() if situation.startswith(name)) for name in margins
    }


def test_the_number_on_the_belt_tells_situations_apart():
    run = simulate(Scenario(items=(Item(item_class="raw"),) * 12))
    crowds = {situation.rsplit("|", 1)[1] for situation in closeness(run.trace) if situation.startswith("clip_m")}
    assert "1" in crowds
    assert len(crowds) > 1


def test_a_rod_that_an_excuse_left_out_too_long_is_no_situation_to_come_closer_to():
    out = trace.RodMoves(t_s=5.0, rod=1, stroke=Stroke.OUT)
    back = trace.RodMoves(t_s=5.5 + LONGEST_OUT_S, rod=1, stroke=Stroke.RETRACTING)
    assert closeness([out, back]) == {}
    assert closeness([out, msgspec.structs.replace(back, t_s=5.5)]) != {}
