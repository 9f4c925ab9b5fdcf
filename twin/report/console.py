"""What a run shows on the terminal: its progress, a table of results at the end, and its narration in a replay."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from controller.system import wall_s
from twin import trace
from twin.doctor import Finding
from twin.links.output_log import OutputLine
from twin.report.finished_run import FinishedRun
from twin.report.narration import Narrator, steps
from twin.report.reported import Verdict
from twin.report.screen import verbatim
from twin.verdict.checks import Violation
from twin.verdict.summary import Lateness, Summary, Tally

REDRAW_S: Final = 0.1
_CONNECTION_WORDS: Final = {
    "taken over": "replaced by another client with the same id", "lost": "connection lost",
}  # fmt: skip
_SIGNS: Final = {"well": "[green]ok[/]", "silent": "[yellow]-[/]", "ill": "[red]no[/]"}
HELD_UP_MS: Final = 50.0
"""Above this lateness the table warns: on the default line an item moves 9 mm in this time."""

MOST_REPEATED: Final = 3
"""Repeated events of one client's connection are shown this many times and only counted after that."""

MOST_SHOWN: Final = 20
"""At most this many violations are listed under the table. The summary file lists all that the run keeps."""


class ProgressBar:
    """A progress bar: items done, items per second, and speed over real time. It watches the run's records."""

    def __init__(self, console: Console, items: int) -> None:
        self._items = items
        self._progress = Progress(
            TextColumn("sorting"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rates]}"),
            TimeElapsedColumn(), console=console, auto_refresh=False, transient=True,
        )  # fmt: skip
        self._task: TaskID = self._progress.add_task("sorting", total=items, rates="")
        self._began_s = wall_s()
        self._drawn_s = self._began_s
        self._done = 0

    def see(self, record: trace.AnyRecord) -> None:
        """Count an item that reached a bin, and redraw at most every `REDRAW_S`."""
        self._done += type(record) is trace.Binned and record.item > 0
        now_s = wall_s()
        if now_s - self._drawn_s < REDRAW_S:
            return
        self._drawn_s = now_s
        elapsed_s = now_s - self._began_s
        rates = f"{self._done / elapsed_s:.1f} items/s, {record.t_s / elapsed_s:.0f} x real time"
        self._progress.update(self._task, completed=self._done, rates=rates)
        self._progress.refresh()

    def report(self, text: str) -> None:
        """Print a line above the bar, such as what the run is waiting for."""
        self._progress.console.print(verbatim(text))

    def __enter__(self) -> "ProgressBar":
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()


class StatusLine:
    """The latest event of a run in real time, in one live line. It watches the run's records.

    Each event of a connection also gets a line of its own that stays, up to `MOST_REPEATED` of a kind.
    """

    def __init__(self, console: Console, items: int) -> None:
        self._items = items
        self._console = console
        self._status = console.status("waiting for a controller to connect")
        self._done = 0
        self._on_belt = 0
        self._narrator = Narrator()
        self._connections: Counter[tuple[str, str]] = Counter()

    def see(self, record: trace.AnyRecord) -> None:
        """Show the next record as the latest event."""
        if isinstance(record, trace.Began):
            return
        self._narrator.see(record)
        if isinstance(record, trace.Connection):
            self._connect(record)
        self._done += type(record) is trace.Binned and record.item > 0
        self._on_belt += _step_on_belt(record)
        subject, predicate = self._narrator.narrate(record)
        counts = f"{self._done} of {self._items} done, {self._on_belt} on the belt"
        self._status.update(verbatim(f"{record.t_s:8.2f} s  {counts}  |  {subject} {predicate}"))

    def _connect(self, record: trace.Connection) -> None:
        kind = (record.client, record.event)
        self._connections[kind] += 1
        if self._connections[kind] <= MOST_REPEATED:
            again = " (repeated; counted at the end)" if self._connections[kind] == MOST_REPEATED else ""
            words = " ".join(self._narrator.narrate(record))
            self._console.print(verbatim(f"{record.t_s:8.2f} s  {words}{again}"))

    def __enter__(self) -> "StatusLine":
        self._status.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._status.stop()


def _step_on_belt(record: trace.AnyRecord) -> int:
    """By how much a record changes the number of items on the belt."""
    if isinstance(record, trace.TakenByHand) and record.item > 0:
        return 1 if record.back else -1
    return int(isinstance(record, trace.Loaded)) - int(isinstance(record, trace.Binned) and record.item > 0)


def show_run(console: Console, run: FinishedRun) -> None:
    """Show a finished run: its table, connections and violations."""
    show_summary(console, run.summary, run.tally)
    show_lateness(console, run.lateness_ms)
    show_connections(console, run.tally)
    for path, line, takes_s in run.computing:
        text = f"computing   {path}, line {line}: {takes_s:.2f} s each time (--compute-ms decides)"
        console.print(verbatim(text), highlight=False)
    if run.interrupted:
        left = run.scenario.item_count - run.summary.items
        console.print(f"interrupted: no verdict; {left} items were left", style="bold yellow")
    if run.violations or not run.interrupted:
        show_violations(console, run.violations, run.unlisted)


def show_summary(console: Console, summary: Summary, tally: Tally) -> None:
    """Show one table with a row for each class, then the run's figures."""
    table = Table(title=f"{summary.items} items, seed {summary.seed}", title_justify="left", show_footer=True)
    table.add_column("class", footer="all")
    table.add_column("items", justify="right", footer=str(summary.items))
    table.add_column("right", justify="right", footer=str(summary.correct))
    table.add_column("rejected", justify="right", footer=str(sum(c.rejected for c in tally.classes.values())))
    table.add_column("wrong bin", justify="right", footer=str(sum(c.wrong for c in tally.classes.values())))
    for name, count in sorted(tally.classes.items()):
        table.add_row(verbatim(name), str(count.items), str(count.right), str(count.rejected), str(count.wrong))
    console.print(table)
    for reason, rejects in sorted(tally.rejects.items()):
        more = ", ..." if rejects.count > len(rejects.items) else ""
        items = ", ".join(map(str, rejects.items))
        console.print(verbatim(f"rejected    {rejects.count} {reason}: items {items}{more}"), highlight=False)
    for line in _figures(summary):
        console.print(line, highlight=False)


def show_connections(console: Console, tally: Tally) -> None:
    """Show the events of each client's connection, counted. Without an embedded broker there are none."""
    clients: dict[str, list[str]] = {}
    for (client, event), count in tally.connections.items():
        words = _CONNECTION_WORDS.get(event, event)
        clients.setdefault(client, []).append(words if count == 1 else f"{words} {count} times")
    for client, events in clients.items():
        console.print(verbatim(f"connection  {client}: {', '.join(events)}"), highlight=False)


def show_lateness(console: Console, late_ms: Lateness) -> None:
    """Show how late events were in real time; nothing for a run in virtual time."""
    if late_ms.longest is None:
        return
    figures = f"p50 {_ms(late_ms.p50)}, p99 {_ms(late_ms.p99)}, longest {_ms(late_ms.longest)}"
    console.print(f"pacing      lateness of events: {figures}", highlight=False)
    if late_ms.longest > HELD_UP_MS:
        console.print(
            "            this machine fell behind real time, which can cause violations by itself", style="yellow"
        )


def show_findings(console: Console, findings: Iterable[Finding]) -> None:
    """Show the doctor's findings and its advice."""
    table = Table("", "checked", "result", "what to do")
    for finding in findings:
        table.add_row(_SIGNS[finding.state], finding.what, verbatim(finding.seen), verbatim(finding.advice))
    console.print(table)


def show_violations(console: Console, violations: Sequence[Violation], unlisted: int) -> None:
    """Show violations, those of every check first. `unlisted` is the number of violations that are not in the list."""
    if not violations:
        console.print("violations: none", style="green")
        return
    total = len(violations) + unlisted
    console.print(f"violations: {total}", style="bold red")
    shown = _of_every_check(violations)
    for violation in shown:
        console.print(verbatim(f"  {violation.t_s:10.3f} s  {violation.check}: {violation.detail}"))
    if total > len(shown):
        console.print(f"  ... and {total - len(shown)} more")


def show_verdict(console: Console, verdict: Verdict) -> None:
    """Show what was found in a run that is not played now; of an interrupted one, that there is no verdict."""
    if verdict.interrupted:
        console.print("interrupted: no verdict", style="bold yellow")
    if verdict.violations or not verdict.interrupted:
        show_violations(console, verdict.violations, verdict.unlisted)


def show_narration(
    console: Console,
    records: Iterable[trace.AnyRecord],
    violations: Iterable[Violation],
    output_lines: Sequence[OutputLine] = (),
) -> None:
    """Show a run step by step: time, subject, action, and the violations found at that time.

    Each of the `output_lines` of an external program is a row, too.
    """
    table = Table("time in s", "subject", "action", "violation")
    table.columns[0].justify = "right"
    for step in steps(records, violations, output_lines):
        cells = (step.subject, step.action, "\n".join(step.violations))
        table.add_row(f"{step.t_s:.3f}", *map(verbatim, cells), style="red" if step.violations else None)
    console.print(table)


def _of_every_check(violations: Sequence[Violation]) -> list[Violation]:
    """Choose at most `MOST_SHOWN` violations: the first of every check, then the second of every check, and so on."""
    shown: Counter[str] = Counter()
    order = []
    for place, violation in enumerate(violations):
        order.append((shown[violation.check], place))
        shown[violation.check] += 1
    return [violations[place] for place in sorted(place for _, place in sorted(order)[:MOST_SHOWN])]


def _figures(summary: Summary) -> list[str]:
    recognizer, latency = summary.recognizer, summary.controller.gate_to_command_ms
    bins = ", ".join(f"{name}: {count}" for name, count in summary.bins.items())
    accuracy = "unknown" if recognizer.accuracy is None else f"{recognizer.accuracy:.1%}"
    return [
        f"bins        {bins}",
        f"rate        {summary.items_per_min:.1f} items/min on the line; {summary.sim_s:.1f} s simulated in "
        f"{summary.wall_s:.2f} s, {summary.speedup:.0f} x real time",
        f"recognizer  accuracy {accuracy}, misread {recognizer.misread}, "
        f"p50 {_ms(recognizer.p50_ms)}, p99 {_ms(recognizer.p99_ms)}",
        f"controller  gate to command p50 {_ms(latency.p50)}, p99 {_ms(latency.p99)}",
        f"digest      {summary.digest}",
    ]


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} ms"
