"""The line in virtual time: belt, loader, camera, gates, rods, bins, and the faults that act on them.

Each part is a module; only `line` knows how the parts are connected. Commands come in and feedback goes out as
`Message`, and each event is recorded. This package knows neither controllers nor brokers nor the verdict's checks.
"""

from twin.plant.fault_injector import FaultInjector
from twin.plant.line import Line
from twin.plant.message import Message

__all__ = ["FaultInjector", "Line", "Message"]
