"""amqtt 0.12.1 with patches that a line needs. The version is pinned, since the patches override amqtt's own methods.

The patches: a connection without a CONNECT packet is closed after `CONNECT_TIMEOUT_S`, and when the broker stops. A
second client with the same id takes the first one's place (MQTT 3.1.1, 3.1.4-2). A client that is silent for one and a
half times its keep-alive is disconnected, so that its last will is published (3.1.2-24). A client that does not read
costs a bounded amount of memory and delays no other client. An invalid or too large packet ends the connection.

The broker is simpler than amqtt: it grants every subscription QoS 0, which all messages of the line use, and a session
ends with its connection.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from amqtt.adapters import ReaderAdapter, StreamReaderAdapter, WriterAdapter
from amqtt.broker import Broker
from amqtt.errors import MQTTError
from amqtt.mqtt.connack import NOT_AUTHORIZED, UNACCEPTABLE_PROTOCOL_VERSION, ConnackPacket
from amqtt.mqtt.constants import QOS_0
from amqtt.session import Session
from amqtt.utils import gen_client_id

from twin.broker.access import Access
from twin.broker.amqtt_client_patches import (
    BAD_PACKET,
    Conversation,
    FirstPacket,
    Message,
    Outgoing,
    is_topic,
    publish_packet,
)
from twin.broker.limits import KEEP_ALIVE_GRACE, MAX_RETAINED, MQTT_3_1_1
from twin.broker.observation import Observation, Observer

_log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S: Final = 10.0
END_TIMEOUT_S: Final = 2.0
"""How long to wait for a broken connection to end."""

MAX_CONNECTIONS: Final = 400
"""Further connections are closed at once. On Windows an event loop can wait for at most 512 sockets."""


class Listener(NamedTuple):
    """A subscriber in this process. `on_message` is called in the broker's thread with messages on `topics`."""

    topics: frozenset[str]
    on_message: Callable[[Sequence[tuple[str, bytes]]], None]


NO_LISTENER: Final = Listener(frozenset(), lambda messages: None)


class PatchedBroker(Broker):  # type: ignore[misc]
    """amqtt's broker with the patches. `dropped` counts messages that were dropped because a client read too slowly.

    `listener` is a subscriber in this process, without a connection; it gets the messages of each turn of the event
    loop together. `observe` is called in the broker's thread with each event of a connection.
    """

    def __init__(self, config: dict[str, Any], listener: Listener, access: Access, observe: Observer) -> None:
        super().__init__(config)
        self.dropped = 0
        self.listener = listener
        self.observe = observe
        self._access = access
        self._unread: list[tuple[str, bytes]] = []
        self._shut_out = False
        self._stopping = False
        self._open: dict[asyncio.Task[None], Outgoing] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._conversations: dict[str, Conversation] = {}

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Serve a connection and close it at the end, also after an error."""
        outgoing, task = Outgoing(writer), asyncio.current_task()
        assert task is not None
        if self._stopping or len(self._open) >= MAX_CONNECTIONS:
            outgoing.cut()
            return
        self._open[task] = outgoing
        try:
            await self._client_connected(listener_name, StreamReaderAdapter(reader), outgoing)
        finally:
            for client_id in [name for name, owner in self._tasks.items() if owner is task]:
                self.observe(Observation(client_id, self._conversations[client_id].ending))
                del self._tasks[client_id], self._conversations[client_id]
                await self._cleanup_session(client_id)
            await outgoing.close()
            del self._open[task]

    async def shutdown(self) -> None:
        """Stop the broker. First stop accepting, then break all connections, then close the listening sockets.

        amqtt alone would wait for connections without a CONNECT packet. The sockets are closed last, because asyncio
        loses connections that it has accepted but not yet served when it closes a server.
        """
        self._stopping = True
        for server in self._servers.values():
            for listening in server.instance.sockets:
                self._loop.remove_reader(listening.fileno())
        await self._end(list(self._open))
        await super().shutdown()

    async def cut_off(self, client_id: str) -> bool:
        """Break a client's connection. Returns whether it had one. Its last will has been published then."""
        task = self._tasks.get(client_id)
        if task is None:
            return False
        await self._end([task])
        return True

    async def shut_out(self) -> None:
        """Break every client's connection and refuse new ones until `let_in`."""
        self._shut_out = True
        await self._end(list(self._tasks.values()))

    def let_in(self) -> None:
        """Accept clients again."""
        self._shut_out = False

    def publish_here(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Publish messages of this process."""
        for topic, payload in messages:
            self._deliver(topic, payload, publish_packet(topic, payload))

    async def retain(self, topic: str, payload: bytes) -> None:
        """Retain a message of this process. An empty payload removes the retained message."""
        await self.retain_message(None, topic, payload, QOS_0)

    async def add_subscription(self, subscription: tuple[str, int], session: Session) -> int:
        """Grant a subscription at QoS 0. Returns the code for its acknowledgement."""
        code: int = await super().add_subscription((subscription[0], QOS_0), session)
        self.observe(Observation(session.client_id, "subscribed", subscription[0]))
        return code

    async def _end(self, tasks: list["asyncio.Task[None]"]) -> None:
        """Break connections and wait until their sessions have ended."""
        for task in tasks:
            self._open[task].cut()
        if tasks:
            await asyncio.wait(tasks, timeout=END_TIMEOUT_S)

    async def _create_server_instance(
        self, listener_name: str, listener_type: Any, address: str | None, port: int, ssl_context: ssl.SSLContext | None
    ) -> asyncio.Server:
        """Listen without address reuse, which amqtt allows: on Windows two brokers could listen on one port."""
        serve = partial(self.stream_connected, listener_name=listener_name)
        return await asyncio.start_server(serve, address, port, ssl=ssl_context)

    async def _initialize_client_session(
        self, reader: ReaderAdapter, writer: WriterAdapter, remote_address: str, remote_port: int
    ) -> tuple[Conversation, Session]:
        first = FirstPacket(reader)
        welcome = Conversation.init_from_connect(first, writer, self.plugins_manager)
        where = f"{remote_address}:{remote_port}"
        try:
            conversation, session = await asyncio.wait_for(welcome, CONNECT_TIMEOUT_S)
        except TimeoutError:
            raise MQTTError(f"no CONNECT within {CONNECT_TIMEOUT_S} s") from None
        except (*BAD_PACKET, OSError) as error:
            await self._refuse_version(first.protocol, writer, where)
            raise MQTTError(f"no CONNECT: {error}") from None
        assert isinstance(writer, Outgoing)
        if not self._access.admits(session.username, session.password):
            # This comes before the client could take the place of another one.
            await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
            self.observe(Observation(session.client_id or where, "refused", "user name or password is wrong"))
            raise MQTTError(f"user {session.username!r:.40} is refused")
        if session.will_flag and not (is_topic(session.will_topic) and self._access.may_publish(session.will_topic)):
            raise MQTTError(f"last will on {session.will_topic!r:.40}, where a client may not publish")
        client_id = session.client_id = session.client_id or gen_client_id()
        if self._shut_out:
            raise MQTTError(f"client {client_id:.40} is shut out")
        while client_id in self._tasks:  # While this waits, yet another client with the same id may connect.
            self._conversations[client_id].ending = "taken over"
            await self.cut_off(client_id)
        task = asyncio.current_task()
        assert task is not None
        self._conversations[client_id], self._tasks[client_id] = conversation, task
        conversation.join(writer, self._publish, KEEP_ALIVE_GRACE * session.keep_alive)
        session.clean_session, session.parent = True, 0
        session.keep_alive = 0  # The conversation checks it; amqtt's own timer may lose the beginning of a packet.
        self.observe(Observation(client_id, "connected", MQTT_3_1_1))
        return conversation, session

    async def _refuse_version(self, protocol: str | None, writer: WriterAdapter, where: str) -> None:
        """Refuse a client of another protocol version with the right code (3.1.2-2), which amqtt does only for some."""
        if protocol is None or protocol == MQTT_3_1_1:
            return
        self.observe(Observation(where, "refused", f"it uses {protocol}; the line uses {MQTT_3_1_1}"))
        if isinstance(writer, Outgoing):
            writer.send(bytes(ConnackPacket.build(0, UNACCEPTABLE_PROTOCOL_VERSION).to_bytes()))

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        """Send retained messages to a session that holds the subscription; amqtt also asks for others."""
        holders = self._subscriptions.get(subscription[0], ())
        if any(holder is session for holder, _ in holders):
            await super()._publish_retained_messages_for_subscription((subscription[0], QOS_0), session)

    async def _broadcast_message(
        self, session: Session | None, topic: str, data: bytes | bytearray, force_qos: int | None = None
    ) -> None:
        """Publish a last will."""
        self._deliver(topic, bytes(data), publish_packet(topic, bytes(data)))

    async def _publish(self, session: Session, message: Message) -> None:
        """Publish a client's message, and retain it if the client asks for that and there is room."""
        if not self._access.may_publish(message.topic):
            _log.warning("topic_refused client=%.40s topic=%.40s", session.client_id, message.topic)
            return
        self._deliver(message.topic, message.payload, message.packet)
        if message.retained and (len(self._retained_messages) < MAX_RETAINED or not message.payload):
            await self.retain_message(session, message.topic, message.payload, QOS_0)

    def _deliver(self, topic: str, payload: bytes, packet: bytes) -> None:
        """Send a message to the listener and to all clients that subscribed to its topic, in order.

        A client gets it once, however many of its subscriptions match, as from mosquitto (MQTT 3.1.1, 3.3.5).
        """
        if topic in self.listener.topics:
            if not self._unread:
                self._loop.call_soon(self._notify)
            self._unread.append((topic, payload))
        matching = [found for wanted, found in self._subscriptions.items() if self._matches(topic, wanted)]
        for client_id in dict.fromkeys(session.client_id for found in matching for session, _ in found):
            conversation = self._conversations.get(client_id)
            if conversation is not None and not conversation.outgoing.send(packet):
                self.dropped += 1

    def _notify(self) -> None:
        messages, self._unread = self._unread, []
        self.listener.on_message(messages)
