"""What lies between plant and controller: channels that delay and lose messages, and the links to a controller.

`memory` runs our controller in the same thread. `lockstep` grants a controller its time over a real broker.
`real_time_port` lets any program connect under the wall clock. Each link runs the same plant.
"""

from twin.links.base import Link
from twin.links.external_controller import ExternalController
from twin.links.memory import MemoryLink

__all__ = ["ExternalController", "Link", "MemoryLink"]
