"""Generated scenarios with faults give the same digest in memory and over a real broker."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from scenarios.strategies import ALL_FAULTS, scenarios
from twin import simulate


@pytest.mark.broker
@settings(
    max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
)  # fmt: skip
@given(scenarios(kinds=ALL_FAULTS, fewest_items=3, most_items=6))
def test_memory_and_lockstep_have_the_same_digest(scenario):
    assert simulate(scenario, link="lockstep").summary.digest == simulate(scenario).summary.digest
