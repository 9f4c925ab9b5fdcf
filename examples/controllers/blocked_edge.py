"""Pushes a fixed time after the gate's *blocked* edge: right for items of one length on a belt of one speed.

    python blocked_edge.py [HOST PORT [SERVICE]]

What the suite finds: a longer or shorter item is struck or missed, and so is any item on a belt off its pace.
"""

import base64
import json
import sys
import threading
import time
import urllib.request

import paho.mqtt.client as mqtt

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 21883
SERVICE = sys.argv[3] if len(sys.argv) > 3 else "http://127.0.0.1:8088/aisim_tf_pre"
AFTER_S = 0.6
ROD_AT = {
    "first_switch": ("ripe", "second"),
    "second_switch": ("half_ripe", "third"),
    "third_switch": ("raw", "fourth"),
}

label = None
next_item = threading.Event()


def send(command):
    client.publish("aa", json.dumps({"rod_control": command}))


def knock(rod):
    send(f"{rod}_push")
    time.sleep(0.4)
    send(f"{rod}_pull")
    next_item.set()


def on_message(client, userdata, message):
    global label
    ((key, value),) = json.loads(message.payload).items()
    if key == "image":
        with urllib.request.urlopen(SERVICE, base64.b64decode(value)) as response:
            label = json.load(response)["results"][0]["label"]
    elif value is True:
        wanted, rod = ROD_AT[key]
        if label == wanted:
            threading.Timer(AFTER_S, knock, [rod]).start()
        elif key == "third_switch":
            next_item.set()


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl")
client.on_connect = lambda *_: client.subscribe("bb")
client.on_message = on_message
client.connect(HOST, PORT)
client.loop_start()
time.sleep(1)
client.publish("aa", json.dumps({"conveyor": "run"}))
time.sleep(2)
while True:
    next_item.clear()
    send("first_push")
    time.sleep(0.6)
    send("first_pull")
    next_item.wait()
    time.sleep(1)
