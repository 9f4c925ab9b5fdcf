"""The last message in one variable, polled in an endless loop. Two messages close together: the first is lost.

    python last_message.py [HOST PORT [SERVICE]]

What the suite finds: a picture and an edge that arrive together, or an edge while a rod moves (`time.sleep`), and it
waits for ever for what it has overwritten.
"""

import base64
import json
import sys
import time
import urllib.request

import paho.mqtt.client as mqtt

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 21883
SERVICE = sys.argv[3] if len(sys.argv) > 3 else "http://127.0.0.1:8088/aisim_tf_pre"

last = None


def on_message(client, userdata, message):
    global last
    last = json.loads(message.payload)


def classify(picture):
    with urllib.request.urlopen(SERVICE, base64.b64decode(picture)) as response:
        return json.load(response)["results"][0]["label"]


def send(**command):
    client.publish("aa", json.dumps(command))


def wait_for(key, value=None):
    """Poll until the last message is the one that is waited for."""
    global last
    while True:
        message = last
        if message is not None and key in message and value in (None, message[key]):
            last = None
            return message[key]


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl")
client.on_connect = lambda *_: client.subscribe("bb")
client.on_message = on_message
client.connect(HOST, PORT)
client.loop_start()
time.sleep(1)
send(conveyor="run")
time.sleep(2)
while True:
    send(rod_control="first_push")
    time.sleep(1)
    send(rod_control="first_pull")
    label = classify(wait_for("image"))
    if label == "ripe":
        wait_for("first_switch", False)
        send(rod_control="second_push")
        time.sleep(0.5)
        send(rod_control="second_pull")
    elif label == "half_ripe":
        wait_for("second_switch", False)
        send(rod_control="third_push")
        time.sleep(0.5)
        send(rod_control="third_pull")
    elif label == "raw":
        wait_for("third_switch", False)
        send(rod_control="fourth_push")
        time.sleep(0.5)
        send(rod_control="fourth_pull")
    else:
        wait_for("third_switch", False)
    time.sleep(1)
