"""Two MQTT clients for tests of brokers: one of paho, and one that sends single packets."""

import queue
import socket
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from twin.broker.mqtt.codec import Decoder, encode
from twin.broker.mqtt.packets import Connack, Connect

TIMEOUT_S = 10


class Client:
    """A paho client that puts what it receives into queues. Messages are (topic, payload, QoS, retained)."""

    def __init__(self, broker, client_id, *, clean=True, keep_alive_s=60, will=None, protocol=mqtt.MQTTv311):
        self.messages, self.connections, self._codes = queue.Queue(), queue.Queue(), queue.Queue()
        self.lost = threading.Event()
        options = {} if protocol == mqtt.MQTTv5 else {"clean_session": clean}
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=protocol, **options)
        self.client.reconnect_delay_set(1, 1)
        if will is not None:
            topic, payload, qos, retain = will
            self.client.will_set(topic, payload, qos, retain)
        self.client.on_socket_open = lambda _, __, opened: opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client.on_connect = lambda _, __, flags, reason, ___: self.connections.put(
            (flags.session_present, reason.value, str(reason))
        )
        self.client.on_disconnect = lambda *_: self.lost.set()
        self.client.on_subscribe = lambda _, __, ___, codes, ____: self._codes.put([code.value for code in codes])
        self.client.on_message = lambda _, __, message: self.messages.put(
            (message.topic, message.payload, message.qos, message.retain)
        )
        self.client.connect(broker.host, broker.port, keepalive=keep_alive_s)
        self.client.loop_start()
        self.session_present, self.code, self.reason = self.connections.get(timeout=TIMEOUT_S)

    def subscribe(self, *filters):
        """Subscribe to pairs (filter, QoS). Returns the codes that the broker granted."""
        self.client.subscribe(list(filters))
        return self._codes.get(timeout=TIMEOUT_S)

    def unsubscribe(self, wanted):
        done = threading.Event()
        self.client.on_unsubscribe = lambda *_: done.set()
        self.client.unsubscribe(wanted)
        assert done.wait(TIMEOUT_S)

    def publish(self, topic, payload=b"x", *, qos=0, retain=False):
        self.client.publish(topic, payload, qos, retain).wait_for_publish(TIMEOUT_S)

    def next(self):
        return self.messages.get(timeout=TIMEOUT_S)

    def until(self, fence):
        """The messages that arrive before one on the topic `fence`, which must be subscribed."""
        messages = []
        while (message := self.next())[0] != fence:
            messages.append(message)
        return messages

    def vanish(self):
        """Break the connection without a DISCONNECT packet."""
        self.client.loop_stop()
        opened = self.client.socket()
        if opened is not None:
            opened.shutdown(socket.SHUT_RDWR)
        self.client = None

    def close(self):
        if self.client is not None:
            self.client.disconnect()
            self.client.loop_stop()
            self.client = None


class ByHand:
    """A client that sends exactly the given packets or bytes, and nothing by itself."""

    def __init__(self, broker, client_id=None, **options):
        self._socket = socket.create_connection((broker.host, broker.port), timeout=TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._decoder = Decoder()
        if client_id is not None:
            self.send(Connect(client_id=client_id, **options))
            self.connack = self.receive()
            assert isinstance(self.connack, Connack)

    def send(self, *packets):
        self.send_bytes(b"".join(encode(packet) for packet in packets))

    def send_bytes(self, data):
        self._socket.sendall(data)

    def receive(self):
        """The next packet, or None if the broker has closed the connection."""
        while (packet := self._decoder.next_packet()) is None:
            try:
                data = self._socket.recv(65536)
            except ConnectionError:
                return None
            if not data:
                return None
            self._decoder.receive(data)
        return packet

    def drop(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.drop()
