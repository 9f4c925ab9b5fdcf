"""Runs a campaign: gives units to workers, folds their results in, and keeps them."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from controller.system import wall_s
from twin.campaign.cluster import Units, scheduler_answers, short
from twin.campaign.folder import CampaignFolder
from twin.campaign.ledger import Finding, Ledger
from twin.campaign.plan import Plan
from twin.campaign.program_files import ProgramFiles
from twin.campaign.shrinking import Shrunk, shrink_of
from twin.campaign.unit import Failure, Group, UnitResult, run_unit
from twin.report.reported import Origin, replay_command


class Kept(NamedTuple):
    """A group of failures, and the smallest one that is kept of it.

    `file` is its files' name in the folder, without an ending; `again` the command that plays it again. Both are empty
    for a group that nobody has made small yet. `drawn`: whether there is a drawing. `repeats` is that of `Shrunk`.
    """

    finding: Finding
    smallest: Failure
    file: str = ""
    again: str = ""
    drawn: bool = False
    repeats: bool = True


class Campaign:
    """One campaign on the workers of `client`. `on_progress` gets the ledger whenever a unit counts.

    `controller` is the command line of the user's program, as it was given, None for our controller; `kept` has the
    groups of failures that are small by now.

    `progress` has the times in s since it began, or was resumed, and the scenarios that were done by then.
    """

    def __init__(
        self, plan: Plan, client: Any, folder: CampaignFolder, program: ProgramFiles | None, controller: str | None, *,
        on_progress: Callable[[Ledger], None], on_trouble: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.ledger = Ledger(plan)
        self.progress: list[tuple[float, int]] = []
        self.controller = controller
        self.kept: list[Kept] = []
        self._client = client
        # Not sent with every unit. As the result of a task it is made again if the workers that had it are lost.
        self._program = None if program is None else client.submit(_same, program, pure=False)
        self._folder = folder
        self._on_progress = on_progress
        self._on_trouble = on_trouble

    @scheduler_answers()
    def run(self, earlier: list[UnitResult], until_s: float | None = None) -> None:
        """Run the units that `earlier` does not have, until all are done or, in s of the wall clock, `until_s`.

        Raises `WorkerError`.
        """
        for result in earlier:
            self.ledger.resume(result)
        self._on_progress(self.ledger)
        try:
            self._run(until_s)
        finally:
            for result in self.ledger.close():  # Done before others, which nobody waits for any more.
                self._folder.add_unit(result)

    def _run(self, until_s: float | None) -> None:
        ledger, units = self.ledger, Units(self._client, run_unit, self._program, self._on_trouble)
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

    def shrink(self) -> Iterator[Kept]:
        """Shrink each group's failure on the workers, and keep it, drawn too; gives them in order.

        Raises `WorkerError`.
        """
        findings = self._findings()
        files = [f"findings/{number:02}-{_file_name(one.group)}" for number, one in enumerate(findings, start=1)]
        link = self.ledger.plan.link
        origins = [
            Origin(link=link, controller=self.controller, scenario_file=self._folder.shown(f"{file}.json"))
            for file in files
        ]
        futures = [
            self._client.submit(
                shrink_of, self.ledger.task(one.smallest.unit), one.smallest, origin, self._program, pure=False
            )
            for one, origin in zip(findings, origins, strict=True)
        ]
        for finding, file, origin, future in zip(findings, files, origins, futures, strict=True):
            with scheduler_answers():
                error = future.exception()
                shrunk: Shrunk = Shrunk(failure=finding.smallest, tried=0) if error else future.result()
            if error:
                self._on_trouble(f"{finding.group.name}: not made smaller ({type(error).__name__}: {short(error)})")
            self._folder.write(f"{file}.json", shrunk.failure.scenario.encode())
            if shrunk.report is not None:
                self._folder.write(f"{file}.html", shrunk.report.encode())
            self.kept.append(
                Kept(
                    finding, shrunk.failure, file, replay_command(origin), drawn=shrunk.report is not None,
                    repeats=shrunk.repeats,
                )
            )  # fmt: skip
            yield self.kept[-1]

    def found(self) -> list[Kept]:
        """All groups of failures, in order; those that are not small yet with the smallest that the units had."""
        return self.kept + [Kept(one, one.smallest) for one in self._findings()[len(self.kept) :]]

    def _findings(self) -> list[Finding]:
        return sorted(self.ledger.findings.values(), key=lambda one: one.group)


def _same(program: ProgramFiles) -> ProgramFiles:
    return program


def _file_name(group: Group) -> str:
    """A group's name, as part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", group.name.lower()).strip("-")[:80]
