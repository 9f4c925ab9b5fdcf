"""What a program does with paho-mqtt, one each: python paho_primitives.py NAME."""

import sys
import threading
import time

import paho.mqtt.client as mqtt

ADDRESS = ("127.0.0.1", 21883)
NEW = hasattr(mqtt, "CallbackAPIVersion")


class Client:
    """A client that notes what happens to it."""

    def __init__(self, name, api=1, **options):
        version = ((mqtt.CallbackAPIVersion.VERSION1, mqtt.CallbackAPIVersion.VERSION2)[api - 1],) if NEW else ()
        self.paho = mqtt.Client(*version, client_id=name, **options)
        self.payloads, self.events, self.sessions, self.published = [], [], [], []
        self.paho.on_connect = self.on_connect
        self.paho.on_disconnect = lambda *_: self.events.append("disconnected")
        self.paho.on_publish = lambda client, userdata, mid, *_: self.published.append(mid)
        self.paho.on_message = lambda client, userdata, message: self.payloads.append((message.payload, message.qos))

    def on_connect(self, client, userdata, flags, code, properties=None):
        self.events.append("connected")
        self.sessions.append(flags["session present"] if isinstance(flags, dict) else flags.session_present)
        client.subscribe("own/#", qos=2)

    def begin(self):
        self.paho.connect(*ADDRESS, keepalive=10)
        self.paho.loop_start()
        time.sleep(1)
        return self

    def end(self):
        self.paho.disconnect()
        self.paho.loop_stop()


def loop_start(api=1):
    client = Client("one", api).begin()
    client.paho.publish("own/a", "hello")
    time.sleep(1)
    assert client.payloads == [(b"hello", 0)]
    client.end()
    assert client.events == ["connected", "disconnected"]


def second_callback_api():
    loop_start(api=2)


def loop_forever():
    began_s = time.monotonic()
    client = Client("one")
    client.paho.connect(*ADDRESS)
    threading.Timer(1, client.paho.publish, ("own/a", "hello")).start()
    threading.Timer(2, client.paho.disconnect).start()
    client.paho.loop_forever()
    assert client.payloads == [(b"hello", 0)]
    assert 2 <= time.monotonic() - began_s < 2.1


def loop_by_hand():
    client = Client("one")
    client.paho.connect(*ADDRESS)
    until_s = time.time() + 2
    while time.time() < until_s:
        client.paho.loop(0.1)
        if client.events and not client.published:
            client.paho.publish("own/a", "hello")
    assert (b"hello", 0) in client.payloads


def connect_async():
    client = Client("one")
    client.paho.connect_async("broker.example", 1883)
    client.paho.loop_start()
    time.sleep(1)
    assert client.paho.is_connected()
    client.end()


def message_callback_add():
    client, special = Client("one"), []
    client.paho.message_callback_add("own/b", lambda client, userdata, message: special.append(message.payload))
    client.begin()
    client.paho.publish("own/a", "a")
    client.paho.publish("own/b", "b")
    time.sleep(1)
    assert (client.payloads, special) == ([(b"a", 0)], [b"b"])
    client.end()


def qualities_of_service():
    client = Client("one").begin()
    for qos in (1, 2):
        client.paho.publish("own/a", "hello", qos=qos).wait_for_publish()
    time.sleep(1)
    assert client.payloads == [(b"hello", 1), (b"hello", 2)]
    assert len(client.published) == 2
    client.end()


def last_will():
    dies, listener = Client("dies"), Client("listener").begin()
    dies.paho.will_set("own/will", "died", qos=1)
    dies.begin()
    Client("dies").begin().end()  # Takes its place, and so breaks its connection.
    assert (b"died", 1) in listener.payloads
    dies.end()
    listener.end()


def reconnect():
    client = Client("one").begin()
    Client("one").begin().end()
    time.sleep(5)
    assert client.events == ["connected", "disconnected", "connected"]
    client.end()


def unclean_session():
    client, other = Client("keeps", clean_session=False).begin(), Client("other").begin()
    client.end()
    other.paho.publish("own/a", "missed", qos=1)
    time.sleep(1)
    client.begin()
    assert client.sessions == [0, 1]
    assert client.payloads == [(b"missed", 1)]
    client.end()
    other.end()


def clean_session():
    client, other = Client("forgets").begin(), Client("other").begin()
    client.end()
    other.paho.publish("own/a", "missed", qos=1)
    time.sleep(1)
    client.begin()
    assert (client.sessions, client.payloads) == ([0, 0], [])
    client.end()
    other.end()


def retained_message():
    client = Client("one").begin()
    client.paho.publish("own/a", "kept", qos=1, retain=True).wait_for_publish()
    client.end()
    later = Client("later").begin()
    assert later.payloads == [(b"kept", 1)]
    later.end()


NAMES = {name: found for name, found in globals().items() if type(found) is type(loop_start)}

if __name__ == "__main__":
    NAMES[sys.argv[1]]()
    print("ok")
