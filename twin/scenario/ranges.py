"""The check that a number of a scenario lies within its range."""

import math

from twin.errors import ScenarioError


def check_range(field: str, value: float, low: float, high: float, *, above: bool = False) -> None:
    """Check that a value is finite and `low` to `high`; above `low`, if asked. The `ScenarioError` names the field."""
    if not (math.isfinite(value) and (value > low if above else value >= low) and value <= high):
        raise ScenarioError(field, value, f"{'above ' if above else ''}{low} to {high}")
