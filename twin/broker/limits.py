"""What a broker of the twin allows: the same for the embedded one and for the one in virtual time."""

from typing import Final

MAX_PACKET_BYTES: Final = 20 * 1024 * 1024
"""More than the largest image that the wire allows, in base64. A larger packet is refused at its header."""

MAX_RETAINED: Final = 100
"""How many topics may have a retained message; the line's own topics have none."""

KEEP_ALIVE_GRACE: Final = 1.5
"""A client is lost after this many keep-alive intervals of silence (MQTT 3.1.1, 3.1.2.10)."""

MQTT_3_1_1: Final = "MQTT 3.1.1"
VERSIONS: Final = {("MQIsdp", 3): "MQTT 3.1", ("MQTT", 4): MQTT_3_1_1, ("MQTT", 5): "MQTT 5"}
"""The versions of MQTT by what CONNECT says: a protocol's name and its level (3.1.2.1, 3.1.2.2)."""
