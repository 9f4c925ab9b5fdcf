"""The line itself in virtual time: belt, loader, camera, gates, rods, bins, and the faults that act on them.

Each part is a module; `line` alone knows how they are connected. Commands come in and feedback goes out as
`Message`; what happens is recorded. Nothing here knows a controller, a broker or a rule.
"""

from twin.plant.fault_injector import FaultInjector
from twin.plant.line import Line
from twin.plant.message import Message

__all__ = ["FaultInjector", "Line", "Message"]
