"""The embedded MQTT broker: amqtt in a thread, with what a line needs mended, and who may connect to it."""

from twin.broker.access import Access
from twin.broker.embedded import EmbeddedBroker

__all__ = ["Access", "EmbeddedBroker"]
