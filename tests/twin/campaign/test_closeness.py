"""The situations of a run, and how close it came in each to breaking a rule."""

from twin import Item, Scenario, simulate
from twin.campaign.closeness import closeness


def test_each_situation_has_its_least_margin():
    items = tuple(Item(item_class=name) for name in ("raw", "ripe", "raw", "half_ripe", "ripe"))
    run = simulate(Scenario(items=items))
    found = closeness(run.trace)
    pushed = {tuple(situation.split("|")[1:3]) for situation in found if situation.startswith("clip_m")}
    scenario = run.scenario
    assert pushed == {(f"rod {scenario.bin_of(name)}", name) for name in ("raw", "ripe", "half_ripe")}
    for margin in ("clip_m", "gap_m", "out_s"):
        lefts = [left for situation, left in found.items() if situation.startswith(margin)]
        assert min(lefts, default=None) == getattr(run.margins, margin)


def test_the_number_on_the_belt_tells_situations_apart():
    run = simulate(Scenario(items=(Item(item_class="raw"),) * 12))
    crowds = {situation.rsplit("|", 1)[1] for situation in closeness(run.trace) if situation.startswith("clip_m")}
    assert "1" in crowds
    assert len(crowds) > 1
