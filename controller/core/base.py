"""What every core offers to whoever runs it."""

from typing import Protocol

from controller.core.events import Event, Output


class Core(Protocol):
    """What decides: `Controller`, or another in its place."""

    @property
    def ending(self) -> bool:
        """Whether it loads no more, and is only about to bring the line to rest."""

    @property
    def next_deadline_s(self) -> float | None:
        """When it wants a `Tick` if nothing happens before."""

    def handle(self, event: Event, now_s: float) -> tuple[Output, ...]:
        """Take an event. Returns the outputs, in order. `now_s` never decreases."""
