"""A counter per class, and a rod that goes whenever its gate clears while its counter is not zero.

    python queue_per_class.py [HOST PORT [SERVICE]]

What the suite finds: with several items on the belt the rod takes the first item that passes its gate, not the one
that was counted: a raw item before a ripe one goes into the ripe bin.
"""

import base64
import json
import sys
import time
import urllib.request
from threading import Lock, Timer

import paho.mqtt.client as mqtt

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 21883
SERVICE = sys.argv[3] if len(sys.argv) > 3 else "http://127.0.0.1:8088/aisim_tf_pre"

ROD = {"ripe": "second", "half_ripe": "third", "raw": "fourth"}
CLASS_AT = {"first_switch": "ripe", "second_switch": "half_ripe", "third_switch": "raw"}
counts = {"ripe": 0, "half_ripe": 0, "raw": 0}
lock = Lock()


def publish(text):
    client.publish("aa", json.dumps({"rod_control": text}))


def pull(rod):
    publish(f"{rod}_pull")


def on_connect(client, userdata, flags, reason, properties):
    client.subscribe("bb")


def on_message(client, userdata, message):
    data = json.loads(message.payload)
    if "image" in data:
        with urllib.request.urlopen(SERVICE, base64.b64decode(data["image"])) as response:
            label = json.load(response)["results"][0]["label"]
        with lock:
            if label in counts:
                counts[label] += 1
        return
    for switch, label in CLASS_AT.items():
        if data.get(switch) is False:
            with lock:
                if counts[label]:
                    counts[label] -= 1
                    publish(ROD[label] + "_push")
                    Timer(0.4, pull, [ROD[label]]).start()


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl")
client.on_connect = on_connect
client.on_message = on_message
client.connect(HOST, PORT)
client.loop_start()
time.sleep(0.5)
client.publish("aa", json.dumps({"conveyor": "run"}))
time.sleep(2)
while True:
    publish("first_push")
    time.sleep(0.5)
    publish("first_pull")
    time.sleep(3)
