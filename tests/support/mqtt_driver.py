"""Drives the session broker in virtual time, packet by packet."""

from twin.broker.mqtt.codec import Decoder, encode
from twin.broker.mqtt.effects import (
    Send,
)
from twin.broker.mqtt.packets import (
    Connect,
)
from twin.broker.mqtt.session_broker import SessionBroker


class Driver:
    """Drives a session broker, and collects its effects: packets by connection, the other effects in order."""

    def __init__(self, access=None):
        self.broker = SessionBroker(access)
        self.now_s = 0.0

    def open(self, connection, **connect):
        """Open a connection with CONNECT. Returns the effects."""
        self.broker.opened(connection)
        return self.send(connection, Connect(client_id=connect.pop("client_id", f"client {connection}"), **connect))

    def send(self, connection, *some):
        self.broker.received(connection, b"".join(encode(packet) for packet in some), self.now_s)
        return self.take()

    def take(self):
        """The effects since the last call, with bytes decoded to packets."""
        return [shown(effect) for effect in self.broker.take()]


def shown(effect):
    if not isinstance(effect, Send):
        return effect
    decoder = Decoder()
    decoder.receive(effect.data)
    return (effect.connection, decoder.next_packet())
