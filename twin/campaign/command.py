"""The command `twin campaign`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from twin.options import LayoutFile, Seed, examples
from twin.refusals import one_line_errors

if TYPE_CHECKING:
    from rich.console import Console

    from twin.campaign.campaign import Campaign, Kept
    from twin.campaign.ledger import Ledger
    from twin.campaign.plan import Plan
    from twin.campaign.program_files import ProgramFiles
    from twin.campaign.unit import UnitResult

    Counted = Callable[[Iterator[Kept], int], Iterator[Kept]]

FOUND: Final = 1
INTERRUPTED: Final = 130
MOST_WORKERS: Final = 1000

EPILOG: Final = examples(
    "twin campaign --scenarios 20000",
    "twin campaign --minutes 60 --controller 'python my_controller.py {host} {port}'",
    "twin campaign --scenarios 1000000 --scheduler tcp://10.0.0.1:8786 --folder overnight",
    "twin campaign --scenarios 1000000 --folder overnight --resume",
)  # fmt: skip

Before = Annotated[
    list[str] | None,
    typer.Option(help="Folder of an earlier campaign, whose failures are tried first; may be given several times."),
]


def campaign(
    scenarios: Annotated[int, typer.Option(min=1, help="Number of scenarios.")] = 20_000,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.01, help="Stop after this time instead. What is found then depends on the machine."),
    ] = None,
    folder: Annotated[
        str, typer.Option(help="Folder for what is found: a new one, or any URL that fsspec knows.")
    ] = "campaign",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the interrupted campaign in the folder.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_WORKERS, help="Processes on this machine. Without it: one for each core."),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, tcp://HOST:PORT. Its workers run the scenarios.")
    ] = None,
    seed: Seed = 0,
    controller: Annotated[
        str | None, typer.Option(help="Command line of a Python program that controls the line, in virtual time.")
    ] = None,
    layout: LayoutFile = None,
    faults: Annotated[
        list[str] | None, typer.Option(help="Family of faults; may be given several times. Without it: all.")
    ] = None,
    before: Before = None,
    search: Annotated[bool, typer.Option(help="Mutate the scenarios that came closest to breaking a rule.")] = True,
    cover: Annotated[
        int, typer.Option(min=0, help="Fail where a kind of fault met items of a phase in fewer scenarios than this.")
    ] = 0,
) -> None:
    """Run as many scenarios as there are machines for, and keep what they find.

    The same seed and number of scenarios find the same, whatever the number of workers.
    """
    from twin.campaign.campaign import Campaign
    from twin.campaign.cluster import connected
    from twin.campaign.folder import CampaignFolder
    from twin.campaign.outcome import show_outcome
    from twin.campaign.program_files import packed
    from twin.report.screen import Screen

    console = Screen()
    with one_line_errors():
        program = None if controller is None else packed(controller)
        known = tuple(scenario for url in before or () for scenario in CampaignFolder(url).failures())
        plan = _plan(scenarios if minutes is None else None, seed, program, layout, faults, known, search=search)
        files = CampaignFolder(folder)
        earlier = files.begin(plan, resume=resume)
        with connected(scheduler, workers) as client, _progress(console, plan, client) as (on_progress, say, counted):
            work = Campaign(plan, client, files, program, on_progress=on_progress, on_trouble=say)
            interrupted = _interruptible(work, earlier, minutes)
            shrunk = [] if interrupted else list(counted(work.shrink(controller), len(work.ledger.findings)))
        missed = show_outcome(console, work, shrunk, files, cover, interrupted=interrupted)
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(FOUND if work.ledger.findings or missed else 0)


def _plan(
    scenarios: int | None, seed: int, program: "ProgramFiles | None", layout: Path | None,
    families: list[str] | None, before: tuple[str, ...], *, search: bool,
) -> "Plan":  # fmt: skip
    """The plan of the options. Without a number of scenarios it has as many as a campaign can have."""
    from importlib import import_module

    from twin.campaign.plan import MOST_SCENARIOS, Plan, code_version
    from twin.campaign.unit import SOURCE
    from twin.errors import ArgumentError
    from twin.scenario.layout import load_layout

    known = tuple(import_module(SOURCE).FAMILIES)
    for family in families or ():
        if family not in known:
            raise ArgumentError("faults", family, f"one of {', '.join(known)}")
    return Plan(
        seed=seed, scenarios=MOST_SCENARIOS if scenarios is None else scenarios, families=tuple(families or known),
        layout=None if layout is None else load_layout(layout),
        controller=None if program is None else program.command, program=None if program is None else program.digest,
        search=search, before=before, code=code_version(),
    )  # fmt: skip


def _interruptible(work: "Campaign", earlier: "list[UnitResult]", minutes: float | None) -> bool:
    """Run the campaign; whether it was interrupted. What its folder has can be resumed."""
    from controller.system import wall_s

    try:
        work.run(earlier, None if minutes is None else wall_s() + 60.0 * minutes)
    except KeyboardInterrupt:
        return True
    return False


@contextmanager
def _progress(
    console: "Console", plan: "Plan", client: Any
) -> Iterator[tuple[Callable[["Ledger"], None], Callable[[str], None], "Counted"]]:
    """A progress bar, a function that prints a line above it, and one that counts the groups made small."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from controller.system import wall_s
    from twin.campaign.plan import MOST_SCENARIOS
    from twin.report.screen import verbatim

    counted = plan.scenarios < MOST_SCENARIOS
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rates]}"),
        TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True,
    )  # fmt: skip
    task = bar.add_task("scenarios", total=plan.scenarios if counted else None, rates="")
    began_s, before = wall_s(), -1

    def show(ledger: "Ledger") -> None:
        nonlocal before
        before = ledger.scenarios if before < 0 else before
        rate = (ledger.scenarios - before) / max(wall_s() - began_s, 1e-9)
        bar.update(task, completed=ledger.scenarios, rates=f"{rate:.0f} a second, {len(ledger.findings)} groups")

    def say(text: str) -> None:
        bar.console.print(verbatim(text))

    def count(kept: "Iterator[Kept]", total: int) -> "Iterator[Kept]":
        groups = bar.add_task("smallest of each group", total=total, rates="")
        for one in kept:
            bar.advance(groups)
            yield one

    with bar:
        say(f"dashboard: {client.dashboard_link}")
        yield show, say, count
