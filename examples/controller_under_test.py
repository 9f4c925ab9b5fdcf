"""A controller under test: a core of one's own, and what the twin finds in it.

The core sorts one item at a time: it loads, has the picture recognised, pushes that label's rod when the gate before
the rod is clear again, and loads the next. While nothing goes wrong it sorts every item. Then a picture is lost: the
item has no label, no rod is pushed, and nothing is loaded any more. Prints both runs, each with the rules it broke.

    python examples/controller_under_test.py
"""

from controller import Conveyor, Event, GateEdge, ImageSeen, Output, Recognise, Recognised, Rod, Settings, Start
from twin import ItemDraw, Scenario, faults, simulate


class OneAtATime:
    """Events and the time in, commands out; `next_deadline_s` says when it wants to be asked again."""

    ending = False

    def __init__(self, settings: Settings) -> None:
        self._bins = settings.bins
        self._rod: int | None = None
        self._due: list[tuple[float, Rod]] = []

    @property
    def next_deadline_s(self) -> float | None:
        return min((at_s for at_s, _ in self._due), default=None)

    def handle(self, event: Event, now_s: float) -> tuple[Output, ...]:
        outputs: list[Output] = []
        match event:
            case Start():
                outputs.append(Conveyor(run=True))
                self._push(1, now_s + 2.0)
            case ImageSeen(image=image):
                outputs.append(Recognise(image=image))
            case Recognised(label=label):
                self._rod = self._bins.get(label)
            case GateEdge(number=gate, blocked=False) if self._rod == gate + 1:
                self._push(self._rod, now_s)
                self._push(1, now_s + 1.0)
                self._rod = None
        outputs += [rod for at_s, rod in self._due if at_s <= now_s]
        self._due = [(at_s, rod) for at_s, rod in self._due if at_s > now_s]
        return tuple(outputs)

    def _push(self, rod: int, at_s: float) -> None:
        self._due += [(at_s, Rod(number=rod, push=True)), (at_s + 0.5, Rod(number=rod, push=False))]


def main() -> None:
    """The same stack without a fault and with one."""
    for title, lost in (("no fault", ()), ("a picture is lost", (faults.NoImage(from_s=20.0, until_s=30.0),))):
        run = simulate(Scenario(seed=4, items=ItemDraw(count=6), faults=lost), controller=OneAtATime)
        broken = sorted({violation.check for violation in run.violations})
        print(f"{title}: {run.summary.correct} of 6 right, broken: {', '.join(broken) or 'none'}")


if __name__ == "__main__":
    main()
