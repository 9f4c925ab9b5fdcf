"""After all faults have healed, every item must reach a bin within a bound."""

from hypothesis import given

from scenarios.harness import Harness
from scenarios.strategies import ALL_FAULTS, scenarios
from twin import Run, Scenario
from twin.scenario.faults import TakenOff


@given(scenarios(kinds=ALL_FAULTS))
def test_the_line_goes_on_once_any_mixture_of_faults_heals(line: Harness, scenario: Scenario) -> None:
    line.holds(scenario, "liveness", all_accounted_for)


def all_accounted_for(run: Run) -> list[str]:
    """Every item of the stack is in a bin, or was taken off by hand."""
    taken = {fault.item for fault in run.scenario.faults if isinstance(fault, TakenOff) and fault.back_m is None}
    left = run.scenario.item_count - len(taken) - run.summary.items
    return [f"{left} items are neither in a bin nor taken off"] if left > 0 else []
