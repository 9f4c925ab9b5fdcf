"""The command `twin campaign`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from twin.commands.exit_codes import INTERRUPTED, VIOLATED
from twin.commands.one_line_errors import one_line_errors
from twin.commands.options import Seed, examples

if TYPE_CHECKING:
    from rich.console import Console

    from twin.campaign.campaign import Campaign, Kept
    from twin.campaign.folder import CampaignFolder
    from twin.campaign.ledger import Ledger
    from twin.campaign.plan import Plan
    from twin.campaign.program_files import ProgramFiles
    from twin.campaign.unit import UnitResult
    from twin.errors import TwinError

    Counted = Callable[[Iterator[Kept], int], Iterator[Kept]]

SCENARIOS: Final = 20_000
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
Minutes = Annotated[
    float | None,
    typer.Option(min=0.01, help="Stop after this time instead. What is found then depends on the machine."),
]
Folder = Annotated[str, typer.Option(help="Folder for what is found: a new one, or any URL that fsspec knows.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the interrupted campaign in the folder.")]
Workers = Annotated[
    int | None,
    typer.Option(min=1, max=MOST_WORKERS, help="Processes on this machine. Without it: one for each core."),
]
Scheduler = Annotated[
    str | None, typer.Option(help="Address of a Dask scheduler, tcp://HOST:PORT. Its workers run the scenarios.")
]
Program = Annotated[
    str | None, typer.Option(help="Command line of a Python program that controls the line, in virtual time.")
]
Line = Annotated[
    Path | None,
    typer.Option(
        "--layout",
        help="TOML file with the layout of the line. Without it: many layouts; with --controller the default line.",
    ),
]
Families = Annotated[
    list[str] | None, typer.Option(help="Family of faults; may be given several times. Without it: all.")
]
Cover = Annotated[
    int, typer.Option(min=0, help="Fail where a kind of fault met items of a phase in fewer scenarios than this.")
]


def campaign(
    scenarios: Annotated[int | None, typer.Option(min=1, help="Number of scenarios; 20,000 without it.")] = None,
    minutes: Minutes = None,
    folder: Folder = "campaign",
    resume: Resume = False,
    workers: Workers = None,
    scheduler: Scheduler = None,
    seed: Seed = 0,
    controller: Program = None,
    layout: Line = None,
    faults: Families = None,
    before: Before = None,
    search: Annotated[bool, typer.Option(help="Mutate the scenarios that came closest to breaking a rule.")] = True,
    cover: Cover = 0,
) -> None:
    """Run as many scenarios as there are machines for, and keep what they find.

    The same seed and number of scenarios find the same, whatever the number of workers.
    """
    from twin.errors import TwinError
    from twin.report.screen import Screen

    console = Screen()
    with one_line_errors():
        _check_not_ignored(scenarios, minutes, workers, scheduler)
        _check_installed()
        from twin.campaign.campaign import Campaign
        from twin.campaign.cluster import connected
        from twin.campaign.folder import CampaignFolder
        from twin.campaign.outcome import show_outcome
        from twin.campaign.program_files import packed

        program = None if controller is None else packed(controller)
        _check_folder(folder, controller)
        known = tuple(scenario for url in before or () for scenario in CampaignFolder(url).failures())
        asked = scenarios or (SCENARIOS if minutes is None else None)
        plan = _plan(asked, seed, program, layout, faults, known, search=search)
        files = CampaignFolder(folder)
        plan, earlier = files.begin(plan, resume=resume)
        with ExitStack() as stack:
            with _given_up(files) if not resume else nullcontext():
                if program is not None and not resume:
                    plan = _tried(plan, program, controller or "")
                client = stack.enter_context(connected(scheduler, workers))
                plan = plan if resume else _begun(plan, files, client)
            on_progress, say, counted = stack.enter_context(_progress(console, plan, client))
            work = Campaign(plan, client, files, program, controller, on_progress=on_progress, on_trouble=say)
            ended = _ended(work, earlier, minutes, counted)
        missed = show_outcome(console, work, files, cover, whole=ended is None)
        if isinstance(ended, TwinError):
            raise ended
    if ended is not None:
        console.print("interrupted: go on with the same options and --resume", style="bold yellow")
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(VIOLATED if work.ledger.findings or missed else 0)


def _check_not_ignored(
    scenarios: int | None, minutes: float | None, workers: int | None, scheduler: str | None
) -> None:
    """Raise `ArgumentError` for an option that another one would have ignored."""
    from twin.errors import ArgumentError

    if scenarios is not None and minutes is not None:
        raise ArgumentError("scenarios", scenarios, "left out with --minutes, which ends the campaign by the clock")
    if workers is not None and scheduler is not None:
        raise ArgumentError("workers", workers, "left out with --scheduler, which has workers of its own")


def _check_folder(folder: str, controller: str | None) -> None:
    """Raise `ArgumentError` for the program's own folder: a campaign's files would count as the program's."""
    from twin.campaign.program_files import folder_of
    from twin.errors import ArgumentError

    if controller is not None and Path(folder).resolve() == folder_of(controller):
        raise ArgumentError("folder", folder, "another folder than the program's own, as a new one in it")


@contextmanager
def _given_up(files: "CampaignFolder") -> Iterator[None]:
    """A campaign that cannot begin leaves its folder to the next one."""
    try:
        yield
    except BaseException:
        files.give_up()
        raise


def _check_installed() -> None:
    from twin.campaign.cluster import require_dask

    require_dask()


def _plan(
    scenarios: int | None, seed: int, program: "ProgramFiles | None", layout: Path | None,
    families: list[str] | None, before: tuple[str, ...], *, search: bool,
) -> "Plan":  # fmt: skip
    """The plan of the options. Without a number of scenarios it has as many as a campaign can have."""
    from twin.campaign.plan import MOST_SCENARIOS, Plan, code_version
    from twin.campaign.source import scenario_source
    from twin.errors import ArgumentError
    from twin.scenario.layout import load_layout

    known = tuple(scenario_source().FAMILIES)
    for family in families or ():
        if family not in known:
            raise ArgumentError("faults", family, f"one of {', '.join(known)}")
    return Plan(
        seed=seed, scenarios=MOST_SCENARIOS if scenarios is None else scenarios,
        families=tuple(dict.fromkeys(families or known)), layout=None if layout is None else load_layout(layout),
        controller=None if program is None else program.command,
        program=None if program is None else program.digests,
        starts_inside=program is not None and program.starts_inside, search=search, before=before, code=code_version(),
    )  # fmt: skip


def _tried(plan: "Plan", program: "ProgramFiles", command: str) -> "Plan":
    """The plan with what a run without faults shows of the program: which of its lines compute for long.

    Raises `ArgumentError` for a program that ends by itself in that run, as in all others then.
    """
    from msgspec.structs import replace

    from twin.errors import ArgumentError
    from twin.run import simulate
    from twin.scenario.item import Item
    from twin.scenario.layout import Layout
    from twin.scenario.scenario import Scenario, settings_for

    placed, layout = program.unpacked(), plan.layout or Layout()
    items = tuple(Item(item_class=name) for name in ("ripe", "half_ripe", "raw"))
    calm = Scenario(layout=layout, items=items, controller=settings_for(layout, items=len(items)))
    run = simulate(calm, controller=placed, link="hosted")
    if run.interrupted:
        raise KeyboardInterrupt
    for found in run.violations:
        if found.check == "crash":
            must = f"a program that does not end by itself in a run without faults ({found.detail})"
            raise ArgumentError("controller", command, must)
    return replace(plan, computing=program.computing(placed))


def _begun(plan: "Plan", files: "CampaignFolder", client: Any) -> "Plan":
    """The plan for as many workers as there are now, which is written to the campaign's folder."""
    from msgspec.structs import replace

    from twin.campaign.plan import CLOCK_GENERATION, CLOCK_UNITS

    if plan.by_clock:
        plan = replace(plan, clock_generation=max(CLOCK_GENERATION, CLOCK_UNITS * len(client.nthreads())))
    files.write_plan(plan)
    return plan


def _ended(
    work: "Campaign", earlier: "list[UnitResult]", minutes: float | None, counted: "Counted"
) -> "TwinError | KeyboardInterrupt | None":
    """Run the campaign; why it ended early, if it did. What its folder has can be resumed."""
    from controller.system import wall_s
    from twin.campaign.cluster import WorkerError

    try:
        work.run(earlier, None if minutes is None else wall_s() + 60.0 * minutes)
        for _ in counted(work.shrink(), len(work.ledger.findings)):
            pass
    except (KeyboardInterrupt, WorkerError) as early:
        return early
    return None


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
    from twin.report.screen import verbatim

    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rates]}"),
        TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True,
    )  # fmt: skip
    task = bar.add_task("scenarios", total=None if plan.by_clock else plan.scenarios, rates="")
    began_s, before = wall_s(), -1

    def show(ledger: "Ledger") -> None:
        nonlocal before
        before = ledger.scenarios if before < 0 else before
        rate = (ledger.scenarios - before) / max(wall_s() - began_s, 1e-9)
        bar.update(task, completed=ledger.scenarios, rates=f"{rate:.0f} a second, groups: {len(ledger.findings)}")

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
