"""Sound: one item at a time. The callback notes what it sees of the item in one variable, and wakes the main thread.

    python state_and_event.py [HOST PORT [SERVICE]]

The item's record says whether it can be trusted: everything came once and in its time. The main thread looks at the
record whenever the event is set, and pushes only right after the passage of the item's gate.
"""

import base64
import json
import signal
import sys
import threading
import time

import paho.mqtt.client as mqtt
import requests

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 21883
SERVICE = sys.argv[3] if len(sys.argv) > 3 else "http://127.0.0.1:8088/aisim_tf_pre"

SPEED_M_PER_S = 0.18
PICTURE_S = 0.35 + 0.25 / SPEED_M_PER_S
GATE_S = {gate: 0.3 + 0.5 * gate / SPEED_M_PER_S for gate in (1, 2, 3)}
GONE_S = 1.3 + 2.0 / SPEED_M_PER_S
TOLERANCE_S = 0.08
BOUNCE_S = 0.1
LONGEST_S = 0.8
STROKE_S = 0.4
RODS = {"ripe": (1, "second"), "half_ripe": (2, "third"), "raw": (3, "fourth")}
GATES = {"first_switch": 1, "second_switch": 2, "third_switch": 3}

changed = threading.Event()
stopping = threading.Event()
connection = threading.Event()
lost = threading.Event()


class Item:
    """What was seen of the item on the belt."""

    def __init__(self):
        self.loaded_s = time.monotonic()
        self.picture = None
        self.pictures = 0
        self.target = None
        self.passed = 0
        self.passed_s = 0.0
        self.dwell_s = None
        self.blocked_s = {}
        self.doubtful = False

    def pictured(self, picture, now_s):
        self.pictures += 1
        self.picture = picture
        if self.pictures > 1 or abs(now_s - self.loaded_s - PICTURE_S) > TOLERANCE_S:
            self.doubtful = True

    def edge(self, gate, blocked, now_s):
        if blocked:
            self.blocked_s.setdefault(gate, now_s)
            return
        since_s = self.blocked_s.get(gate)
        if since_s is None or now_s - since_s < BOUNCE_S:
            return
        del self.blocked_s[gate]
        dwell_s = now_s - since_s
        due = gate == self.passed + 1 and abs((since_s + now_s) / 2 - self.loaded_s - GATE_S[gate]) <= TOLERANCE_S
        alike = self.dwell_s is None or abs(dwell_s - self.dwell_s) <= TOLERANCE_S
        if not due or not alike or self.pictures != 1 or dwell_s > LONGEST_S:
            self.doubtful = True
        self.dwell_s = dwell_s
        self.passed_s = now_s
        self.passed = max(self.passed, gate)


item = None
last_edge_s = 0.0


def on_connect(client, userdata, flags, reason, properties):
    client.subscribe("bb")
    print("connected")
    connection.set()


def on_disconnect(client, userdata, flags, reason, properties):
    print("disconnected")
    connection.clear()
    lost.set()
    changed.set()


def on_message(client, userdata, message):
    global last_edge_s
    now_s = time.monotonic()
    try:
        ((key, value),) = json.loads(message.payload).items()
        if key == "image":
            value = base64.b64decode(value, validate=True)
    except (ValueError, AttributeError, TypeError):
        print("garbage")
        return
    current = item
    if key == "image":
        if current is not None:
            current.pictured(value, now_s)
    elif key in GATES and isinstance(value, bool):
        last_edge_s = now_s
        if current is not None:
            current.edge(GATES[key], value, now_s)
    print("received", key)
    changed.set()


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl")
client.will_set("aa", json.dumps({"conveyor": "stop"}))
client.on_connect, client.on_disconnect, client.on_message = on_connect, on_disconnect, on_message
client.reconnect_delay_set(1, 1)


def send(**command):
    client.publish("aa", json.dumps(command))


def recognise(picture):
    """The gate and the rod for a picture; None if the answer is not sure."""
    try:
        answer = requests.post(SERVICE, data=picture, timeout=1.5).json()
        best = answer["results"][0]
        return RODS.get(best["label"]) if best["confidence"] >= 0.8 else None
    except (requests.RequestException, ValueError, LookupError):
        return None


def stroke(rod):
    """A whole stroke. Returns whether a gate saw something meanwhile, or after the item had been pushed."""
    began_s = time.monotonic()
    send(rod_control=rod + "_push")
    time.sleep(STROKE_S)
    send(rod_control=rod + "_pull")
    time.sleep(STROKE_S)
    return last_edge_s > began_s


def clear():
    """Whatever lies on the belt rides off."""
    global item
    item = None
    send(rod_control="all_pull")
    send(conveyor="run")
    for _ in range(3):
        began_s = time.monotonic()
        if lost.wait(GONE_S + 1.0) or last_edge_s < began_s:
            return


def sort_one():
    """Load an item and follow it. Returns whether all went as expected, so that nothing is left on the belt."""
    global item
    item = Item()
    doubtful = stroke("first")
    asked = False
    while not lost.is_set():
        left_s = item.loaded_s + (GONE_S if item.pictures or item.passed else GATE_S[1] + 1.0) - time.monotonic()
        if left_s <= 0:
            return item.passed == 3 and not (doubtful or item.doubtful)
        changed.wait(left_s)
        changed.clear()
        if item.picture is not None and not asked:
            asked = True
            item.target = recognise(item.picture)
        if item.target is None or doubtful or item.doubtful or item.passed != item.target[0]:
            continue
        if time.monotonic() - item.passed_s < 0.1:
            return not stroke(item.target[1])
    return False


def run():
    while not stopping.is_set():
        connection.wait()
        lost.clear()
        clear()
        while not lost.is_set() and not stopping.is_set() and sort_one():
            pass
    clear()
    send(conveyor="stop")


for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: stopping.set())
client.connect(HOST, PORT, keepalive=50)
client.loop_start()
run()
client.disconnect()
client.loop_stop()
