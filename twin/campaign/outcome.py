"""What a campaign shows and keeps at its end: what was found, and what was covered."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from twin.campaign.campaign import Campaign, Kept
from twin.campaign.coverage_table import by_phase, holes
from twin.campaign.folder import FINDINGS, CampaignFolder, Finding
from twin.campaign.ledger import Ledger
from twin.campaign.page import NOT_AGAIN, campaign_page
from twin.campaign.phases import ANYTHING
from twin.campaign.source import scenario_source
from twin.report.screen import counted, verbatim
from twin.scenario.faults import fault_name, kind_of
from twin.scenario.layout import Layout

MOST_SHOWN = 20


def show_outcome(console: Console, work: Campaign, folder: CampaignFolder, cover: int, *, whole: bool) -> bool:
    """Show and keep what a campaign found and covered; returns whether a target of coverage was missed.

    `whole`: it came to its end; what it found is not kept as its findings otherwise, since that can be resumed.
    """
    ledger = work.ledger
    kinds = fault_kinds(ledger.plan.families)
    gates = len((ledger.plan.layout or Layout()).gates_m)
    missing = holes(ledger.coverage, kinds, gates, max(1, cover))
    found = [_found(kept) for kept in work.found()]
    files = ["report.html", "coverage.json", "units.jsonl"] + [FINDINGS] * whole
    folder.write_json("coverage.json", ledger.coverage)
    if whole:
        folder.write_json(FINDINGS, found)
    page = campaign_page(ledger, found, missing, gates, work.progress, work.controller, whole=whole)
    folder.write("report.html", page.encode())
    groups = counted(len(found), "group")
    console.print(f"{counted(ledger.scenarios, 'scenario')} in {counted(ledger.folded, 'unit')}; {groups} of failures")
    for one in found[:MOST_SHOWN]:
        _show_found(console, one, folder)
    _show_coverage(console, ledger, kinds, missing, cover)
    console.print(verbatim(f"kept in {folder.url}: {', '.join(sorted(files))}"), soft_wrap=True)
    return cover > 0 and bool(missing)


def _show_found(console: Console, one: Finding, folder: CampaignFolder) -> None:
    console.print(verbatim(f"  {one.count} x {one.rule} under {one.faults}, item {one.phase}"), style="red")
    size = f"{counted(one.items, 'item')}, {counted(one.fault_count, 'fault')}"
    console.print(verbatim(f"      {size}: {one.sentence}"), soft_wrap=True)
    if not one.repeats:
        console.print(f"      {NOT_AGAIN}", style="yellow")
    for line in (one.again, one.report and f"drawn: {folder.shown(one.report)}"):
        if line:
            console.print(verbatim(f"      {line}"), soft_wrap=True)


def fault_kinds(families: Sequence[str]) -> list[str]:
    """The kinds of faults of these families, as a trace names them."""
    known = scenario_source().FAMILIES
    return [kind_of(kind) for family in families for kind in known[family]]


def _found(kept: Kept) -> Finding:
    finding, smallest = kept.finding, kept.smallest
    group = finding.group
    return Finding(
        rule=group.rule, faults=group.faults, phase=group.phase, count=finding.count, first_unit=finding.first.unit,
        first_place=finding.first.place, items=smallest.items, fault_count=smallest.faults, sentence=smallest.sentence,
        file=kept.file and f"{kept.file}.json", report=f"{kept.file}.html" if kept.drawn else "", again=kept.again,
        repeats=kept.repeats,
    )  # fmt: skip


def _show_coverage(
    console: Console, ledger: Ledger, kinds: list[str], missing: list[tuple[str, str]], cover: int
) -> None:
    counts = by_phase(ledger.coverage)
    table = Table("kind of fault", "scenarios with effect", "phases without", title_justify="left")
    table.columns[1].justify = "right"
    for kind in kinds:
        without = [phase for fault, phase in missing if fault == kind]
        shown = "never acted" if without == [ANYTHING] else ", ".join(without)
        table.add_row(fault_name(kind), str(counts.get((kind, ANYTHING), 0)), shown)
    console.print(table)
    if cover and missing:
        console.print(f"missed: {len(missing)} targets of --cover {cover}", style="bold red")
