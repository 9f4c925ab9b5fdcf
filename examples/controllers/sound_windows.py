"""Sound: several items on the belt, each with windows of time in which its picture and its passages are due.

    python sound_windows.py [HOST PORT [SERVICE]]

A worker thread asks the recognition service, so that no gate waits for a picture. A message that falls into no item's
window, or into one twice, makes the items next to it doubtful, and so does a passage that is overdue; doubtful items
ride to the reject bin, and the next one is loaded when the belt has cleared. A timer pulls each rod that was pushed.
"""

import base64
import json
import queue
import signal
import sys
import threading
import time
import urllib.request

import paho.mqtt.client as mqtt

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 21883
SERVICE = sys.argv[3] if len(sys.argv) > 3 else "http://127.0.0.1:8088/aisim_tf_pre"

SPEED_M_PER_S = 0.18
LOADED_S = 0.3
PICTURE_S = LOADED_S + 0.25 / SPEED_M_PER_S + 0.05
GATE_S = [0.0, *(LOADED_S + 0.5 * gate / SPEED_M_PER_S for gate in (1, 2, 3))]
GONE_S = LOADED_S + 2.0 / SPEED_M_PER_S + 1.0
EVERY_S = 4.0
STROKE_S = 0.4
TOLERANCE_S = 0.08
BOUNCE_S = 0.1
LONGEST_S = 0.8
LONGEST_AWAY_S = 10.0
RODS = {"ripe": (1, "second"), "half_ripe": (2, "third"), "raw": (3, "fourth")}
GATES = {"first_switch": 1, "second_switch": 2, "third_switch": 3}


class Item:
    def __init__(self, loaded_s):
        self.loaded_s = loaded_s
        self.pictured = False
        self.target = None
        self.passed = 0
        self.dwell_s = None
        self.doubtful = False


class Sorter:
    def __init__(self):
        self.lock = threading.RLock()
        self.items = []
        self.blocked_s = {}
        self.clear_until_s = None
        self.pulled = False
        self.pushed_s = 0.0
        self.lost_s = time.monotonic()
        self.ended = threading.Event()
        self.pictures = queue.Queue()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl")
        self.client.will_set("aa", json.dumps({"conveyor": "stop"}))
        self.client.on_connect = self.connected
        self.client.on_disconnect = self.disconnected
        self.client.message_callback_add("bb", self.received)
        self.client.reconnect_delay_set(1, 1)

    def command(self, key, value):
        self.client.publish("aa", json.dumps({key: value}))

    def stroke(self, rod):
        self.command("rod_control", rod + "_push")
        timer = threading.Timer(STROKE_S, self.command, ["rod_control", rod + "_pull"])
        timer.daemon = True
        timer.start()

    def connected(self, client, userdata, flags, reason, properties):
        client.subscribe("bb")
        with self.lock:
            self.items.clear()
            self.blocked_s.clear()
            self.command("rod_control", "all_pull")
            self.command("conveyor", "run")
            self.pulled, self.clear_until_s = True, time.monotonic() + GONE_S + 1.0

    def disconnected(self, client, userdata, flags, reason, properties):
        with self.lock:
            self.lost_s = time.monotonic()
            self.items.clear()
            self.clear_until_s = None

    def mark_unsure(self, loaded_s):
        """Whatever was seen came onto the belt at about this time. It could be mistaken for an item next to it."""
        near = [item for item in self.items if abs(item.loaded_s - loaded_s) <= EVERY_S]
        ahead = [item for item in near if item.loaded_s <= loaded_s]
        behind = [item for item in near if item.loaded_s > loaded_s]
        for item in ahead[-1:] + behind[:1]:
            item.doubtful = True
        self.clear_until_s = time.monotonic() + GONE_S + 1.0

    def received(self, client, userdata, message):
        now_s = time.monotonic()
        try:
            ((key, value),) = json.loads(message.payload).items()
            if key == "image":
                value = base64.b64decode(value, validate=True)
        except (ValueError, AttributeError, TypeError):
            return
        with self.lock:
            if key == "image":
                self.pictured(value, now_s)
            elif key in GATES and value is True:
                if now_s - self.blocked_s.get(GATES[key], 0.0) > LONGEST_S:  # Or else it bounces.
                    self.blocked_s[GATES[key]] = now_s
            elif key in GATES and value is False:
                self.cleared(GATES[key], now_s)

    def pictured(self, picture, now_s):
        for item in self.items:
            if not item.pictured and abs(now_s - item.loaded_s - PICTURE_S) <= TOLERANCE_S:
                item.pictured = True
                self.pictures.put((item, picture))
                return
        self.mark_unsure(now_s - PICTURE_S)

    def cleared(self, gate, now_s):
        since_s = self.blocked_s.get(gate)
        if since_s is None or now_s - since_s < BOUNCE_S:
            return
        del self.blocked_s[gate]
        centre_s, dwell_s = (since_s + now_s) / 2, now_s - since_s
        for item in self.items:
            due_s = item.loaded_s + GATE_S[gate]
            if item.passed == gate - 1 and abs(centre_s - due_s) <= TOLERANCE_S:
                alike = item.dwell_s is None or abs(dwell_s - item.dwell_s) <= 0.08
                if not alike or not item.pictured or dwell_s > LONGEST_S:
                    item.doubtful = True
                item.passed, item.dwell_s = gate, dwell_s
                if item.target is not None and item.target[0] == gate and not item.doubtful:
                    self.items.remove(item)
                    self.pushed_s = now_s
                    self.stroke(item.target[1])
                return
        self.mark_unsure(centre_s - GATE_S[gate])

    def recognise(self):
        while True:
            item, picture = self.pictures.get()
            try:
                with urllib.request.urlopen(SERVICE, picture, timeout=2.0) as response:
                    best = json.load(response)["results"][0]
            except (OSError, ValueError, LookupError):
                continue
            with self.lock:
                if best["confidence"] >= 0.8 and item.passed == 0:
                    item.target = RODS.get(best["label"])

    def step(self, now_s):
        """Drop what has left the belt; load the next item if there is room. Returns whether the program may end."""
        with self.lock:
            if not self.client.is_connected():
                return now_s > self.lost_s + LONGEST_AWAY_S
            for item in self.items:
                if item.passed < 3 and now_s > item.loaded_s + GATE_S[item.passed + 1] + LONGEST_S:
                    item.doubtful = True
            if any(item.doubtful for item in self.items):
                self.clear_until_s = max(self.clear_until_s or 0.0, self.items[-1].loaded_s + GONE_S + 1.0)
            self.items = [item for item in self.items if now_s <= item.loaded_s + GONE_S]
            if self.clear_until_s is not None:
                if now_s < self.clear_until_s:
                    return False
                if not self.pulled:  # A rod whose pull was lost may hold an item, which has to ride off, too.
                    self.command("rod_control", "all_pull")
                    self.pulled, self.clear_until_s = True, now_s + GONE_S + 1.0
                    return False
                self.pulled, self.clear_until_s = False, None
            if self.ended.is_set():
                return not self.items and now_s >= self.pushed_s + 2 * STROKE_S
            if all(now_s >= item.loaded_s + EVERY_S for item in self.items):
                self.items.append(Item(now_s))
                self.stroke("first")
            return False

    def run(self):
        self.client.connect(HOST, PORT, keepalive=50)
        self.client.loop_start()
        threading.Thread(target=self.recognise, daemon=True).start()
        while not (self.step(time.monotonic()) and self.ended.is_set()):
            time.sleep(0.05)
        self.command("rod_control", "all_pull")
        self.command("conveyor", "stop")
        self.client.disconnect()
        self.client.loop_stop()


if __name__ == "__main__":
    sorter = Sorter()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sorter.ended.set())
    sorter.run()
