"""The controller's throughput in items a minute, compared with the reference flow and the loader's limit.

    python benchmarks/controller_throughput.py [--items 1000] [--seed 1]

On each line: the FS course's reference controller, one item at a time, as many items as is safe, and the loader's own
limit (a stroke out and one in). `rods` is the rods' limit, with each item pushed by its own rod and one item at a time
on a leg. Times are the twin's, in memory. The target is 95 % of the loader's limit where that of the rods is at least a
tenth higher, and never a lower rate than one item at a time. Exit 1 on a violation or a missed target.
"""

import argparse
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from controller.core.events import Event, ImageSeen, Output, Recognise, Recognised, Start
from controller.settings import Settings
from controller.wire import ALL, Conveyor, GateEdge, Rod
from twin import ItemDraw, Layout, Run, Scenario, settings_for, simulate

TARGET = 0.95
APART = 1.1
LOADER = 1


class ReferenceFlow:
    """The reference controller's order and times (DESIGN: 2 s for the belt, strokes of 1 s, the first of 1.5 s)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._due: list[tuple[float, int, Output]] = []
        self._count = 0
        self._label: str | None = None
        self._out_s = 1.5

    @property
    def next_deadline_s(self) -> float | None:
        return self._due[0][0] if self._due else None

    def handle(self, event: Event, now_s: float) -> tuple[Output, ...]:
        outputs: list[Output] = []
        if isinstance(event, Start):
            outputs += [Rod(ALL, push=False), Conveyor(run=True)]
            self._load(now_s + 2.0)
        elif isinstance(event, ImageSeen):
            outputs.append(Recognise(event.image))
        elif isinstance(event, Recognised):
            self._label = event.label
        elif isinstance(event, GateEdge) and not event.blocked:
            self._passed(event.number, now_s)
        while self._due and self._due[0][0] <= now_s:
            outputs.append(heapq.heappop(self._due)[2])
        return tuple(outputs)

    def _passed(self, gate: int, now_s: float) -> None:
        rod = self._settings.bins.get(self._label or "")
        if rod is not None and gate == rod - 1:
            self._at(now_s, Rod(rod, push=True))
            self._at(now_s + 1.0, Rod(rod, push=False))
            self._load(now_s + 2.0)
        elif rod is None and gate == self._settings.gates:
            self._load(now_s)

    def _load(self, at_s: float) -> None:
        self._label = None
        self._at(at_s, Rod(LOADER, push=True))
        self._at(at_s + self._out_s, Rod(LOADER, push=False))
        self._out_s = 1.0

    def _at(self, at_s: float, output: Output) -> None:
        heapq.heappush(self._due, (at_s, self._count, output))
        self._count += 1


@dataclass(frozen=True)
class Bench:
    """A line, and the controller's settings of its strokes."""

    name: str
    layout: Layout
    strokes: dict[str, float] = field(default_factory=dict)


NEAR = {"camera_m": 0.15, "gates_m": (0.30, 0.48, 0.66), "rods_m": (0.37, 0.55, 0.73), "end_m": 0.9}
CLOSE = {"gates_m": (0.5, 0.85, 1.2), "rods_m": (0.62, 0.97, 1.32), "rod_head_m": 0.16}
WIDE = {"rods_m": (0.62, 1.12, 1.62), "rod_head_m": 0.16}
BENCHES = [
    Bench("default", Layout()),
    Bench("loader 0.25 s", Layout(loader_stroke_s=0.25), {"loader_stroke_s": 0.25}),
    Bench("default, rods 0.3 s", Layout(), {"rod_stroke_s": 0.3}),
    Bench("near gates, rods 0.3 s", Layout(**NEAR), {"rod_stroke_s": 0.3}),
    Bench("belt 0.4, near gates", Layout(belt_speed_m_per_s=0.4, **NEAR), {"rod_stroke_s": 0.26}),
    Bench("belt 0.6", Layout(belt_speed_m_per_s=0.6), {"rod_stroke_s": 0.3}),
    Bench("belt 0.6, camera late", Layout(belt_speed_m_per_s=0.6, camera_m=0.45), {"rod_stroke_s": 0.3}),
    Bench("belt 1.0", Layout(belt_speed_m_per_s=1.0, **WIDE), {"rod_stroke_s": 0.3}),
    Bench(
        "belt 1.0, loader 0.25 s",
        Layout(belt_speed_m_per_s=1.0, loader_stroke_s=0.25, rod_stroke_s=0.1, **CLOSE),
        {"loader_stroke_s": 0.25, "rod_stroke_s": 0.12},
    ),
    Bench("one gate", Layout(gates_m=(0.5,), rods_m=(0.58,), end_m=0.8, belt_speed_m_per_s=0.5), {"rod_stroke_s": 0.3}),
]


def loader_limit(layout: Layout) -> float:
    """Items a minute that a loader without pauses loads."""
    return 60 / (2 * layout.loader_stroke_s)


def rods_limit(bench: Bench, settings: Settings) -> float:
    """Items a minute that the rods allow: out and in beside an item's length, and a leg belongs to one item.

    How far behind the last gate its rod stands is not on the wire: no farther than the gates are apart, or than a
    single gate is from the loader.
    """
    layout = bench.layout
    legs_m = [behind - before for before, behind in zip(layout.gates_m, layout.gates_m[1:], strict=False)]
    longest_leg_s = max(legs_m or layout.gates_m) / layout.belt_speed_m_per_s
    return 60 / max(longest_leg_s, 2 * settings.rod_stroke_s + 0.08 / layout.belt_speed_m_per_s)


def work(bench: Bench, items: int, seed: int, in_flight: int | str, controller: Callable[..., object] | None) -> Run:
    settings = settings_for(bench.layout, items=items, in_flight=in_flight, **bench.strokes)
    scenario = Scenario(seed=seed, layout=bench.layout, items=ItemDraw(count=items), controller=settings)
    return simulate(scenario, controller=controller, keep_trace=False)  # type: ignore[arg-type]


def line_of(bench: Bench, items: int, seed: int) -> tuple[str, bool]:
    """A row of the table, and whether it meets its target."""
    reference = work(bench, items, seed, 1, ReferenceFlow).summary
    one, auto = (work(bench, items, seed, in_flight, None) for in_flight in (1, "auto"))
    limit = loader_limit(bench.layout)
    rods = rods_limit(bench, one.scenario.controller)
    rates = [one.summary.items_per_min, auto.summary.items_per_min]
    wrong = len(one.violations) + len(auto.violations)
    all_right = wrong == 0 and one.summary.correct == auto.summary.correct == items
    reached = rates[1] >= TARGET * limit
    well = all_right and rates[1] >= rates[0] and (reached or rods < APART * limit)
    reference_words = f"{reference.items_per_min:8.1f}" if not reference.violations else "  faulty"
    return (
        f"{bench.name:26s}{reference_words}{rates[0]:8.1f}{rates[1]:8.1f}{limit:8.1f}{rods:8.1f}"
        f"{100 * rates[1] / min(limit, rods):7.0f} %{wrong:6d}   {'' if well else 'MISSED'}"
    ), well


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.items} items; items a minute; the last share is of the lower limit")
    print(f"{'line':26s}{'refer.':>8s}{'one':>8s}{'auto':>8s}{'loader':>8s}{'rods':>8s}{'share':>9s}{'wrong':>6s}")
    well = True
    for bench in BENCHES:
        row, fine = line_of(bench, options.items, options.seed)
        well = well and fine
        print(row, flush=True)
    return 0 if well else 1


if __name__ == "__main__":
    raise SystemExit(main())
