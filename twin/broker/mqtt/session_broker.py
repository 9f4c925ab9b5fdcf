"""A broker for MQTT 3.1.1 without sockets, threads or a clock: bytes and times go in, effects come out.

Behind a virtual socket it serves the MQTT code of an unmodified client in virtual time; it also works behind a real
socket. Section numbers are those of the OASIS standard.

The broker answers a CONNECT of another version with CONNACK code 1 (3.1.2-2), which paho reports as
"unsupported protocol version". Where the standard leaves a choice, it works as follows. If several subscriptions of a
client match a message, the client gets the message once, at their highest QoS (3.3.5). Messages of QoS 0 are not kept
for a client that is away. A message of QoS 2 is passed on when it first arrives (4.3.3). A bad topic filter is refused
with code 0x80.
"""

from collections.abc import Callable
from typing import Any

from twin.broker.access import Access
from twin.broker.mqtt.codec import encode
from twin.broker.mqtt.effects import (
    BROKER_RESTARTED,
    Close,
    Connected,
    Disconnected,
    Dropped,
    Effect,
    Published,
    Refused,
    Send,
    Subscribed,
)
from twin.broker.mqtt.fields import ProtocolError, is_topic, require
from twin.broker.mqtt.packets import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
)
from twin.broker.mqtt.session import Connection, Message, RetainedMessages, Session, is_filter, publish_packet


class SessionBroker:
    """The broker. A connection is identified by a number, which the owner of the sockets chooses and uses only once.

    Call `take` after every other call, and carry out its effects in order. Times are in s from any origin, and never
    decrease. `access` restricts which clients may connect; by default all may. Invalid bytes from a client raise
    nothing: they end the client's connection.
    """

    def __init__(self, access: Access | None = None) -> None:
        self._access = access or Access()
        self._clients: dict[int, Connection] = {}
        self._online: dict[str, Connection] = {}
        self._sessions: dict[str, Session] = {}
        self._retained = RetainedMessages()
        self._effects: list[Effect] = []
        self._nameless = 0
        self._acts: dict[type[Packet], Callable[[Connection, Session, Any], None]] = {
            Publish: self._published,
            Puback: self._acknowledged,
            Pubrec: self._acknowledged,
            Pubcomp: self._acknowledged,
            Pubrel: self._released,
            Subscribe: self._subscribe,
            Unsubscribe: self._unsubscribe,
            Pingreq: lambda client, session, packet: self._send(client, Pingresp()),
            Disconnect: lambda client, session, packet: self._disconnected(client),
        }

    def opened(self, connection: int) -> None:
        """A client has opened a connection."""
        assert connection not in self._clients, f"connection {connection} is open already"
        self._clients[connection] = Connection(connection)

    def received(self, connection: int, data: bytes, now_s: float) -> None:
        """Handle bytes from a client. Bytes of a connection that has been closed meanwhile are ignored."""
        client = self._clients.get(connection)
        if client is None:
            return
        client.decoder.receive(data)
        try:
            while connection in self._clients and (packet := client.decoder.next_packet()) is not None:
                self._act(client, packet)
                client.packet_arrived(now_s)
        except ProtocolError as error:
            self._end(client, f"protocol violation: {error}")

    def closed(self, connection: int) -> None:
        """A client's connection was lost."""
        client = self._clients.get(connection)
        if client is not None:
            self._end(client, "lost", close=False)

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        """Publish a message without being a client. An empty retained payload removes the topic's retained message."""
        assert is_topic(topic), f"nothing can be published on {topic!r}"
        self._spread("", Message(topic=topic, payload=payload, qos=qos), retain=retain)

    def retain(self, topic: str, payload: bytes) -> None:
        """Keep a message for later subscribers, as if it had been published long ago; an empty payload keeps none."""
        self._retained.keep(Message(topic=topic, payload=payload))

    @property
    def client_ids(self) -> list[str]:
        """The ids of the clients that are connected, in the order in which they connected."""
        return list(self._online)

    @property
    def next_deadline_s(self) -> float | None:
        """The latest time for the next `tick`, when a client's keep-alive runs out, in s; None: no client has one."""
        return min(
            (client.deadline_s for client in self._clients.values() if client.deadline_s is not None), default=None
        )

    def tick(self, now_s: float) -> None:
        """Disconnect the clients whose keep-alive has run out by `now_s`, in the order of their deadlines."""
        late = [(client.deadline_s, client) for client in self._clients.values() if client.deadline_s is not None]
        for deadline_s, client in sorted(late, key=lambda one: one[0]):
            if deadline_s <= now_s:
                self._end(client, f"keep-alive ran out: it was silent for {client.silence_s:g} s")

    def cut_off(self, who: int | str) -> bool:
        """Cut a connection, given by its number or its client's id, as a network failure would.

        Returns whether there was one.
        """
        client = self._clients.get(who) if isinstance(who, int) else self._online.get(who)
        if client is not None:
            self._end(client, "cut off")
        return client is not None

    def restart(self) -> None:
        """Stop, which ends every connection, and start again. No last will is sent.

        Clean sessions are lost. Persistent sessions with their queues, and retained messages, survive, as with
        mosquitto's `persistence true`.
        """
        for client in list(self._clients.values()):
            client.will = None
            self._end(client, BROKER_RESTARTED)

    def take(self) -> list[Effect]:
        """The effects since the last call, in order."""
        effects, self._effects = self._effects, []
        return effects

    def _act(self, client: Connection, packet: Packet) -> None:
        name = type(packet).__name__.upper()
        if client.session is None:
            require(isinstance(packet, Connect), f"a client's first packet must be CONNECT, got {name}")
            assert isinstance(packet, Connect)
            self._connect(client, packet)
        else:
            require(not isinstance(packet, Connect), "a second CONNECT")
            require(type(packet) in self._acts, f"{name} is for brokers to send")
            self._acts[type(packet)](client, client.session, packet)

    def _connect(self, client: Connection, packet: Connect) -> None:
        code = self._refusal(packet)
        if code != Connack.ACCEPTED:
            self._effects.append(Refused(packet.client_id, packet.protocol, code))
            self._send(client, Connack(False, code))
            self._end(client, f"refused with code {code}")
            return
        client_id = packet.client_id or self._free_name()
        if client_id in self._online:
            self._end(self._online[client_id], "taken over")
        known = None if packet.clean_session else self._sessions.get(client_id)
        session = known or Session(client_id, clean=packet.clean_session)
        client.session, client.will = session, packet.will
        client.keep_alive(packet.keep_alive_s)
        self._sessions[client_id], self._online[client_id] = session, client
        self._effects.append(
            Connected(client.number, client_id, packet.keep_alive_s, packet.clean_session, known is not None)
        )
        self._send(client, Connack(known is not None, Connack.ACCEPTED))
        for unacknowledged in session.unacknowledged():
            self._send(client, unacknowledged)

    def _refusal(self, packet: Connect) -> int:
        """The code for CONNACK: accepted, or why the client is refused."""
        password = None if packet.password is None else packet.password.decode(errors="replace")
        if not packet.is_spoken:
            return Connack.UNACCEPTABLE_VERSION
        if not packet.client_id and not packet.clean_session:
            return Connack.IDENTIFIER_REJECTED
        if not self._access.admits(packet.username, password):
            return Connack.NOT_AUTHORIZED
        if packet.will is not None and not self._access.may_publish(packet.will.topic):
            return Connack.NOT_AUTHORIZED
        return Connack.ACCEPTED

    def _free_name(self) -> str:
        """An id for a client without one; the same in every run."""
        self._nameless += 1
        while f"nameless-{self._nameless}" in self._sessions:
            self._nameless += 1
        return f"nameless-{self._nameless}"

    def _end(self, client: Connection, reason: str, *, close: bool = True) -> None:
        """End a connection, and send the client's last will, if it still has one."""
        del self._clients[client.number]
        if close:
            self._effects.append(Close(client.number, reason))
        session = client.session
        if session is None:
            return
        del self._online[session.client_id]
        if session.clean:
            del self._sessions[session.client_id]
        self._effects.append(Disconnected(session.client_id, reason))
        if client.will is not None:
            will = client.will
            self._accept(session, Message(topic=will.topic, payload=will.payload, qos=will.qos), retain=will.retain)

    def _disconnected(self, client: Connection) -> None:
        client.will = None
        self._end(client, "disconnected")

    def _published(self, client: Connection, session: Session, packet: Publish) -> None:
        if packet.packet_id not in session.received or packet.qos != 2:
            message = Message(topic=packet.topic, payload=packet.payload, qos=packet.qos)
            self._accept(session, message, retain=packet.retain)
        if packet.qos == 1:
            self._send(client, Puback(packet.packet_id))
        elif packet.qos == 2:
            session.received.add(packet.packet_id)
            self._send(client, Pubrec(packet.packet_id))

    def _released(self, client: Connection, session: Session, packet: Pubrel) -> None:
        session.received.discard(packet.packet_id)
        self._send(client, Pubcomp(packet.packet_id))

    def _acknowledged(self, client: Connection, session: Session, packet: Puback | Pubrec | Pubcomp) -> None:
        answer = session.acknowledge(packet)
        if answer is not None:
            self._send(client, answer)

    def _subscribe(self, client: Connection, session: Session, packet: Subscribe) -> None:
        codes = tuple(qos if is_filter(wanted) else Suback.REFUSED for wanted, qos in packet.filters)
        granted = [(wanted, qos) for wanted, qos in packet.filters if is_filter(wanted)]
        session.subscriptions.update(granted)
        self._effects.extend(
            Subscribed(session.client_id, wanted, code) for (wanted, _), code in zip(packet.filters, codes, strict=True)
        )
        self._send(client, Suback(packet.packet_id, codes))
        for wanted, qos in granted:
            for message in self._retained.matching(wanted):
                self._deliver(session, message, qos, retained=True)

    def _unsubscribe(self, client: Connection, session: Session, packet: Unsubscribe) -> None:
        for wanted in packet.filters:
            session.subscriptions.pop(wanted, None)
        self._send(client, Unsuback(packet.packet_id))

    def _accept(self, session: Session, message: Message, *, retain: bool) -> None:
        """Handle a client's message or last will."""
        if not self._access.may_publish(message.topic):
            self._effects.append(Dropped(session.client_id, message.topic, "no client may publish on this topic"))
            return
        self._effects.append(Published(session.client_id, message.topic, message.payload, message.qos, retain))
        self._spread(session.client_id, message, retain=retain)

    def _spread(self, sender: str, message: Message, *, retain: bool) -> None:
        """Send a message to all subscribers of its topic, and keep it if it is to be retained (3.3.1.3)."""
        if retain and not self._retained.keep(message):
            self._effects.append(Dropped(sender, message.topic, "too many topics have a retained message"))
        for session in self._sessions.values():
            qos = session.granted_qos(message.topic)
            if qos is not None:
                self._deliver(session, message, qos, retained=False)

    def _deliver(self, session: Session, message: Message, highest_qos: int, *, retained: bool) -> None:
        """Send a message to a subscriber, or keep it until the subscriber is back."""
        client = self._online.get(session.client_id)
        qos = min(message.qos, highest_qos)
        copy = Message(topic=message.topic, payload=message.payload, qos=qos, retained=retained)
        if qos == 0:
            packet: Publish | None = publish_packet(copy)
        else:
            packet = session.keep(copy, sent=client is not None)
            if packet is None:
                self._effects.append(Dropped(session.client_id, message.topic, "its queue is full"))
        if client is not None and packet is not None:
            self._send(client, packet)

    def _send(self, client: Connection, packet: Packet) -> None:
        self._effects.append(Send(client.number, encode(packet)))
