"""One client's session with the embedded broker, from its CONNECT packet to its end.

This replaces amqtt's reading, writing and publishing: packets are handled one by one and in order, a message goes to
its subscribers as soon as it is read, and a client that does not read delays no other. What a session remembers is the
same as in the hosted broker. amqtt still passes on subscriptions, and handles a connection's beginning and end.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from amqtt.adapters import BufferReader, ReaderAdapter, StreamWriterAdapter
from amqtt.errors import AMQTTError, MQTTError, NoDataError
from amqtt.mqtt import packet_class
from amqtt.mqtt.packet import (
    DISCONNECT,
    PINGREQ,
    PUBACK,
    PUBCOMP,
    PUBLISH,
    PUBREC,
    PUBREL,
    SUBSCRIBE,
    UNSUBSCRIBE,
    MQTTFixedHeader,
)
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler

from twin.broker.limits import MAX_PACKET_BYTES, VERSIONS
from twin.broker.mqtt.codec import encode
from twin.broker.mqtt.fields import ProtocolError, is_topic
from twin.broker.mqtt.packets import Puback, Pubcomp, Pubrec
from twin.broker.mqtt.session import Message, Session
from twin.trace import Event

MAX_UNSENT_BYTES: Final = 2 * MAX_PACKET_BYTES
"""At most this much is buffered for a slow client. Further messages are dropped, as QoS 0 allows; those of QoS 1 and 2
are sent when the client connects again."""

CLOSE_TIMEOUT_S: Final = 1.0

BAD_PACKET: Final = (AMQTTError, MQTTError, NoDataError, ValueError, ProtocolError)
"""The errors that amqtt's decoders and the session raise for invalid packets."""

_HEAD_BYTES: Final = 32

_QOS_1, _QOS_2 = 1, 2
_ACKNOWLEDGEMENTS: Final[dict[int, type[Puback] | type[Pubrec] | type[Pubcomp]]] = {
    PUBACK: Puback, PUBREC: Pubrec, PUBCOMP: Pubcomp
}  # fmt: skip


class FirstPacket(ReaderAdapter):  # type: ignore[misc]
    """A reader that remembers the beginning of a client's first packet, to find out its protocol."""

    def __init__(self, reader: ReaderAdapter) -> None:
        self._reader = reader
        self._head = b""

    async def read(self, n: int = -1) -> bytes:
        """Read the next bytes and remember those at the beginning of the packet."""
        data: bytes = await self._reader.read(n)
        self._head += data[: _HEAD_BYTES - len(self._head)]
        return data

    def feed_eof(self) -> None:
        """Signal the end of the stream."""
        self._reader.feed_eof()

    @property
    def protocol(self) -> str | None:
        """The protocol that a CONNECT packet names (MQTT 3.1.1, 3.1.2.1 and 3.1.2.2); None for another packet."""
        start = 1
        while start < len(self._head) and self._head[start] & 0x80:  # The remaining length, 1 to 4 bytes.
            start += 1
        body = self._head[start + 1 :]
        size = int.from_bytes(body[:2], "big")
        if self._head[:1] != b"\x10" or len(body) < size + 3:
            return None
        name = body[2 : size + 2].decode(errors="replace")
        return VERSIONS.get((name, body[size + 2]), f"{name} level {body[size + 2]}")


class Outgoing(StreamWriterAdapter):  # type: ignore[misc]
    """A writer to one client that never waits for it."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        super().__init__(writer)
        self._transport = writer.transport
        self._loop = asyncio.get_running_loop()
        self._unsent: list[bytes] = []
        self._unsent_bytes = 0
        self._closed = False

    def send(self, packet: bytes) -> bool:
        """Send a packet without waiting. Returns False if it is dropped because the client reads too slowly.

        Packets of one turn of the event loop are written together, since each write wakes the client.
        """
        if self._transport.is_closing():
            return True
        if self._transport.get_write_buffer_size() + self._unsent_bytes + len(packet) > MAX_UNSENT_BYTES:
            return False
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(packet)
        self._unsent_bytes += len(packet)
        return True

    def _flush(self) -> None:
        unsent, self._unsent, self._unsent_bytes = self._unsent, [], 0
        if unsent and not self._transport.is_closing():
            self._transport.write(b"".join(unsent))

    def cut(self) -> None:
        """Break the connection as a network failure would. Unsent packets are lost."""
        self._transport.abort()

    async def close(self) -> None:
        """Close the connection, within `CLOSE_TIMEOUT_S` even if the client does not read."""
        if self._closed:
            return
        self._closed = self.is_closed = True
        self._flush()
        self._writer.close()
        try:
            await asyncio.wait_for(self._writer.wait_closed(), CLOSE_TIMEOUT_S)
        except (TimeoutError, OSError):
            self.cut()


class Conversation(BrokerProtocolHandler):  # type: ignore[misc]
    """One connection of a client: handles its packets and sends it the messages of its subscriptions."""

    outgoing: Outgoing
    kept: Session
    """What is kept of the client; it outlives this connection unless it is clean."""

    ending: Event
    """The event to report at the end. It is `lost` unless the client disconnects properly or is taken over."""

    accepted: bool
    """Whether CONNACK has been sent. Before it no message may be sent (3.2)."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._parting: asyncio.Future[Any] = self._loop.create_future()
        self.ending, self.accepted = "lost", False
        self._last_packet_s = self._loop.time()

    def join(
        self, outgoing: Outgoing, kept: Session, publish: Callable[[Session, Message, bool], None], silence_s: float
    ) -> None:
        """Start to forward the client's messages to `publish`, and messages for it to `outgoing`.

        `publish` gets the client's session, the message and whether to retain it. A client that sends nothing for
        longer than `silence_s` is cut off; 0 means no limit.
        """
        self.outgoing, self.kept, self._publish, self._silence_s = outgoing, kept, publish, silence_s
        if silence_s > 0:
            self._watch()

    async def mqtt_connack_authorize(self, authorize: bool) -> None:
        """Accept the client, and send it what it has missed."""
        await super().mqtt_connack_authorize(authorize)
        self.accepted = authorize
        for unacknowledged in self.kept.unacknowledged():
            self.outgoing.send(encode(unacknowledged))

    async def handle_disconnect(self, disconnect: Any) -> None:
        """End the conversation, with the client's DISCONNECT packet, or None if there is none."""
        if not self._parting.done():
            self._parting.set_result(disconnect)

    async def wait_disconnect(self) -> Any:
        """Wait for the end of the conversation, which may already have come."""
        return await self._parting

    def _watch(self) -> None:
        """Cut off a silent client, or check again later. amqtt cancels the timer when the conversation ends."""
        left_s = self._last_packet_s + self._silence_s - self._loop.time()
        if left_s > 0:
            self._keepalive_task = self._loop.call_later(left_s, self._watch)
        else:
            self.outgoing.cut()

    async def _reader_loop(self) -> None:
        self._reader_ready.set()
        try:
            while await self._read(self.reader):
                self._last_packet_s = self._loop.time()
        except BAD_PACKET:
            pass  # The rest of the stream cannot be read either, so the conversation ends.
        except asyncio.CancelledError:
            pass  # amqtt cancels this task to stop it, and then waits for `_reader_stopped`.
        finally:
            await self.handle_disconnect(None)
            self._reader_stopped.set()

    async def _read(self, reader: ReaderAdapter) -> bool:
        """Read and handle one packet. Returns False at the end of the conversation."""
        header = await MQTTFixedHeader.from_stream(reader)
        if header is None or header.remaining_length > MAX_PACKET_BYTES:
            return False
        try:
            body: bytes = await reader.read(header.remaining_length)
        except (asyncio.IncompleteReadError, OSError):
            return False
        if header.packet_type == PUBLISH:
            return self._receive_publish(header.flags, body)
        number = int.from_bytes(body[:2], "big")
        if header.packet_type == PUBREL:
            self.kept.received.discard(number)
            self.outgoing.send(encode(Pubcomp(number)))
            return len(body) == 2
        if header.packet_type in _ACKNOWLEDGEMENTS:
            answer = self.kept.acknowledge(_ACKNOWLEDGEMENTS[header.packet_type](number))
            if answer is not None:
                self.outgoing.send(encode(answer))
            return len(body) == 2
        return await self._receive_other(header, body)

    def _receive_publish(self, flags: int, body: bytes) -> bool:
        """Forward a message once and acknowledge it. Returns False if it is malformed."""
        qos, end = flags >> 1 & 3, 2 + int.from_bytes(body[:2], "big")
        start = end + 2 if qos else end
        topic, number = body[2:end].decode(), int.from_bytes(body[end:start], "big")
        if start > len(body) or not is_topic(topic) or qos > _QOS_2:
            return False
        if qos != _QOS_2 or number not in self.kept.received:
            self._publish(self.kept, Message(topic=topic, payload=body[start:], qos=qos), bool(flags & 1))
        if qos == _QOS_1:
            self.outgoing.send(encode(Puback(number)))
        elif qos == _QOS_2:
            self.kept.received.add(number)
            self.outgoing.send(encode(Pubrec(number)))
        return True

    async def _receive_other(self, header: MQTTFixedHeader, body: bytes) -> bool:
        """Let amqtt decode and answer another packet. Returns False if it ends the conversation."""
        if header.packet_type not in (SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT):
            return False
        packet = await packet_class(header).from_stream(BufferReader(body), fixed_header=header)
        if header.packet_type == SUBSCRIBE:
            await self.handle_subscribe(packet)
        elif header.packet_type == UNSUBSCRIBE:
            await self.handle_unsubscribe(packet)
        elif header.packet_type == PINGREQ:
            await self.handle_pingreq(packet)
        else:
            self.ending = "disconnected"
            await self.handle_disconnect(packet)
            return False
        return True

    async def _send_packet(self, packet: Any) -> None:
        self.outgoing.send(packet.to_bytes())
