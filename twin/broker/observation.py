"""What the embedded broker sees of its clients' connections, and hands to whoever watches."""

from collections.abc import Callable
from typing import Final, NamedTuple

from twin.trace import Event


class Observation(NamedTuple):
    """Something happened to a client's connection.

    It connected, subscribed to the topic in `detail`, said goodbye, was lost without a word, was refused (`detail` says
    why), or another client with the same id took its place.
    """

    client: str
    event: Event
    detail: str = ""


DOCTOR: Final = "twin-doctor-"
"""A client whose id begins so looks at a line, and controls none."""

Observer = Callable[[Observation], None]
