"""A run's time-space diagram as an SVG without a script, for a notebook: position over time, one line an item."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from twin.report.drawing import Drawing, DrawnItem
from twin.report.intervals import blocked_spans, clipped, out_spans, trajectories
from twin.scenario.item import item_text

WIDE_PX: Final = 900
HIGH_PX: Final = 320
LEFT_PX: Final = 60
RIGHT_PX: Final = 10
TOP_PX: Final = 24
BOTTOM_PX: Final = 24
LONGEST_S: Final = 180.0
"""A longer run is drawn around its first mark, or from its beginning."""

COLOURS: Final = {"ripe": "#c8453f", "half_ripe": "#b0701a", "raw": "#1d8a7c", "foreign": "#8a6bc0"}
OTHER: Final = "#76808a"
DASHES: Final = {"half_ripe": "7 3", "raw": "2 2.5"}
FAULT: Final = "#c98a1a"
WRONG: Final = "#d0433a"


class _Plane:
    """Where a time and a position are on the picture. It shows `from_s` to `until_s`."""

    def __init__(self, drawing: Drawing) -> None:
        self.from_s, self.until_s = 0.0, max(drawing.end_s, 0.001)
        if drawing.end_s > LONGEST_S:
            around_s = next((mark.t_s for mark in drawing.marks if mark.excuse is None), 0.0)
            self.from_s = min(max(0.0, around_s - LONGEST_S / 2), drawing.end_s - LONGEST_S)
            self.until_s = self.from_s + LONGEST_S
        self._s_px = (WIDE_PX - LEFT_PX - RIGHT_PX) / (self.until_s - self.from_s)
        self._m_px = (HIGH_PX - TOP_PX - BOTTOM_PX) / drawing.scenario.layout.end_m

    def x(self, at_s: float) -> float:
        return round(LEFT_PX + (min(max(at_s, self.from_s), self.until_s) - self.from_s) * self._s_px, 1)

    def y(self, at_m: float) -> float:
        return round(HIGH_PX - BOTTOM_PX - at_m * self._m_px, 1)

    def shows(self, from_s: float, until_s: float) -> bool:
        return until_s >= self.from_s and from_s <= self.until_s


def diagram_svg(drawing: Drawing) -> str:
    """The diagram. Whatever comes from outside is escaped."""
    plane = _Plane(drawing)
    parts = [
        *_faults(drawing, plane), *_levels(drawing, plane), *_rods(drawing, plane),
        *(_trajectory(item, drawing, plane) for item in drawing.items),
        *_beams(drawing, plane), *_marks(drawing, plane), *_axis(plane),
    ]  # fmt: skip
    words = f"Position over time, {len(drawing.items)} items, {len(drawing.marks)} marks"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE_PX} {HIGH_PX}" width="100%" role="img" '
        f'style="max-width:{WIDE_PX}px" font-family="sans-serif" font-size="11" fill="currentColor">'
        f"<title>{words}</title>{''.join(parts)}</svg>"
    )


def _levels(drawing: Drawing, plane: _Plane) -> Iterator[str]:
    layout = drawing.scenario.layout
    named = [("loader", 0.0), ("camera", layout.camera_m), ("end", layout.end_m)]
    named += [(f"gate {number}", at_m) for number, at_m in enumerate(layout.gates_m, start=1)]
    for name, at_m in named:
        y = plane.y(at_m)
        yield (
            f'<path d="M{LEFT_PX} {y}H{WIDE_PX - RIGHT_PX}" stroke="currentColor" stroke-opacity="0.25"/>'
            f'<text x="{LEFT_PX - 6}" y="{y + 4}" text-anchor="end">{name}</text>'
        )


def _rods(drawing: Drawing, plane: _Plane) -> Iterator[str]:
    half_m = drawing.scenario.layout.rod_head_m / 2
    for rod in drawing.rods:
        top, bottom = plane.y(rod.at_m + half_m), plane.y(max(0.0, rod.at_m - half_m))
        boxes = _boxes(out_spans(rod), plane, top, bottom)
        yield f'<path d="{boxes}" fill="#8796a6" fill-opacity="0.6"><title>rod {rod.number} is out</title></path>'


def _beams(drawing: Drawing, plane: _Plane) -> Iterator[str]:
    for number, gate in enumerate(drawing.gates, start=1):
        y = plane.y(gate.at_m)
        boxes = _boxes(blocked_spans(gate.beam, drawing.end_s), plane, y - 2.5, y + 2.5)
        yield f'<path d="{boxes}"><title>gate {number}: beam blocked</title></path>'


def _boxes(spans: Iterable[tuple[float, float]], plane: _Plane, top: float, bottom: float) -> str:
    shown = ((plane.x(from_s), plane.x(until_s)) for from_s, until_s in spans if plane.shows(from_s, until_s))
    return "".join(f"M{left} {top}H{max(left + 1, right)}V{bottom}H{left}Z" for left, right in shown)


def _trajectory(item: DrawnItem, drawing: Drawing, plane: _Plane) -> str:
    lines = []
    for trajectory in trajectories(item, drawing.belt, drawing.end_s):
        if plane.shows(trajectory[0][0], trajectory[-1][0]):
            corners = clipped(trajectory, plane.from_s, plane.until_s)
            lines.append("M" + "L".join(f"{plane.x(at_s)} {plane.y(at_m)}" for at_s, at_m in corners))
    drawn = "".join(lines)
    if not drawn:
        return ""
    colour, dashes = COLOURS.get(item.item_class, OTHER), DASHES.get(item.item_class, "none")
    name = item_text(item.number, item.item_class)
    return (
        f'<path class="trajectory" d="{drawn}" fill="none" stroke="{colour}" stroke-width="1.8" '
        f'stroke-dasharray="{dashes}"><title>{escape(name)}</title></path>'
    )


def _faults(drawing: Drawing, plane: _Plane) -> Iterator[str]:
    layout = drawing.scenario.layout
    for fault in drawing.faults:
        if not plane.shows(fault.from_s, fault.until_s):
            continue
        top, bottom = float(TOP_PX), float(HIGH_PX - BOTTOM_PX)
        if fault.part in ("gate", "rod"):
            gates = dict(enumerate(layout.gates_m, start=1))
            at_m = gates[fault.number] if fault.part == "gate" else {rod.number: rod.at_m for rod in drawing.rods}[
                fault.number
            ]  # fmt: skip
            top, bottom = plane.y(at_m) - 12, plane.y(at_m) + 12
        words = escape(f"{fault.name} {fault.number or ''} {fault.settings}")
        boxes = _boxes([(fault.from_s, fault.until_s)], plane, top, bottom)
        yield f'<path d="{boxes}" fill="{FAULT}" fill-opacity="0.2" stroke="{FAULT}"><title>{words}</title></path>'


def _marks(drawing: Drawing, plane: _Plane) -> Iterator[str]:
    last_x = -100.0
    for mark in drawing.marks:
        if mark.excuse is not None or not plane.shows(mark.t_s, mark.t_s):
            continue
        x = plane.x(mark.t_s)
        line = f"M{x} {TOP_PX - 6}V{HIGH_PX - BOTTOM_PX}"
        yield f'<path class="mark" d="{line}" stroke="{WRONG}" stroke-dasharray="4 3"/>'
        if x - last_x > 90:
            anchor = "end" if x > WIDE_PX - 120 else "start"
            last_x = x
            yield (
                f'<text x="{x}" y="{TOP_PX - 10}" fill="{WRONG}" text-anchor="{anchor}">'
                f"{escape(mark.check.replace('_', ' '))}<title>{escape(mark.detail)}</title></text>"
            )


def _axis(plane: _Plane) -> Iterator[str]:
    step_s = next((step for step in (1, 2, 5, 10, 20, 30) if (plane.until_s - plane.from_s) / step <= 12), 60)
    for tick in range(int(plane.from_s // step_s), int(plane.until_s // step_s) + 1):
        if plane.from_s <= tick * step_s:
            x = plane.x(tick * step_s)
            yield f'<text x="{x}" y="{HIGH_PX - 8}" text-anchor="middle">{tick * step_s} s</text>'
