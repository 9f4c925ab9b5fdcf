"""Exactly once and at least once, whatever becomes of connections: the session broker against honest clients."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from twin.links.mqtt_codec import Decoder, encode
from twin.links.mqtt_effects import Close, Connected, Disconnected, Dropped, Published, Send
from twin.links.mqtt_packets import (
    Connack,
    Connect,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Subscribe,
)
from twin.links.session_broker import SessionBroker

NAMES = ("one", "two", "three")
TOPICS = ("a", "b")
FILTERS = {"a": {"a"}, "b": {"b"}, "+": {"a", "b"}}

names, levels = st.sampled_from(NAMES), st.integers(0, 2)


class HonestClient:
    """What a client that keeps its side of the handshakes knows. Its packets wait in `inbox` until it reads them."""

    def __init__(self):
        self.connection, self.clean = None, True
        self.inbox = []
        self.forget()

    def forget(self):
        """Its session is over."""
        self.subscriptions = {}
        self.owed, self.heard = [], []
        self.begun, self.unacknowledged = set(), {}

    def wants(self, topic):
        return max((qos for wanted, qos in self.subscriptions.items() if topic in FILTERS[wanted]), default=None)

    def answer(self, packet):
        """What it answers to a packet that it reads."""
        if isinstance(packet, Publish):
            if packet.qos < 2 or packet.packet_id not in self.begun:
                self.heard.append((packet.payload, packet.qos))
            if packet.qos == 2:
                self.begun.add(packet.packet_id)
            return {0: None, 1: Puback(packet.packet_id), 2: Pubrec(packet.packet_id)}[packet.qos]
        if isinstance(packet, Pubrel):
            self.begun.discard(packet.packet_id)
            return Pubcomp(packet.packet_id)
        if isinstance(packet, Pubrec):
            self.unacknowledged[packet.packet_id] = Pubrel(packet.packet_id)
            return Pubrel(packet.packet_id)
        if isinstance(packet, Puback | Pubcomp):
            self.unacknowledged.pop(packet.packet_id, None)
        return None


class Delivery(RuleBasedStateMachine):
    """Clients come, go, and publish; in the end all of them read everything."""

    @initialize()
    def begin(self):
        self.broker = SessionBroker()
        self.clients = {name: HonestClient() for name in NAMES}
        self.published, self.promised, self.online = [], Counter(), set()
        self.connections, self.numbers = 0, 0

    @rule(name=names, clean=st.booleans())
    def connect(self, name, clean):
        client = self.clients[name]
        if client.clean or clean:
            self.ends(client)
        client.connection, client.clean, client.inbox = self.number(), clean, []
        self.broker.opened(client.connection)
        self.say(client, Connect(client_id=name, clean_session=clean))
        connack = client.inbox.pop(0)
        assert isinstance(connack, Connack)
        if not connack.session_present:
            self.ends(client)
        for packet in client.unacknowledged.values():
            self.say(client, packet)

    @precondition(lambda self: self.connected())
    @rule(data=st.data(), wanted=st.sampled_from(sorted(FILTERS)), qos=levels)
    def subscribe(self, data, wanted, qos):
        client = self.one_of(data)
        client.subscriptions[wanted] = qos
        self.say(client, Subscribe(1, ((wanted, qos),)))

    @rule(topic=st.sampled_from(TOPICS), qos=levels)
    def plant_publishes(self, topic, qos):
        payload = self.payload()
        self.promise(topic, payload, qos)
        self.broker.publish(topic, payload, qos=qos)
        self.carry_out()

    @precondition(lambda self: self.connected())
    @rule(data=st.data(), topic=st.sampled_from(TOPICS), qos=st.sampled_from([0, 2]), arrives=st.booleans())
    def client_publishes(self, data, topic, qos, arrives):
        """At QoS 1 a client may publish a message twice; the others come to the broker once, or (QoS 0) not at all."""
        client, payload = self.one_of(data), self.payload()
        packet_id = next(number for number in range(1, 65536) if number not in client.unacknowledged) if qos else 0
        packet = Publish(topic=topic, payload=payload, qos=qos, packet_id=packet_id)
        if qos == 2:
            client.unacknowledged[packet_id] = packet
            self.promised[payload] = 1
        if arrives:
            self.say(client, packet)
        else:
            self.loses(client)

    @precondition(lambda self: self.connected())
    @rule(data=st.data(), count=st.integers(1, 5))
    def reads(self, data, count):
        client = self.one_of(data)
        for _ in range(min(count, len(client.inbox))):
            answer = client.answer(client.inbox.pop(0))
            if answer is not None:
                self.say(client, answer)

    @precondition(lambda self: self.connected())
    @rule(data=st.data(), how=st.sampled_from(["lost", "cut off"]))
    def is_lost(self, data, how):
        client = self.one_of(data)
        if how == "lost":
            self.loses(client)
        else:
            assert self.broker.cut_off(client.connection)
            self.carry_out()

    @rule()
    def restart(self):
        self.broker.restart()
        self.carry_out()
        assert not self.connected()

    @invariant()
    def everybody_knows_who_is_online(self):
        assert self.online == {name for name in NAMES if self.clients[name].connection is not None}
        assert (self.broker.next_deadline_s is None) == (not self.online)

    def teardown(self):
        for name in NAMES:
            if not self.clients[name].clean and self.clients[name].connection is None:
                self.connect(name, clean=False)
        while any(client.inbox for client in self.connected()):
            for client in self.connected():
                while client.inbox:
                    answer = client.answer(client.inbox.pop(0))
                    if answer is not None:
                        self.say(client, answer)
        for client in self.clients.values():
            self.has_what_it_is_owed(client)
        assert {payload: self.published.count(payload) for payload in self.promised} == dict(self.promised)

    @staticmethod
    def has_what_it_is_owed(client):
        times = Counter(payload for payload, _ in client.heard)
        first_times = list(dict.fromkeys(payload for payload, qos in client.heard if qos > 0))
        owed = dict(client.owed)
        assert first_times == [payload for payload, qos in client.owed if qos > 0]
        assert [payload for payload, qos in owed.items() if qos == 2 and times[payload] != 1] == []
        assert [payload for payload, qos in client.heard if owed.get(payload) != qos] == []
        assert [payload for payload, qos in owed.items() if qos == 0 and times[payload] > 1] == []

    def connected(self):
        return [client for client in self.clients.values() if client.connection is not None]

    def one_of(self, data):
        return data.draw(st.sampled_from(self.connected()))

    def number(self):
        self.connections += 1
        return self.connections

    def payload(self):
        self.numbers += 1
        return b"%d" % self.numbers

    def promise(self, topic, payload, qos):
        """Whoever has a session now is to hear a message."""
        for client in self.clients.values():
            wanted = client.wants(topic)
            if wanted is not None:
                client.owed.append((payload, min(qos, wanted)))

    def say(self, client, packet):
        if client.connection is not None:
            self.broker.received(client.connection, encode(packet), 0.0)
            self.carry_out()

    def ends(self, client):
        """A client's session is over, and what it was promised, or has promised, with it."""
        for packet in client.unacknowledged.values():
            if isinstance(packet, Publish):
                self.promised.pop(packet.payload, None)
        client.forget()

    def loses(self, client):
        self.broker.closed(client.connection)
        self.gone(client)
        self.carry_out()

    def gone(self, client):
        client.connection, client.inbox = None, []
        if client.clean:
            self.ends(client)

    def carry_out(self):
        for effect in self.broker.take():
            assert not isinstance(effect, Dropped)
            if isinstance(effect, Send):
                decoder = Decoder()
                decoder.receive(effect.data)
                [client] = [one for one in self.connected() if one.connection == effect.connection]
                client.inbox.append(decoder.next_packet())
            elif isinstance(effect, Close):
                for client in self.connected():
                    if client.connection == effect.connection:
                        self.gone(client)
            elif isinstance(effect, Connected):
                self.online.add(effect.client_id)
            elif isinstance(effect, Disconnected):
                self.online.remove(effect.client_id)
            elif isinstance(effect, Published):
                self.published.append(effect.payload)
                self.promise(effect.topic, effect.payload, effect.qos)


TestDelivery = Delivery.TestCase
TestDelivery.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
