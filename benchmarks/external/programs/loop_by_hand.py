"""Sound: one item at a time in one thread, which calls paho's `loop()` itself and keeps a table of states.

    python loop_by_hand.py [HOST PORT [SERVICE]]

Everything happens in `step`, some hundred times a second: messages are taken, deadlines looked at, commands sent.
"""

import base64
import json
import signal
import sys
import time
from collections import deque

import paho.mqtt.client as mqtt
import requests

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 21883
SERVICE = sys.argv[3] if len(sys.argv) > 3 else "http://127.0.0.1:8088/aisim_tf_pre"

SPEED_M_PER_S = 0.18
PICTURE_S = 0.35 + 0.25 / SPEED_M_PER_S
GATE_S = (0.0, *(0.3 + 0.5 * gate / SPEED_M_PER_S for gate in (1, 2, 3)))
GONE_S = 1.3 + 2.0 / SPEED_M_PER_S
TOLERANCE_S = 0.08
BOUNCE_S = 0.1
LONGEST_S = 0.8
STROKE_S = 0.4
PLACES = {"ripe": (1, "second"), "half_ripe": (2, "third"), "raw": (3, "fourth")}
GATES = ("", "first_switch", "second_switch", "third_switch")


class Machine:
    """The line as a machine of states: offline, clearing, riding, pushing, stopped."""

    def __init__(self):
        self.state = "offline"
        self.until_s = 0.0
        self.messages = deque()
        self.pulls = []
        self.ending = False
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl")
        self.client.will_set("aa", json.dumps({"conveyor": "stop"}))
        self.client.on_connect = self.on_connect
        self.client.on_message = self.on_message

    def on_connect(self, client, userdata, flags, reason, properties):
        client.subscribe("bb")
        self.clear()

    def on_message(self, client, userdata, message):
        try:
            ((key, value),) = json.loads(message.payload).items()
            if key == "image":
                value = base64.b64decode(value, validate=True)
        except (ValueError, AttributeError, TypeError):
            return
        if key == "image" or (key in GATES and isinstance(value, bool)):
            self.messages.append((time.monotonic(), key, value))

    def command(self, key, value):
        self.client.publish("aa", json.dumps({key: value}))

    def push(self, rod):
        self.command("rod_control", rod + "_push")
        self.pulls.append((time.monotonic() + STROKE_S, rod))

    def enter(self, state, seconds):
        self.state, self.until_s = state, time.monotonic() + seconds

    def clear(self):
        """Whatever lies on the belt rides off."""
        self.messages.clear()
        self.pulls.clear()
        self.command("rod_control", "all_pull")
        self.command("conveyor", "run")
        self.enter("clearing", GONE_S + 1.0)

    def load(self):
        self.pictures, self.target, self.passed = 0, None, 0
        self.blocked_s, self.dwell_s, self.doubtful = {}, None, False
        self.loaded_s = time.monotonic()
        self.push("first")
        self.enter("riding", GATE_S[1] + 1.0)

    def recognise(self, picture):
        """The gate and the rod for a picture; None if the answer is not sure, or comes late."""
        try:
            answer = requests.post(SERVICE, data=picture, timeout=0.6).json()
            best = answer["results"][0]
            return PLACES.get(best["label"]) if best["confidence"] >= 0.8 else None
        except (requests.RequestException, ValueError, LookupError):
            return None

    def pictured(self, at_s, picture):
        self.pictures += 1
        self.until_s = self.loaded_s + GONE_S
        if self.pictures > 1 or abs(at_s - self.loaded_s - PICTURE_S) > TOLERANCE_S:
            self.doubtful = True
        else:
            self.target = self.recognise(picture)

    def passes(self, at_s, gate, blocked):
        if blocked:
            self.blocked_s.setdefault(gate, at_s)
            return
        since_s = self.blocked_s.get(gate)
        if since_s is None or at_s - since_s < BOUNCE_S:
            return
        del self.blocked_s[gate]
        self.until_s = self.loaded_s + GONE_S
        centre_s, dwell_s = (since_s + at_s) / 2 - self.loaded_s, at_s - since_s
        if gate != self.passed + 1 or abs(centre_s - GATE_S[gate]) > TOLERANCE_S or dwell_s > LONGEST_S:
            self.doubtful = True
        if self.pictures != 1 or (self.dwell_s is not None and abs(dwell_s - self.dwell_s) > TOLERANCE_S):
            self.doubtful = True
        self.passed, self.dwell_s = max(self.passed, gate), dwell_s
        if self.target is not None and self.target[0] == gate and not self.doubtful:
            self.push(self.target[1])
            self.enter("pushing", 2 * STROKE_S)

    def take(self, at_s, key, value):
        if self.state == "riding" and key == "image":
            self.pictured(at_s, value)
        elif self.state == "riding":
            if self.pulls:
                self.doubtful = True
            self.passes(at_s, GATES.index(key), value)
        elif self.state == "pushing" and key != "image":
            self.doubtful = True  # The stroke ends first: a rod that is pulled half-way strikes its item.
        elif self.state == "clearing" and key != "image":
            self.until_s = max(self.until_s, at_s + GONE_S)

    def due(self):
        """The time of the state is over."""
        if self.state == "stopped" or (self.ending and self.state == "clearing"):
            self.command("conveyor", "stop")
            self.state = "stopped"
        elif self.state == "clearing" or (self.sorted_well() and not self.ending):
            self.load()
        else:
            self.clear()

    def sorted_well(self):
        return not self.doubtful and (self.state == "pushing" or self.passed == 3)

    def step(self):
        if self.client.loop(0.01) != mqtt.MQTT_ERR_SUCCESS:
            self.state = "offline"
            time.sleep(1.0)
            try:
                self.client.reconnect()
            except OSError:
                return
        for pull in [pull for pull in self.pulls if pull[0] <= time.monotonic()]:
            self.pulls.remove(pull)
            self.command("rod_control", pull[1] + "_pull")
        while self.messages:
            self.take(*self.messages.popleft())
        if self.state != "offline" and time.monotonic() >= self.until_s:
            self.due()

    def end(self, number, frame):
        self.ending = True

    def run(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.end)
        self.client.connect(HOST, PORT, keepalive=50)
        while self.state != "stopped":
            self.step()
        self.client.loop(0.1)
        self.client.disconnect()


if __name__ == "__main__":
    Machine().run()
