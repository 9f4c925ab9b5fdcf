"""The page of a campaign: one HTML file with its findings, its coverage, and how both grew."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Final

from twin.campaign.coverage_table import by_phase
from twin.campaign.folder import Finding
from twin.campaign.ledger import Ledger
from twin.campaign.phases import ANYTHING, phases_of
from twin.report.screen import counted
from twin.scenario.faults import fault_name

WIDTH_PX: Final = 640
HEIGHT_PX: Final = 140
MOST_SLOTS: Final = 60
NOT_AGAIN: Final = "did not fail again in its unit: the program does not repeat itself, so it was not made smaller"

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --line: #c8ced8; --hit: #1f7a4d; --hole: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --paper: #14181f; --line: #3a424f; --hit: #57c08a;
  --hole: #ff8a80; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 1.5rem auto;
  max-width: 72rem; padding: 0 1rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; } caption { text-align: left; padding: .3rem 0; }
th, td { border: 1px solid var(--line); padding: .2rem .5rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child, .words { text-align: left; white-space: normal; }
td.hole, .cut { color: var(--hole); font-weight: 600; } code { overflow-wrap: anywhere; }
svg { max-width: 100%; height: auto; } polyline { fill: none; stroke: var(--hit); stroke-width: 2; }
svg text { fill: var(--ink); font-size: 12px; } line { stroke: var(--line); }
"""


def campaign_page(
    ledger: Ledger, found: Sequence[Finding], missing: Sequence[tuple[str, str]], gates: int,
    progress: Sequence[tuple[float, int]], controller: str | None = None, *, whole: bool = True,
) -> str:  # fmt: skip
    """The page. It loads nothing from anywhere.

    `controller` is the command line of the program that was tested, None for our controller. `whole`: the campaign has
    come to its end.

    `progress` has the times in s since the campaign began, or was resumed, and the scenarios that were done by then.
    """
    plan = ledger.plan
    what = "the controller of this project" if controller is None else controller
    groups = counted(len(found), "group")
    parts = [
        f"<h1>Campaign: {groups} of failures in {counted(ledger.scenarios, 'scenario')}</h1>",
        f"<p>Tested: <code>{escape(what)}</code>; seed {plan.seed}; code <code>{escape(plan.code)}</code>; families of "
        f"faults: {escape(', '.join(plan.families))}.</p>",
        "" if whole else f'<p class="cut">{_cut_short(ledger)}</p>',
        _findings(found, whole=whole), _growth(ledger.growth), _speed(progress), _coverage(ledger, missing, gates),
    ]  # fmt: skip
    body = "\n".join(parts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Campaign</title><style>{_STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )


def _cut_short(ledger: Ledger) -> str:
    """How far a campaign came that did not come to its end."""
    planned = "" if ledger.plan.by_clock else f" of {ledger.plan.scenarios:,}"
    return f"Interrupted after {ledger.scenarios:,}{planned} scenarios; what was found up to then is not made small."


def _findings(found: Sequence[Finding], *, whole: bool) -> str:
    if not found:
        return f"<h2>Findings</h2><p>No scenario broke a rule{'' if whole else ' up to then'}.</p>"
    rows = "".join(
        f'<tr><td>{escape(one.rule)}</td><td class="words">{escape(one.faults)}</td><td>{escape(one.phase)}</td>'
        f"<td>{one.count}</td><td>{one.items}</td><td>{one.fault_count}</td>"
        f'<td class="words">{_smallest(one)}</td></tr>'
        for one in found
    )
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("rule", "faults that acted", "item", "scenarios", "items", "faults", "smallest scenario")
    )
    return f'<h2>Findings</h2><div class="wide"><table><tr>{head}</tr>{rows}</table></div>'


def _smallest(one: Finding) -> str:
    """The smallest scenario of a group: what happens, how to play it again, and its drawing, as far as there is one."""
    again = f"<br><code>{escape(one.again)}</code>" if one.again else ""
    drawn = f', <a href="{escape(one.report)}">drawn</a>' if one.report else ""
    return escape(one.sentence) + again + drawn + ("" if one.repeats else f"<br>{NOT_AGAIN}")


def _growth(growth: Sequence[tuple[int, int]]) -> str:
    """How the number of groups grew with the scenarios: where the line is flat, more of the same finds no more."""
    if not growth:
        return ""
    last, groups = growth[-1]
    points = [(0.0, 0.0), *((float(scenarios), float(found)) for scenarios, found in growth)]
    label = f"{counted(groups, 'group')} after {counted(last, 'scenario')}"
    return _chart("Groups found over scenarios", label, points, counted(last, "scenario"))


def _speed(progress: Sequence[tuple[float, int]]) -> str:
    """Scenarios a second over time, each point the mean of a slot of time."""
    if len(progress) < 2:
        return ""
    end_s = progress[-1][0]
    slots = min(MOST_SLOTS, len(progress) - 1)
    counts = [0] * slots
    for (_, before), (at_s, scenarios) in pairwise(progress):
        counts[min(slots - 1, int(slots * at_s / end_s))] += scenarios - before
    points = [((slot + 0.5) * end_s / slots, count * slots / end_s) for slot, count in enumerate(counts)]
    mean = (progress[-1][1] - progress[0][1]) / end_s
    return _chart(
        "Scenarios a second over time", f"{mean:.0f} scenarios a second in the mean", points, f"{end_s:.0f} s"
    )


def _chart(heading: str, label: str, points: Sequence[tuple[float, float]], end: str) -> str:
    """A line through points, from zero to the largest value; `end` stands at the end of the axis."""
    last, most = points[-1][0], max(1.0, *(value for _, value in points))
    line = " ".join(f"{WIDTH_PX * at / last:.1f},{HEIGHT_PX * (1 - value / most):.1f}" for at, value in points)
    return (
        f"<h2>{heading}</h2>"
        f'<svg viewBox="-40 -12 {WIDTH_PX + 60} {HEIGHT_PX + 40}" role="img" aria-label="{label}">'
        f'<line x1="0" y1="{HEIGHT_PX}" x2="{WIDTH_PX}" y2="{HEIGHT_PX}"/><line x1="0" y1="0" x2="0" y2="{HEIGHT_PX}"/>'
        f'<polyline points="{line}"/><text x="-8" y="6" text-anchor="end">{most:.0f}</text>'
        f'<text x="-8" y="{HEIGHT_PX}" text-anchor="end">0</text>'
        f'<text x="{WIDTH_PX}" y="{HEIGHT_PX + 18}" text-anchor="end">{end}</text></svg>'
    )


def _coverage(ledger: Ledger, missing: Sequence[tuple[str, str]], gates: int) -> str:
    counts = by_phase(ledger.coverage)
    others = sorted({phase for _, phase in counts} - {*phases_of(gates), ANYTHING})
    phases = [ANYTHING, *phases_of(gates), *others]
    kinds = sorted({kind for kind, _ in counts} | {kind for kind, _ in missing})
    names = ["any phase" if phase == ANYTHING else phase for phase in phases]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    rows = "".join(
        f'<tr><th scope="row">{escape(fault_name(kind))}</th>'
        + "".join(_cell(counts.get((kind, phase), 0), (kind, phase) in missing) for phase in phases)
        + "</tr>"
        for kind in kinds
    )
    caption = (
        "Scenarios in which a fault of a kind had an effect while an item was in a phase. Leaving: behind the last "
        "gate. At rod 2: in front of rod 2, which pushes it. Red: none, or fewer than asked for."
    )
    return (
        f'<h2>Coverage</h2><div class="wide"><table><caption>{caption}</caption>'
        f'<tr><th scope="col">kind of fault</th>{head}</tr>{rows}</table></div>'
    )


def _cell(count: int, hole: bool) -> str:
    return f'<td class="hole">{count or "&ndash;"}</td>' if hole else f"<td>{count or ''}</td>"
