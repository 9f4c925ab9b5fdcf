"""What a campaign does: its scenarios, cut into units, and the version of the code that it runs."""

import sys
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final, Literal

import hypothesis
import msgspec

from classifier.distribution import distribution_version
from twin.campaign.program_files import ComputingLine
from twin.errors import ArgumentError
from twin.scenario.layout import Layout

CAMPAIGN_FORMAT: Final = 2
INSTALLED: Final = {"site-packages", "dist-packages"}
PACKAGES: Final = ("twin", "controller", "classifier", "scenarios")
UNIT_SCENARIOS: Final = {"memory": 500, "hosted": 50}
"""Scenarios in a unit, so that it takes about 10 s on one core: little beside what its start and its transport cost."""

LEAST_UNITS: Final = 16
"""A small campaign has smaller units, so that there is something to do for every worker."""

GENERATIONS: Final = 10
SMALLEST_GENERATION: Final = 4
"""A counted campaign has about ten generations. Each is closed before the next begins, which leaves workers idle for up
to a unit's time, so it must have several units a worker."""

CLOCK_GENERATION: Final = 16
"""The least units in a generation of a campaign that ends by the clock."""

CLOCK_UNITS: Final = 4
"""Such a generation has so many units for each worker, at the least, so that few wait for its end."""

FROM_THE_START: Final = ("computing", "clock_generation")
"""What a plan has from its campaign's start; whoever goes on with it takes it from there."""

MOST_SCENARIOS: Final = 1_000_000_000


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A campaign, completely: whoever has the plan and the same code gets the same result.

    `scenarios` are drawn with `seed` from these `families` of faults, on `layout` (None: the lines that the source
    draws). `controller` is the command of an external controller, None for ours, and `program` has a digest of each of
    its files; it starts in their folder, or not (`starts_inside`). Units mutate the closest scenarios of the generation
    before theirs, unless `search` is False. The first unit begins with the scenarios (JSON) that failed `before`; they
    come on top of the others. `code` is `code_version()`.

    Two fields are what was found at the start (`FROM_THE_START`), and not what was asked for: `computing` has the lines
    of the external controller that compute for long; a generation of a campaign that ends by the clock has
    `clock_generation` units (None in a counted one). Raises `ArgumentError`.
    """

    format: int = CAMPAIGN_FORMAT
    seed: int = 0
    scenarios: int
    families: tuple[str, ...]
    layout: Layout | None = None
    controller: str | None = None
    program: dict[str, str] | None = None
    starts_inside: bool = False
    search: bool = True
    before: tuple[str, ...] = ()
    code: str
    computing: tuple[ComputingLine, ...] = ()
    clock_generation: int | None = None

    def __post_init__(self) -> None:
        """Check the number of scenarios."""
        if not 1 <= self.scenarios <= MOST_SCENARIOS:
            raise ArgumentError("scenarios", self.scenarios, f"1 to {MOST_SCENARIOS}")

    @property
    def by_clock(self) -> bool:
        """Whether the campaign ends by the clock, and not after a number of scenarios."""
        return self.scenarios == MOST_SCENARIOS

    @property
    def link(self) -> Literal["memory", "hosted"]:
        """The link on which the scenarios run."""
        return "memory" if self.controller is None else "hosted"

    @property
    def unit_scenarios(self) -> int:
        """The number of scenarios in a unit; the last one may have fewer."""
        return min(UNIT_SCENARIOS[self.link], -(-self.scenarios // LEAST_UNITS))

    @property
    def units(self) -> int:
        """The number of units."""
        return -(-self.scenarios // self.unit_scenarios)

    @property
    def generation_units(self) -> int:
        """The number of units in a generation. It does not depend on the number of workers."""
        if not self.search:
            return self.units
        if self.by_clock:
            return self.clock_generation or CLOCK_GENERATION
        return max(SMALLEST_GENERATION, -(-self.units // GENERATIONS))

    def count(self, unit: int) -> int:
        """The number of scenarios of a unit, counted from 0."""
        return min(self.unit_scenarios, self.scenarios - unit * self.unit_scenarios)

    def generation(self, unit: int) -> int:
        """The generation of a unit, counted from 0."""
        return unit // self.generation_units

    def unit_seed(self, unit: int) -> int:
        """The seed of a unit's draws."""
        return int.from_bytes(blake2b(f"{self.seed}/{unit}".encode(), digest_size=8).digest(), "big")


@cache
def code_version() -> str:
    """The version of the project and a digest of its modules, with what else the draws follow from.

    That is the versions of Python and Hypothesis, and whether the project is installed or used from a checkout:
    Hypothesis also draws constants that it finds in a program's own modules, but in no installed one.
    """
    digest = blake2b(digest_size=8)
    root = Path(__file__).resolve().parents[2]
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    python = ".".join(map(str, sys.version_info[:2]))
    installed = "installed" if INSTALLED.intersection(root.parts) else "a checkout"
    others = f"{installed}, Python {python}, Hypothesis {hypothesis.__version__}"
    return f"{distribution_version()}+{digest.hexdigest()} ({others})"
