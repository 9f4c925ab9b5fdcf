"""Where a campaign's scenarios come from: the suite. It stands above the twin, and is imported when it draws."""

from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

from hypothesis.strategies import SearchStrategy

from twin.scenario.faults import Fault
from twin.scenario.layout import Layout
from twin.scenario.scenario import Scenario


class ScenarioSource(Protocol):
    """What a campaign needs of the suite.

    `FAMILIES` has the kinds of faults of each family, `ALLOWED` the rules that a family does not ask.
    """

    FAMILIES: Mapping[str, Sequence[type[Fault]]]
    ALLOWED: Mapping[str, Collection[str]]

    def campaign_scenarios(
        self, *, families: Sequence[str], layout: Layout | None, known_line: bool, archive: Sequence[str] = ()
    ) -> SearchStrategy[Scenario]:
        """Scenarios of any of these families, and mutations of those in the archive (JSON)."""


def scenario_source() -> ScenarioSource:
    """The suite's module for campaigns."""
    return cast(ScenarioSource, import_module("scenarios.campaign_source"))
