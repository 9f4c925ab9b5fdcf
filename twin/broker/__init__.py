"""The embedded MQTT broker: a patched amqtt in a thread, with access rules."""

from twin.broker.access import Access
from twin.broker.embedded import EmbeddedBroker

__all__ = ["Access", "EmbeddedBroker"]
