"""Faults, as data: what goes wrong, where, from when to when. The parts that they befall ask `Mishaps` for them.

Times are the twin's, in s since the run began. A fault with a share befalls that share of what it could, drawn from
the scenario's seed.
"""

import math
from itertools import pairwise
from typing import Final, Literal

import msgspec

from controller.frozen import settle
from twin.errors import ScenarioError
from twin.scenario.layout import Layout

LONGEST_FAULT_S: Final = 1e6
LONGEST_DELAY_S: Final = 60.0


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="fault", tag=str.lower):
    """Something that goes wrong from `from_s` until before `until_s`. Raises `ScenarioError` for what cannot be."""

    from_s: float = 0.0
    until_s: float = 10.0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        settle(self, ScenarioError)
        if not 0 <= self.from_s <= self.until_s <= LONGEST_FAULT_S:
            span = [self.from_s, self.until_s]
            raise ScenarioError("from_s, until_s", span, f"0 <= from_s <= until_s <= {LONGEST_FAULT_S}")
        for field in self.__struct_fields__:
            value = getattr(self, field)
            if value is None:
                continue
            if field == "share":
                _within(field, value, 0.0, 1.0)
            elif field in ("factor", "length_m", "pulse_s", "period_s"):
                _within(field, value, 1e-3, 1e3)
            elif field.endswith("_s") and field not in ("from_s", "until_s"):
                _within(field, value, 0.0, LONGEST_DELAY_S)
            elif field.endswith("_m"):
                _within(field, value, 0.0, 1e3)


def _within(field: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise ScenarioError(field, value, f"{low} to {high}")


class GateBounce(Fault, frozen=True):
    """Each edge of the beam comes with so many more, `period_s` apart."""

    gate: int = 1
    bounces: Literal[1, 2, 3, 4, 5] = 2
    period_s: float = 0.004


class GateStuck(Fault, frozen=True):
    """The gate says blocked, or clear, whatever is in its beam."""

    gate: int = 1
    blocked: bool = True


class GateMissesEdge(Fault, frozen=True):
    """The gate does not report an edge."""

    gate: int = 1
    edge: Literal["blocked", "clear", "both"] = "both"


class GateGhost(Fault, frozen=True):
    """The gate reports one interruption of `pulse_s`, at `from_s`, of which nothing is true."""

    gate: int = 1
    pulse_s: float = 0.1


class RodSlow(Fault, frozen=True):
    """The rod's strokes take `factor` times as long."""

    rod: int = 2
    factor: float = 2.0


class RodDead(Fault, frozen=True):
    """The rod does not move when it is pushed."""

    rod: int = 2


class RodSticksOut(Fault, frozen=True):
    """A rod that is out does not come in; when the fault ends it obeys its last pull."""

    rod: int = 2


class BeltSpeed(Fault, frozen=True):
    """The belt runs `factor` times as fast as it should."""

    factor: float = 0.7


class BeltDrift(Fault, frozen=True):
    """The belt's speed drifts evenly to `factor` times what it should be, and is right again at the end."""

    factor: float = 0.9


class BeltStops(Fault, frozen=True):
    """The belt stands, whatever it is told."""


class EmptyPush(Fault, frozen=True):
    """The loader's rod slips past the item, which stays before it."""


class DoublePush(Fault, frozen=True):
    """The loader pushes two items, `gap_m` of belt between them (0: touching)."""

    gap_m: float = 0.0


class NoImage(Fault, frozen=True):
    """The camera sends nothing."""


class LateImage(Fault, frozen=True):
    """The camera's message comes later by `delay_s`."""

    delay_s: float = 1.0


class ImageTwice(Fault, frozen=True):
    """The camera sends each picture once more, `delay_s` later."""

    delay_s: float = 0.1


class SpoiltImage(Fault, frozen=True):
    """The picture is torn, not an image at all, blurred or dark."""

    how: Literal["torn", "not_an_image", "blurred", "dark"] = "torn"


class LinkDelay(Fault, frozen=True):
    """Messages one way take `delay_s` longer; their order is kept."""

    way: Literal["aa", "bb"] = "bb"
    delay_s: float = 0.2


class LinkDrop(Fault, frozen=True):
    """A share of the messages one way is lost."""

    way: Literal["aa", "bb"] = "bb"
    share: float = 0.5


class LinkDuplicate(Fault, frozen=True):
    """A share of the messages one way comes twice."""

    way: Literal["aa", "bb"] = "bb"
    share: float = 0.5


class LinkReorder(Fault, frozen=True):
    """A share of the messages one way is overtaken by what follows within `delay_s`."""

    way: Literal["aa", "bb"] = "bb"
    share: float = 0.5
    delay_s: float = 0.05


class Garbage(Fault, frozen=True):
    """Something that is no message of the line arrives on `bb`, at `from_s`."""

    payload: Literal["not_json", "number", "two_keys", "unknown_key", "wrong_type", "bad_base64", "not_utf8"] = (
        "not_json"
    )


class RecognizerSlow(Fault, frozen=True):
    """The recognizer's answers take `delay_s` longer."""

    delay_s: float = 1.0


class RecognizerSays(Fault, frozen=True):
    """The recognizer answers with an error, a wrong label, low confidence, `unknown`, or not at all."""

    what: Literal["error", "wrong_label", "low_confidence", "unknown", "nothing"] = "error"


class TooLong(Fault, frozen=True):
    """Items that are loaded meanwhile are `factor` times as long as they should be."""

    factor: float = 3.0


class TakenOff(Fault, frozen=True):
    """Somebody takes item `item` off the belt when its centre is at `at_m`, and, if told, puts it back at `back_m`
    after `back_s`.
    """

    item: int = 1
    at_m: float = 0.7
    back_m: float | None = None
    back_s: float = 2.0


class ForeignObject(Fault, frozen=True):
    """Something that is no item lies on the belt at `at_m`, from `from_s` on."""

    at_m: float = 0.1
    length_m: float = 0.08


class BrokerDown(Fault, frozen=True):
    """The broker is away, then there again: what is sent meanwhile is lost."""


class ClientCutOff(Fault, frozen=True):
    """The controller's connection breaks at `from_s` and is there again at `until_s`; its last will is sent."""


class ControllerKilled(Fault, frozen=True):
    """The controller dies at `from_s` and is started again at `until_s`; its last will is sent."""


SensorFault = GateBounce | GateStuck | GateMissesEdge | GateGhost
CameraFault = NoImage | LateImage | ImageTwice | SpoiltImage
LinkFault = LinkDelay | LinkDrop | LinkDuplicate | LinkReorder | Garbage
RecognizerFault = RecognizerSlow | RecognizerSays
PlantFault = (
    RodSlow | RodDead | RodSticksOut | BeltSpeed | BeltDrift | BeltStops | EmptyPush | DoublePush | TooLong | TakenOff
    | ForeignObject
)  # fmt: skip
BrokerFault = BrokerDown | ClientCutOff | ControllerKilled
AnyFault = SensorFault | CameraFault | LinkFault | RecognizerFault | PlantFault | BrokerFault


def check_faults(faults: tuple[AnyFault, ...], layout: Layout, items: int) -> None:
    """Refuse faults on parts that are not there. Raises `ScenarioError` with the fault's place in the list."""
    for index, fault in enumerate(faults):
        where = f"faults[{index}]"
        gate, rod = getattr(fault, "gate", None), getattr(fault, "rod", None)
        if gate is not None and not 1 <= gate <= len(layout.gates_m):
            raise ScenarioError(f"{where}.gate", gate, f"1 to {len(layout.gates_m)}, the layout's gates")
        if rod is not None and rod not in (1, *layout.bins):
            raise ScenarioError(f"{where}.rod", rod, f"1 to {len(layout.rods_m) + 1}, the layout's rods")
        if isinstance(fault, TakenOff) and not 1 <= fault.item <= max(1, items):
            raise ScenarioError(f"{where}.item", fault.item, f"1 to {items}, the scenario's items")
        for field in ("at_m", "back_m"):
            at_m = getattr(fault, field, None)
            if at_m is not None and not 0 <= at_m < layout.end_m:
                raise ScenarioError(f"{where}.{field}", at_m, f"0 to below the belt's end, {layout.end_m}")
    down = sorted((fault.from_s, fault.until_s) for fault in faults if isinstance(fault, BrokerFault))
    for (_, until_s), (from_s, _) in pairwise(down):
        if from_s <= until_s:
            raise ScenarioError("faults", down, "faults of broker and controller one after another")
