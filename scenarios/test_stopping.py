"""A controller that knows how many items there are comes to rest after the last: rods in, belt standing."""

from hypothesis import given
from hypothesis import strategies as st

from scenarios.harness import Harness
from scenarios.strategies import scenarios
from twin import Layout, Run, Scenario
from twin.trace import Ended


@given(scenarios(most_items=6, layout=st.just(Layout()), counted=True))
def test_after_the_last_item_everything_comes_to_rest(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "stopping", all_at_rest)


def all_at_rest(run: Run) -> list[str]:
    """Every item is in a bin, and the line stands as it should be left."""
    left = run.scenario.item_count - run.summary.items
    wrong = [f"{left} items are in no bin"] if left else []
    ended = run.trace[-1]
    if not isinstance(ended, Ended) or ended.running or ended.rods_out:
        wrong.append(f"not at rest: {ended}")
    return wrong
