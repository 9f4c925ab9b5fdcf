"""What lies between plant and controller: channels that delay and lose, and the ways to reach a controller.

`memory` keeps our controller in the same thread, `lockstep` grants it its time over a real broker, and `real_time_port`
lets any program at all connect. Each runs the same plant.
"""

from twin.links.base import Link
from twin.links.external_controller import ExternalController
from twin.links.memory import MemoryLink

__all__ = ["ExternalController", "Link", "MemoryLink"]
