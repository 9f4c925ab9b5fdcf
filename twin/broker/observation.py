"""Events of the clients' connections, as the embedded broker reports them."""

from collections.abc import Callable
from typing import Final, NamedTuple

from twin.trace import Event


class Observation(NamedTuple):
    """One event of a client's connection.

    The client connected, subscribed (to the topic `detail`), disconnected, was lost without a DISCONNECT packet, was
    refused (for the reason `detail`), or another client with the same id took over.
    """

    client: str
    event: Event
    detail: str = ""


DOCTOR: Final = "twin-doctor-"
"""Prefix of the client ids of `twin doctor`, which is no controller."""

Observer = Callable[[Observation], None]
