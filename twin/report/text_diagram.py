"""A run's time-space diagram in the terminal: a column is a short time, a row a short piece of belt."""

from itertools import pairwise
from typing import Final

from rich.console import Console
from rich.text import Text

from twin.report.drawing import Drawing
from twin.report.intervals import blocked_spans, out_spans, trajectories

ROWS: Final = 25
LABEL: Final = 8
MOST_COLUMNS: Final = 150
FEWEST_COLUMNS: Final = 40
LONGEST_S: Final = 90.0
"""More would not be readable: a longer run is drawn around its first violation, or from its beginning."""

MOST_FAULTS: Final = 6
STYLES: Final = {"ripe": "red", "half_ripe": "yellow", "raw": "cyan", "foreign": "magenta"}


class _Canvas:
    """Characters with styles, by row and column. The end of the belt is the first row."""

    def __init__(self, columns: int, drawing: Drawing) -> None:
        self.columns = columns
        self.end_m = drawing.scenario.layout.end_m
        self.from_s = 0.0
        first_s = next((mark.t_s for mark in drawing.marks if mark.excuse is None), None)
        length_s = max(1.0, min(LONGEST_S, drawing.end_s))
        if first_s is not None:
            self.from_s = min(max(0.0, first_s - length_s * 0.75), max(0.0, drawing.end_s - length_s))
        self.until_s = self.from_s + length_s
        self.step_s = length_s / columns
        self._cells = [[(" ", "")] * columns for _ in range(ROWS)]

    def row(self, at_m: float) -> int:
        return min(ROWS - 1, max(0, round((1 - at_m / self.end_m) * (ROWS - 1))))

    def column(self, at_s: float) -> int:
        return int((at_s - self.from_s) / self.step_s)

    def columns_of(self, from_s: float, until_s: float) -> range:
        """The columns of a span of time, as far as they are on the canvas."""
        return range(max(0, self.column(from_s)), min(self.columns - 1, self.column(until_s)) + 1)

    def put(self, row: int, column: int, sign: str, style: str) -> None:
        if 0 <= column < self.columns:
            self._cells[row][column] = (sign, style)

    def level(self, row: int) -> None:
        self._cells[row] = [("·", "dim")] * self.columns

    def line(self, row: int) -> Text:
        return Text.assemble(*self._cells[row])


def show_diagram(console: Console, drawing: Drawing) -> None:
    """Draw the diagram as wide as the terminal is. An item is the last digit of its number, in its class's colour."""
    canvas = _Canvas(min(MOST_COLUMNS, max(FEWEST_COLUMNS, console.width - LABEL - 1)), drawing)
    layout = drawing.scenario.layout
    labels = {canvas.row(0.0): "loader", canvas.row(layout.end_m): "end", canvas.row(layout.camera_m): "camera"}
    labels |= {canvas.row(at_m): f"gate {number}" for number, at_m in enumerate(layout.gates_m, start=1)}
    for row in labels:
        canvas.level(row)
    _put_parts(canvas, drawing)
    _put_items(canvas, drawing)
    for mark in drawing.marks:
        if mark.excuse is None:
            canvas.put(0, canvas.column(mark.t_s), "!", "bold red")
    for row in range(ROWS):
        console.print(Text.assemble((f"{labels.get(row, ''):>{LABEL - 1}} ", "dim"), canvas.line(row)), no_wrap=True)
    _show_axis(console, canvas, drawing.end_s)
    _show_faults(console, canvas, drawing)


def _put_parts(canvas: _Canvas, drawing: Drawing) -> None:
    for gate in drawing.gates:
        for from_s, until_s in blocked_spans(gate.beam, drawing.end_s):
            for column in canvas.columns_of(from_s, until_s):
                canvas.put(canvas.row(gate.at_m), column, "#", "bold")
    for rod in drawing.rods:
        for from_s, until_s in out_spans(rod):
            for column in canvas.columns_of(from_s, until_s):
                canvas.put(canvas.row(rod.at_m), column, "|", "blue")


def _put_items(canvas: _Canvas, drawing: Drawing) -> None:
    for item in drawing.items:
        sign = str(item.number)[-1] if item.number > 0 else "?"
        for trajectory in trajectories(item, drawing.belt, drawing.end_s):
            for (from_s, from_m), (until_s, until_m) in pairwise(trajectory):
                for column in canvas.columns_of(from_s, until_s):
                    at_s = min(max(canvas.from_s + (column + 0.5) * canvas.step_s, from_s), until_s)
                    share = 0.0 if until_s == from_s else (at_s - from_s) / (until_s - from_s)
                    row = canvas.row(from_m + share * (until_m - from_m))
                    canvas.put(row, column, sign, STYLES.get(item.item_class, "white"))


def _show_axis(console: Console, canvas: _Canvas, end_s: float) -> None:
    step_s = next((step for step in (1, 2, 5, 10, 20) if step / canvas.step_s >= 10), 30)
    axis = [" "] * (canvas.columns + LABEL)
    for tick in range(int(canvas.from_s // step_s), int(canvas.until_s // step_s) + 1):
        column = canvas.column(tick * step_s)
        words = f"{tick * step_s} s"
        if 0 <= column <= canvas.columns - len(words):
            axis[LABEL + column : LABEL + column + len(words)] = words
    console.print(Text("".join(axis).rstrip(), style="dim"), no_wrap=True)
    more = f"; {canvas.from_s:.0f} to {canvas.until_s:.0f} s of {end_s:.0f} s" if end_s > LONGEST_S else ""
    console.print(Text(f"digits: items by class; #: beam blocked; |: rod out; !: violation{more}", style="dim"))


def _show_faults(console: Console, canvas: _Canvas, drawing: Drawing) -> None:
    spans = ((fault, canvas.columns_of(fault.from_s, fault.until_s)) for fault in drawing.faults)
    here = [(fault, span) for fault, span in spans if span]
    for fault, span in here[:MOST_FAULTS]:
        start, stop = span[0], span[-1]
        words, bar = f"{fault.name} {fault.number or ''}".rstrip(), "=" * len(span)
        fits = stop + len(words) + 1 < canvas.columns
        shown = f"{' ' * start}{bar} {words}" if fits else f"{words} {bar}".rjust(stop + 1)
        console.print(Text(f"{'fault':>{LABEL - 1}} {shown}", style="yellow"), no_wrap=True)
    if len(here) > MOST_FAULTS:
        console.print(Text(f"{'':{LABEL}}and {len(here) - MOST_FAULTS} more faults", style="yellow"))
