"""amqtt 0.12.1 with patches that a line needs. The version is pinned, since the patches override amqtt's own methods.

The patches: a connection without a CONNECT packet is closed after `CONNECT_TIMEOUT_S`, and when the broker stops. A
second client with the same id takes the first one's place (MQTT 3.1.1, 3.1.4-2). A client that is silent for one and a
half times its keep-alive is disconnected, so that its last will is published (3.1.2-24). A client that does not read
costs a bounded amount of memory and delays no other client. An invalid or too large packet ends the connection.

Sessions, subscriptions and retained messages are those of the hosted broker (`twin.broker.mqtt.session`), so that both
do the same. amqtt's own are unusable: it keeps none of a client without a user name, leaves a client deaf whose
persistent session is taken over, and drops a message that is not acknowledged within 5 s.
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
from amqtt.session import Session as AmqttSession
from amqtt.utils import gen_client_id

from twin.broker.access import Access
from twin.broker.amqtt_client_patches import BAD_PACKET, Conversation, FirstPacket, Outgoing
from twin.broker.limits import KEEP_ALIVE_GRACE, MQTT_3_1_1
from twin.broker.mqtt.codec import encode
from twin.broker.mqtt.fields import is_topic
from twin.broker.mqtt.packets import Packet, Suback
from twin.broker.mqtt.session import Message, RetainedMessages, Session, is_filter, publish_packet
from twin.broker.observation import Observation, Observer

_log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S: Final = 10.0
END_TIMEOUT_S: Final = 2.0
"""How long to wait for a broken connection to end."""

MAX_CONNECTIONS: Final = 400
"""Further connections are closed at once. On Windows an event loop can wait for at most 512 sockets."""

MAX_AWAY: Final = 100
"""How many sessions are kept of clients that are away: strangers can connect, with a new id each time."""


class Kept(NamedTuple):
    """What a broker keeps over a stop and a start, as the hosted one does: sessions by client id, retained messages.

    While the broker runs, only its thread uses this.
    """

    sessions: dict[str, Session]
    retained: RetainedMessages


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

    def __init__(
        self, config: dict[str, Any], listener: Listener, access: Access, observe: Observer, kept: Kept
    ) -> None:
        super().__init__(config)
        self.dropped = 0
        self.listener = listener
        self.observe = observe
        self._access = access
        self._kept = kept
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
                self._forget(client_id)
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
        for session, _ in self._sessions.values():
            session.will_flag = False  # No last will is sent, since a broker that has gone down cannot send any.
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
            self._deliver(Message(topic=topic, payload=payload))

    async def retain_message(
        self, source_session: AmqttSession | None, topic_name: str, data: bytes, qos: int | None = None
    ) -> None:
        """Retain a message. An empty one removes the retained message."""
        self._kept.retained.keep(Message(topic=topic_name, payload=bytes(data), qos=qos or 0))

    async def add_subscription(self, subscription: tuple[str, int], session: AmqttSession) -> int:
        """Grant a subscription. Returns the code for its acknowledgement."""
        wanted, qos = subscription
        self.observe(Observation(session.client_id, "subscribed", wanted))
        if not is_filter(wanted):
            return Suback.REFUSED
        self._kept.sessions[session.client_id].subscriptions[wanted] = qos
        return qos

    def _del_subscription(self, a_filter: str, session: AmqttSession) -> int:
        kept = self._kept.sessions[session.client_id]
        return int(kept.subscriptions.pop(a_filter, None) is not None)

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
    ) -> tuple[Conversation, AmqttSession]:
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
        known = None if session.clean_session else self._kept.sessions.get(client_id)
        self._kept.sessions[client_id] = kept = known or Session(client_id, clean=session.clean_session)
        conversation.join(writer, kept, self._publish, KEEP_ALIVE_GRACE * session.keep_alive)
        session.parent = int(known is not None)  # "Session present" in CONNACK.
        session.clean_session = True  # amqtt keeps nothing.
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

    def _forget(self, client_id: str) -> None:
        """A client's connection has ended: forget its clean session, or the oldest one if too many are away."""
        sessions = self._kept.sessions
        if sessions[client_id].clean:
            del sessions[client_id]
        away = [name for name in sessions if name not in self._tasks]
        if len(away) > MAX_AWAY:
            del sessions[away[0]]

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: AmqttSession
    ) -> None:
        wanted, qos = subscription
        for message in self._kept.retained.matching(wanted) if is_filter(wanted) else ():
            self._send(self._kept.sessions[session.client_id], message, qos, retained=True)

    async def _broadcast_message(
        self, session: AmqttSession | None, topic: str, data: bytes | bytearray, force_qos: int | None = None
    ) -> None:
        """Publish a last will."""
        self._deliver(Message(topic=topic, payload=bytes(data), qos=force_qos or 0))

    def _publish(self, session: Session, message: Message, retain: bool) -> None:
        """Publish a client's message, and retain it if the client asks for that and there is room."""
        if not self._access.may_publish(message.topic):
            _log.warning("topic_refused client=%.40s topic=%.40s", session.client_id, message.topic)
            return
        if retain:
            self._kept.retained.keep(message)
        self._deliver(message)

    def _deliver(self, message: Message) -> None:
        """Send a message to the listener and to all clients that subscribed to its topic, in order.

        A client gets it once, however many of its subscriptions match, as from mosquitto (MQTT 3.1.1, 3.3.5).
        """
        if message.topic in self.listener.topics:
            if not self._unread:
                self._loop.call_soon(self._notify)
            self._unread.append((message.topic, message.payload))
        for session in self._kept.sessions.values():
            qos = session.granted_qos(message.topic)
            if qos is not None:
                self._send(session, message, qos, retained=False)

    def _send(self, session: Session, message: Message, highest_qos: int, *, retained: bool) -> None:
        """Send a message to a subscriber, or keep it until the subscriber is back."""
        conversation = self._conversations.get(session.client_id)
        outgoing = conversation.outgoing if conversation is not None and conversation.accepted else None
        qos = min(message.qos, highest_qos)
        copy = Message(topic=message.topic, payload=message.payload, qos=qos, retained=retained)
        packet: Packet | None = publish_packet(copy) if qos == 0 else session.keep(copy, sent=outgoing is not None)
        if packet is None or (outgoing is not None and not outgoing.send(encode(packet))):
            self.dropped += 1

    def _notify(self) -> None:
        messages, self._unread = self._unread, []
        self.listener.on_message(messages)
