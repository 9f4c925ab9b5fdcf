"""Open loop: a timer loads an item every three seconds, and one queue of labels says whose gate it is.

    python one_queue.py [HOST PORT [SERVICE]]

What the suite finds: one picture too few or too many, or one edge too many, and every later item gets the label of
another one. An unknown class stays at the queue's head for ever.
"""

import base64
import json
import sys
import threading
import time
import urllib.request
from collections import deque

import paho.mqtt.client as mqtt

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 21883
SERVICE = sys.argv[3] if len(sys.argv) > 3 else "http://127.0.0.1:8088/aisim_tf_pre"
RODS = ("second", "third", "fourth")
CLASSES = ("ripe", "half_ripe", "raw")
GATES = ("first_switch", "second_switch", "third_switch")


class SortingClient:
    def __init__(self):
        self.waiting = [deque(), deque(), deque()]
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl")
        self.client.on_connect = self.on_connect
        self.client.on_message = self.on_message

    def send(self, **command):
        self.client.publish("aa", json.dumps(command))

    def on_connect(self, client, userdata, flags, reason, properties):
        client.subscribe("bb")

    def on_message(self, client, userdata, message):
        ((key, value),) = json.loads(message.payload).items()
        if key == "image":
            threading.Thread(target=self.classify, args=(value,)).start()
        elif value is False:
            self.passed(GATES.index(key))

    def classify(self, picture):
        with urllib.request.urlopen(SERVICE, base64.b64decode(picture)) as response:
            label = json.load(response)["results"][0]["label"]
        self.waiting[0].append(label)

    def passed(self, gate):
        label = self.waiting[gate].popleft()
        if label == CLASSES[gate]:
            self.send(rod_control=RODS[gate] + "_push")
            threading.Timer(0.5, self.send, kwargs={"rod_control": RODS[gate] + "_pull"}).start()
        elif gate < 2:
            self.waiting[gate + 1].append(label)

    def load(self):
        self.send(rod_control="first_push")
        time.sleep(1)
        self.send(rod_control="first_pull")

    def run(self):
        self.client.connect(HOST, PORT)
        self.client.loop_start()
        time.sleep(1)
        self.send(conveyor="run")
        time.sleep(2)
        while True:
            self.load()
            time.sleep(3)


SortingClient().run()
