"""What a campaign shows and keeps at its end: what was found, and what was covered."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from rich.console import Console
from rich.table import Table

from twin.campaign.campaign import Campaign, Kept
from twin.campaign.coverage_table import by_phase, holes
from twin.campaign.folder import CampaignFolder, Found
from twin.campaign.ledger import Ledger
from twin.campaign.page import campaign_page
from twin.campaign.phases import ANYTHING
from twin.campaign.unit import SOURCE
from twin.report.screen import verbatim
from twin.scenario.layout import Layout

MOST_SHOWN = 20


def show_outcome(
    console: Console, work: Campaign, shrunk: Sequence[Kept], folder: CampaignFolder, cover: int, *, interrupted: bool
) -> bool:
    """Show and keep what a campaign found and covered; returns whether a target of coverage was missed."""
    ledger = work.ledger
    kinds = fault_kinds(ledger.plan.families)
    gates = len((ledger.plan.layout or Layout()).gates_m)
    missing = holes(ledger.coverage, kinds, gates, max(1, cover))
    found = [_found(kept) for kept in shrunk]
    folder.write_json("coverage.json", ledger.coverage)
    if not interrupted:
        folder.write_json("findings.json", found)
    folder.write("report.html", campaign_page(ledger, found, missing, gates, work.progress).encode())
    console.print(f"{ledger.scenarios} scenarios in {ledger.folded} units; {len(ledger.findings)} groups of failures")
    for one in found[:MOST_SHOWN]:
        console.print(verbatim(f"  {one.count} x {one.rule} under {one.faults}, item {one.phase}"), style="red")
        console.print(verbatim(f"      {one.items} items, {one.fault_count} faults: {one.sentence}"))
        console.print(verbatim(f"      {one.again}"))
        console.print(verbatim(f"      drawn: {folder.url}/{one.report}"))
    _show_coverage(console, ledger, kinds, missing, cover)
    if interrupted:
        console.print("interrupted: go on with the same options and --resume", style="bold yellow")
    console.print(verbatim(f"kept in {folder.url}: report.html, findings.json, coverage.json, units.jsonl"))
    return cover > 0 and bool(missing)


def fault_kinds(families: Sequence[str]) -> list[str]:
    """The kinds of faults of these families, as a trace names them."""
    known: Any = import_module(SOURCE).FAMILIES
    return [kind.__name__.lower() for family in families for kind in known[family]]


def _found(kept: Kept) -> Found:
    finding, smallest, file, again = kept
    group = finding.group
    return Found(
        rule=group.rule, faults=group.faults, phase=group.phase, count=finding.count, first_unit=finding.first.unit,
        first_place=finding.first.place, items=smallest.items, fault_count=smallest.faults, sentence=smallest.sentence,
        file=f"{file}.json", report=f"{file}.html", again=again,
    )  # fmt: skip


def _show_coverage(
    console: Console, ledger: Ledger, kinds: list[str], missing: list[tuple[str, str]], cover: int
) -> None:
    counts = by_phase(ledger.coverage)
    table = Table("kind of fault", "scenarios with effect", "phases without", title_justify="left")
    table.columns[1].justify = "right"
    for kind in kinds:
        table.add_row(
            kind, str(counts.get((kind, ANYTHING), 0)), ", ".join(phase for fault, phase in missing if fault == kind)
        )
    console.print(table)
    if cover and missing:
        console.print(f"missed: {len(missing)} targets of --cover {cover}", style="bold red")
