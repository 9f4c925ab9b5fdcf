"""Runs a campaign: gives units to workers, folds their results in, and keeps them."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from controller.system import wall_s
from twin.campaign.cluster import Units
from twin.campaign.folder import CampaignFolder
from twin.campaign.ledger import Finding, Ledger
from twin.campaign.plan import Plan
from twin.campaign.program_files import ProgramFiles
from twin.campaign.shrinking import Shrunk, shrink_of
from twin.campaign.unit import UnitResult, run_unit


class Campaign:
    """One campaign on the workers of `client`. `on_progress` gets the ledger whenever a unit counts."""

    def __init__(
        self, plan: Plan, client: Any, folder: CampaignFolder, program: ProgramFiles | None, *,
        on_progress: Callable[[Ledger], None], on_trouble: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.ledger = Ledger(plan)
        self._client = client
        # Sent to the workers once, and not with every unit.
        self._program = None if program is None else client.scatter(program, broadcast=True)
        self._folder = folder
        self._on_progress = on_progress
        self._on_trouble = on_trouble

    def run(self, earlier: list[UnitResult], until_s: float | None = None) -> None:
        """Run the units that `earlier` does not have, until all are done or, in s of the wall clock, `until_s`."""
        ledger, units = self.ledger, Units(self._client, run_unit, self._program, self._on_trouble)
        for result in earlier:
            ledger.resume(result)
        self._on_progress(ledger)
        while not ledger.done:
            late = until_s is not None and wall_s() >= until_s
            while not late and not units.full and (task := ledger.next_task()) is not None:
                units.give(task)
            if units.empty:
                return
            for result in units.results():
                for folded in ledger.take(result):
                    self._folder.add_unit(folded)
                    self._on_progress(ledger)

    def shrink(self) -> Iterator[tuple[Finding, Shrunk, str]]:
        """Shrink each group's failure on the workers, and keep it; gives group, shrunk failure and file, in order."""
        findings = sorted(self.ledger.findings.values(), key=lambda one: one.group)
        tasks = [self.ledger.task(one.smallest.unit) for one in findings]
        futures = [
            self._client.submit(shrink_of, task, one.group, self._program, pure=False)
            for one, task in zip(findings, tasks, strict=True)
        ]
        for number, (finding, future) in enumerate(zip(findings, futures, strict=True), start=1):
            shrunk: Shrunk = future.result()
            name = re.sub(r"[^a-z0-9]+", "-", finding.group.name.lower()).strip("-")
            file = f"findings/{number:02}-{name:.80}.json"
            self._folder.write(file, shrunk.failure.scenario.encode())
            yield finding, shrunk, file
