"""The embedded broker over real sockets."""

import queue
import socket
import threading

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from support.mqtt_client import Client as SessionClient

from twin.broker.embedded import EmbeddedBroker
from twin.errors import BrokerError

pytestmark = pytest.mark.broker


class Client:
    """A plain paho client that subscribes to all topics."""

    def __init__(self, broker, name="listener"):
        self.received = queue.Queue()
        ready = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv311)
        self.client.on_connect = lambda *_: self.client.subscribe("#")
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.on_message = lambda *arguments: self.received.put((arguments[-1].topic, arguments[-1].payload))
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        assert ready.wait(5)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()
        del self.client


def test_messages_pass_as_soon_as_start_has_returned():
    with EmbeddedBroker() as broker:
        client = Client(broker)
        client.client.publish("bb", b"\x00" * 100_000)
        assert client.received.get(timeout=5) == ("bb", b"\x00" * 100_000)
        client.close()


def test_each_broker_listens_on_a_loopback_port_of_its_own():
    with EmbeddedBroker() as one, EmbeddedBroker() as other:
        assert one.host == "127.0.0.1"
        assert one.port != other.port
        assert one.port > 0


def test_a_stopped_broker_frees_its_port_and_can_start_there_again():
    broker = EmbeddedBroker()
    for _ in range(3):
        broker.start()
        client = Client(broker)
        client.close()
        port = broker.port
        broker.stop()
        assert broker.port == port
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))


def test_it_stops_with_clients_connected_and_one_without_a_connect_packet():
    broker = EmbeddedBroker()
    broker.start()
    client = Client(broker)
    with socket.create_connection((broker.host, broker.port)):
        broker.stop()
    client.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "broker"]


def test_a_port_in_use_gives_one_line_with_advice():
    with EmbeddedBroker() as broker, pytest.raises(BrokerError) as refusal:
        EmbeddedBroker(port=broker.port).start()
    assert f"127.0.0.1:{broker.port}" in str(refusal.value)
    assert "another port" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(BrokerError, match=r"cannot listen on 192\.0\.2\.1:0"):
        EmbeddedBroker(host="192.0.2.1").start()


def test_stop_may_be_called_at_any_time():
    broker = EmbeddedBroker()
    broker.stop()
    broker.start()
    broker.stop()
    broker.stop()


def test_further_clients_are_refused_at_the_limit_of_connections(monkeypatch):
    monkeypatch.setattr("twin.broker.amqtt_patches.MAX_CONNECTIONS", 2)
    with EmbeddedBroker() as broker:
        client = Client(broker)
        with raw_connect(broker, keep_alive_s=60), socket.create_connection((broker.host, broker.port)) as third:
            third.settimeout(5)
            assert closed(third)
            client.client.publish("bb", b"still here")
            assert client.received.get(timeout=5) == ("bb", b"still here")
        client.close()


def test_the_oldest_session_is_forgotten_when_too_many_clients_are_away(monkeypatch):
    monkeypatch.setattr("twin.broker.amqtt_patches.MAX_AWAY", 2)
    with EmbeddedBroker() as broker:
        for name in ("oldest", "second", "newest"):
            SessionClient(broker, name, clean=False).close()
            broker.cut_off(name)  # Its session is away once this returns.
        present = {}
        for name in ("newest", "oldest"):
            client = SessionClient(broker, name, clean=False)
            present[name] = client.session_present
            client.close()
        assert present == {"newest": True, "oldest": False}


def closed(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def raw_connect(broker, *, client_id=b"silent", keep_alive_s=1, will=b'{"conveyor":"stop"}'):
    """A client without keep-alive pings: a socket that sends CONNECT with a last will on `aa` (MQTT 3.1.1, 3.1)."""
    connection = socket.create_connection((broker.host, broker.port), timeout=10)
    fields = b"".join(len(part).to_bytes(2, "big") + part for part in (client_id, b"aa", will))
    body = b"\x00\x04MQTT\x04\x06" + keep_alive_s.to_bytes(2, "big") + fields
    connection.sendall(b"\x10" + bytes([len(body)]) + body)
    assert connection.recv(4) == b"\x20\x02\x00\x00"
    return connection


def test_the_last_will_of_a_silent_client_is_published():
    with EmbeddedBroker() as broker:
        client = Client(broker)
        with raw_connect(broker, keep_alive_s=1) as silent:
            assert client.received.get(timeout=5) == ("aa", b'{"conveyor":"stop"}')
            assert silent.recv(1) == b""
        client.close()


def test_the_last_will_of_a_client_that_is_cut_off_is_published():
    with EmbeddedBroker() as broker:
        client = Client(broker)
        with raw_connect(broker, keep_alive_s=60):
            assert broker.cut_off("silent")
            assert client.received.get(timeout=5) == ("aa", b'{"conveyor":"stop"}')
        assert not broker.cut_off("nobody")
        client.close()


def test_a_second_client_with_the_same_id_replaces_the_first():
    with EmbeddedBroker() as broker, raw_connect(broker, client_id=b"twice", keep_alive_s=60) as first:
        client = Client(broker, "twice")
        assert first.recv(1) == b""
        client.client.publish("bb", b"still here")
        received = [client.received.get(timeout=5)]
        if received[0][0] == "aa":  # The first one's last will, if it came after the second had subscribed.
            received.append(client.received.get(timeout=5))
        assert received[-1] == ("bb", b"still here")
        client.close()
