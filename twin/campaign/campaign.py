"""Runs a campaign: gives units to workers, folds their results in, and keeps them."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from controller.system import wall_s
from twin.campaign.cluster import Units
from twin.campaign.folder import CampaignFolder
from twin.campaign.ledger import Finding, Ledger
from twin.campaign.plan import Plan
from twin.campaign.program_files import ProgramFiles
from twin.campaign.shrinking import Shrunk, shrink_of
from twin.campaign.unit import Failure, Group, UnitResult, run_unit
from twin.report.reported import Origin, replay_command


class Kept(NamedTuple):
    """A group of failures, and the smallest one that is kept of it.

    `file` is its files' name in the folder, without an ending; `again` the command that plays it again.
    """

    finding: Finding
    smallest: Failure
    file: str
    again: str


class Campaign:
    """One campaign on the workers of `client`. `on_progress` gets the ledger whenever a unit counts.

    `progress` has the times in s since it began, or was resumed, and the scenarios that were done by then.
    """

    def __init__(
        self, plan: Plan, client: Any, folder: CampaignFolder, program: ProgramFiles | None, *,
        on_progress: Callable[[Ledger], None], on_trouble: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.ledger = Ledger(plan)
        self.progress: list[tuple[float, int]] = []
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
        began_s = wall_s()
        self.progress.append((0.0, ledger.scenarios))
        while not ledger.done:
            late = until_s is not None and wall_s() >= until_s
            while not late and not units.full and (task := ledger.next_task()) is not None:
                units.give(task)
            if units.empty:
                return
            for result in units.results():
                for folded in ledger.take(result):
                    self._folder.add_unit(folded)
                    self.progress.append((wall_s() - began_s, ledger.scenarios))
                    self._on_progress(ledger)

    def shrink(self, controller: str | None) -> Iterator[Kept]:
        """Shrink each group's failure on the workers, and keep it, drawn too; gives them in order.

        `controller` is the command line of the user's program, None for our controller.
        """
        findings = sorted(self.ledger.findings.values(), key=lambda one: one.group)
        files = [f"findings/{number:02}-{_file_name(one.group)}" for number, one in enumerate(findings, start=1)]
        link = self.ledger.plan.link
        origins = [
            Origin(link=link, controller=controller, scenario_file=f"{self._folder.url}/{file}.json") for file in files
        ]
        futures = [
            self._client.submit(
                shrink_of, self.ledger.task(one.smallest.unit), one.group, origin, self._program, pure=False
            )
            for one, origin in zip(findings, origins, strict=True)
        ]
        for finding, file, origin, future in zip(findings, files, origins, futures, strict=True):
            shrunk: Shrunk = future.result()
            self._folder.write(f"{file}.json", shrunk.failure.scenario.encode())
            self._folder.write(f"{file}.html", shrunk.report.encode())
            yield Kept(finding, shrunk.failure, file, replay_command(origin))


def _file_name(group: Group) -> str:
    """A group's name, as part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", group.name.lower()).strip("-")[:80]
