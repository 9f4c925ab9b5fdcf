"""The arguments of a run that its link must be able to heed."""

from typing import Final, Literal, get_args

from controller.address import parse_address
from controller.errors import SettingsError
from twin.beliefs import BeliefWatcher
from twin.broker.embedded import EmbeddedBroker
from twin.errors import ArgumentError
from twin.links.external_controller import ExternalController
from twin.links.hands import Hands
from twin.links.tempo import Tempo

LinkName = Literal["memory", "hosted", "lockstep", "realtime"]
SLOWEST: Final = 0.01
FASTEST: Final = 1000.0


def check_arguments(
    link: str, *, external: ExternalController | None, broker: str | EmbeddedBroker | None, speed: float | None,
    hands: Hands | None, tempo: Tempo | None, keep_beliefs: bool,
    belief_watchers: tuple[BeliefWatcher, ...],
) -> None:  # fmt: skip
    """Raises `ArgumentError` for an unknown link, and for an argument that the link or the controller would ignore."""
    _check_link(link, broker, speed)
    if link != "hosted" and external is not None and external.compute_ms is not None:
        raise ArgumentError("compute_ms", external.compute_ms, f"left out on the link {link}")
    if tempo is not None and link == "realtime":
        raise ArgumentError("tempo", tempo, "left out on the link realtime, whose time is the wall clock's")
    if hands is not None and tempo is None and link != "realtime":
        raise ArgumentError("hands", hands, f"given with a tempo on the link {link}, which does not wait for a person")
    for name, wish in (("keep_beliefs", keep_beliefs), ("belief_watchers", belief_watchers)):
        if wish and external is not None:
            raise ArgumentError(name, wish, "left out for an external controller, which shows none")


def _check_link(link: str, broker: str | EmbeddedBroker | None, speed: float | None) -> None:
    """Raises `ArgumentError` for an unknown link, and for an argument that the link would ignore."""
    if link not in get_args(LinkName):
        raise ArgumentError("link", link, "memory, hosted, lockstep or realtime")
    if broker is not None and link in ("memory", "hosted"):
        raise ArgumentError("broker", broker, f"left out on the link {link}, which has none")
    if isinstance(broker, str):
        try:
            parse_address(broker)
        except SettingsError as error:
            raise ArgumentError("broker", broker, error.must) from None
    if speed is not None and link != "realtime":
        raise ArgumentError("speed", speed, f"left out on the link {link}, which has no wall clock")
    if speed is not None and not SLOWEST <= speed <= FASTEST:
        raise ArgumentError("speed", speed, f"{SLOWEST:g} to {FASTEST:g}")
