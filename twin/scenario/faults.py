"""Faults as data: what goes wrong, where, and from when to when. The plant's `FaultInjector` applies them.

Times are in s since the run began, in the twin's time. A fault with a `share` affects that share of the messages,
drawn from the scenario's seed.
"""

from itertools import pairwise
from typing import Final, Literal, get_args

import msgspec

from controller.frozen import settle
from twin.errors import ScenarioError
from twin.scenario.layout import Layout
from twin.scenario.ranges import check_range

LONGEST_FAULT_S: Final = 1e6
LONGEST_DELAY_S: Final = 60.0


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="fault", tag=str.lower):
    """A fault that acts from `from_s` until just before `until_s`. Raises `ScenarioError` for an impossible value."""

    from_s: float = 0.0
    until_s: float = 10.0

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        settle(self, ScenarioError)
        if not 0 <= self.from_s <= self.until_s <= LONGEST_FAULT_S:
            span = [self.from_s, self.until_s]
            raise ScenarioError("from_s, until_s", span, f"in order: 0 <= from_s <= until_s <= {LONGEST_FAULT_S}")
        for field in self.__struct_fields__:
            value = getattr(self, field)
            if value is None:
                continue
            if field == "share":
                check_range(field, value, 0.0, 1.0)
            elif field in ("factor", "length_m", "pulse_s", "period_s"):
                check_range(field, value, 1e-3, 1e3)
            elif field.endswith("_s") and field not in ("from_s", "until_s"):
                check_range(field, value, 0.0, LONGEST_DELAY_S)
            elif field.endswith("_m"):
                check_range(field, value, 0.0, 1e3)


class GateBounce(Fault, frozen=True):
    """Each edge of the beam is followed by `bounces` pairs of false edges, `period_s` apart."""

    gate: int = 1
    bounces: Literal[1, 2, 3, 4, 5] = 2
    period_s: float = 0.004


class GateStuck(Fault, frozen=True):
    """The gate stays blocked, or clear, whatever is in its beam."""

    gate: int = 1
    blocked: bool = True


class GateMissesEdge(Fault, frozen=True):
    """The gate does not report an edge."""

    gate: int = 1
    edge: Literal["blocked", "clear", "both"] = "both"


class GateGhost(Fault, frozen=True):
    """The gate reports one false interruption of its beam, `pulse_s` long, at `from_s`."""

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
    """A rod that is out does not come in. When the fault ends, it obeys the last pull command."""

    rod: int = 2


class BeltSpeed(Fault, frozen=True):
    """The belt runs `factor` times as fast as it should."""

    factor: float = 0.7


class BeltDrift(Fault, frozen=True):
    """The belt's speed drifts evenly to `factor` times its normal value, and is normal again when the fault ends."""

    factor: float = 0.9


class BeltStops(Fault, frozen=True):
    """The belt stands still, whatever the commands."""


class EmptyPush(Fault, frozen=True):
    """The loader's rod slips past the item, which stays in front of it."""


class DoublePush(Fault, frozen=True):
    """The loader pushes two items at once, with `gap_m` of belt between them (0: touching)."""

    gap_m: float = 0.0


class NoImage(Fault, frozen=True):
    """The camera sends nothing."""


class LateImage(Fault, frozen=True):
    """The camera's message is `delay_s` late."""

    delay_s: float = 1.0


class ImageTwice(Fault, frozen=True):
    """The camera sends each picture a second time, `delay_s` later."""

    delay_s: float = 0.1


class SpoiltImage(Fault, frozen=True):
    """The picture is cut short (torn), not an image at all, blurred or dark."""

    how: Literal["torn", "not_an_image", "blurred", "dark"] = "torn"


class LinkDelay(Fault, frozen=True):
    """Messages on one topic take `delay_s` longer. Their order is kept."""

    way: Literal["aa", "bb"] = "bb"
    delay_s: float = 0.2


class LinkDrop(Fault, frozen=True):
    """A share of the messages on one topic is lost."""

    way: Literal["aa", "bb"] = "bb"
    share: float = 0.5


class LinkDuplicate(Fault, frozen=True):
    """A share of the messages on one topic arrives twice."""

    way: Literal["aa", "bb"] = "bb"
    share: float = 0.5


class LinkReorder(Fault, frozen=True):
    """A share of the messages on one topic is `delay_s` late, so that later messages overtake them."""

    way: Literal["aa", "bb"] = "bb"
    share: float = 0.5
    delay_s: float = 0.05


class Garbage(Fault, frozen=True):
    """An invalid payload arrives on `bb` at `from_s`."""

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
    """Items that are loaded during the fault are `factor` times as long as the scenario says."""

    factor: float = 3.0


class TakenOff(Fault, frozen=True):
    """Somebody takes item `item` off the belt when its centre is at `at_m`.

    Unless `back_m` is None, the item is put back at `back_m` after `back_s`.
    """

    item: int = 1
    at_m: float = 0.7
    back_m: float | None = None
    back_s: float = 2.0


class ForeignObject(Fault, frozen=True):
    """An object that is no item is laid on the belt at `at_m` at `from_s`."""

    at_m: float = 0.1
    length_m: float = 0.08


class BrokerDown(Fault, frozen=True):
    """The broker is down during the fault. Messages sent meanwhile are lost."""


class ClientCutOff(Fault, frozen=True):
    """The controller's connection breaks at `from_s` and is restored at `until_s`. Its last will is published."""


class ControllerKilled(Fault, frozen=True):
    """The controller is killed at `from_s` and started again at `until_s`. Its last will is published."""


THROWN_OFF_S: Final = 1.0
"""A client that another one with its id has thrown off connects again so much later, as paho-mqtt does."""


class AnotherClient(Fault, frozen=True):
    """Another client connects with the controller's client id, and again 2 s later each time it was thrown off.

    Each time the broker closes the controller's connection and publishes its last will. The other client leaves at
    `until_s`.
    """


class RetainedMessage(Fault, frozen=True):
    """The broker keeps an old message, and gives it to whoever subscribes during the fault.

    On `bb` it says that gate 1 is `blocked` or `clear`, or it is a `picture` of a ripe item. On `aa` it is a command to
    `push` rod 2, which the plant gets when it connects: as the run begins, and when a broker is back.
    """

    message: Literal["clear", "blocked", "picture", "push"] = "clear"


SensorFault = GateBounce | GateStuck | GateMissesEdge | GateGhost
CameraFault = NoImage | LateImage | ImageTwice | SpoiltImage
LinkFault = LinkDelay | LinkDrop | LinkDuplicate | LinkReorder | Garbage | RetainedMessage
RecognizerFault = RecognizerSlow | RecognizerSays
PlantFault = (
    RodSlow | RodDead | RodSticksOut | BeltSpeed | BeltDrift | BeltStops | EmptyPush | DoublePush | TooLong | TakenOff
    | ForeignObject
)  # fmt: skip
BrokerFault = BrokerDown | ClientCutOff | AnotherClient | ControllerKilled
AnyFault = SensorFault | CameraFault | LinkFault | RecognizerFault | PlantFault | BrokerFault


def kind_of(fault: Fault | type[Fault]) -> str:
    """The kind of a fault as files and traces name it: `gatestuck` for `GateStuck`."""
    return (fault if isinstance(fault, type) else type(fault)).__name__.lower()


_NAMES: Final[dict[str, str]] = {kind_of(kind): kind.__name__ for kind in get_args(AnyFault)}


def fault_name(kind: str) -> str:
    """The name of a kind of fault as people look it up: `GateStuck` for a scenario's `gatestuck`.

    What is no kind of fault stays as it is: an item that another carries is excused by the fault `none`.
    """
    return _NAMES.get(kind, kind)


def check_faults(faults: tuple[AnyFault, ...], layout: Layout, items: int) -> None:
    """Refuse faults of parts that do not exist. The `ScenarioError` names the fault's place in the list."""
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
    outages = sorted((fault.from_s, fault.until_s) for fault in faults if isinstance(fault, BrokerFault))
    for (_, until_s), (from_s, _) in pairwise(outages):
        if from_s <= until_s:
            raise ScenarioError("faults", outages, "faults of broker and controller one after another")
