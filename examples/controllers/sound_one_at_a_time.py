"""Sound: one item at a time. paho's thread only puts messages into a queue; one loop decides.

    python sound_one_at_a_time.py [HOST PORT [SERVICE]]

It knows the line: when a loaded item's picture and its passages of the gates are due. A message that comes at another
time, or twice, or not at all, makes the item doubtful, and a doubtful item rides to the reject bin. After a doubtful
item, at the start and after a lost connection the program waits until the belt must be empty. It subscribes again at
each connection, has a last will that stops the belt, and brings the line to rest when it is asked to end.
"""

import base64
import json
import queue
import signal
import sys
import time
import urllib.request

import paho.mqtt.client as mqtt

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 21883
SERVICE = sys.argv[3] if len(sys.argv) > 3 else "http://127.0.0.1:8088/aisim_tf_pre"

SPEED_M_PER_S = 0.18
LOADED_S = 0.3
PICTURE_S = LOADED_S + 0.25 / SPEED_M_PER_S + 0.05
GATE_S = {gate: LOADED_S + 0.5 * gate / SPEED_M_PER_S for gate in (1, 2, 3)}
GONE_S = LOADED_S + 2.0 / SPEED_M_PER_S + 1.0
TOLERANCE_S = 0.08
BOUNCE_S = 0.1
STROKE_S = 0.4
LONGEST_AWAY_S = 10.0
RODS = {"ripe": (1, "second"), "half_ripe": (2, "third"), "raw": (3, "fourth")}
GATES = {"first_switch": 1, "second_switch": 2, "third_switch": 3}

arrivals = queue.Queue()
ending = False


def end(number, frame):
    global ending
    ending = True


def connected(client, userdata, flags, reason, properties):
    client.subscribe("bb")
    arrivals.put((time.monotonic(), "connected", None))


def lost(client, userdata, flags, reason, properties):
    arrivals.put((time.monotonic(), "lost", None))


def received(client, userdata, message):
    try:
        ((key, value),) = json.loads(message.payload).items()
        if key == "image":
            value = base64.b64decode(value, validate=True)
    except (ValueError, AttributeError, TypeError):
        return
    if isinstance(value, bool if key in GATES else bytes):  # Anything else is garbage, and no detection.
        arrivals.put((time.monotonic(), key, value))


def recognise(picture):
    """The rod for a picture and its gate; None if the answer is not sure."""
    try:
        with urllib.request.urlopen(SERVICE, picture, timeout=2.0) as response:
            answer = json.load(response)
        best = answer["results"][0]
    except (OSError, ValueError, LookupError):
        return None
    return RODS.get(best["label"]) if best["confidence"] >= 0.8 else None


def is_connected():
    """Wait for a connection; once the program is to end, for a while only."""
    left_s = LONGEST_AWAY_S
    while left_s > 0:
        try:
            if arrivals.get(timeout=0.5)[1] == "connected":
                return True
        except queue.Empty:
            left_s -= 0.5 if ending else 0.0
    return False


class Disconnected(Exception):
    pass


class Line:
    def __init__(self, client):
        self.client = client

    def command(self, key, value):
        self.client.publish("aa", json.dumps({key: value}))

    def next(self, until_s):
        """The next message, or None at `until_s`."""
        while True:
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                return None
            try:
                at_s, key, value = arrivals.get(timeout=left_s)
            except queue.Empty:
                return None
            if key == "lost":
                raise Disconnected
            if key != "connected":
                return at_s, key, value

    def rest(self, seconds):
        """Let time pass; returns whether any gate saw something."""
        until_s, seen = time.monotonic() + seconds, False
        while (arrival := self.next(until_s)) is not None:
            seen = seen or arrival[1] in GATES
        return seen

    def clear(self):
        """Whatever lies on the belt rides off."""
        self.command("rod_control", "all_pull")
        self.command("conveyor", "run")
        for _ in range(3):
            if not self.rest(GONE_S + 1.0):
                return

    def load(self):
        self.command("rod_control", "first_push")
        began_s = time.monotonic()
        unsure = self.rest(STROKE_S)
        self.command("rod_control", "first_pull")
        return began_s, unsure

    def sort_one(self):
        """Load an item and follow it; returns whether all went as expected, so that nothing is left on the belt."""
        began_s, unsure = self.load()
        target, pictures, passed, blocked_s, dwell_s = None, 0, 0, {}, None
        while (arrival := self.next(began_s + (GONE_S if pictures or passed else GATE_S[1] + 1.0))) is not None:
            at_s, key, value = arrival
            if key == "image":
                pictures += 1
                on_time = abs(at_s - began_s - PICTURE_S) <= TOLERANCE_S
                unsure = unsure or pictures > 1 or not on_time
                target = recognise(value)
            elif key in GATES and value is True:
                blocked_s.setdefault(GATES[key], at_s)
            elif key in GATES and value is False:
                gate = GATES[key]
                since_s = blocked_s.pop(gate, None)
                if since_s is None or at_s - since_s < BOUNCE_S:
                    if since_s is not None and gate > passed:
                        blocked_s[gate] = since_s
                    continue
                centre_s = (since_s + at_s) / 2 - began_s
                length = at_s - since_s
                due = gate == passed + 1 and abs(centre_s - GATE_S[gate]) <= TOLERANCE_S
                alike = dwell_s is None or abs(length - dwell_s) <= 0.08
                unsure = unsure or not due or not alike or pictures != 1 or length > 0.8
                passed, dwell_s = max(passed, gate), length
                if target is not None and gate == target[0] and not unsure:
                    self.command("rod_control", target[1] + "_push")
                    disturbed = self.rest(STROKE_S)
                    self.command("rod_control", target[1] + "_pull")
                    return not (self.rest(STROKE_S) or disturbed)
        return passed == 3 and not unsure

    def run(self):
        self.clear()
        while not ending:
            if not self.sort_one():
                self.clear()
        self.clear()
        self.command("conveyor", "stop")


def main():
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl")
    client.will_set("aa", json.dumps({"conveyor": "stop"}))
    client.on_connect, client.on_disconnect, client.on_message = connected, lost, received
    client.reconnect_delay_set(1, 1)
    client.connect(HOST, PORT, keepalive=50)
    client.loop_start()
    line = Line(client)
    while is_connected():
        try:
            line.run()
        except Disconnected:
            continue
        break
    client.disconnect()
    client.loop_stop()


main()
