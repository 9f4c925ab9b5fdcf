"""Everything in `on_message`: the recognition, a pause before each push; timers only pull and load.

    python work_in_callback.py [HOST PORT [SERVICE]]

What the suite finds: while the callback asks a slow service or sleeps, nothing is received and nothing is sent, so a
rod goes out when its item has passed; and an error in the callback (a text that is no JSON, a failed request) ends the
network thread.
"""

import base64
import json
import sys
import time
import urllib.request
from threading import Timer

import paho.mqtt.client as mqtt

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 21883
SERVICE = sys.argv[3] if len(sys.argv) > 3 else "http://127.0.0.1:8088/aisim_tf_pre"

label = None


def send(command):
    client.publish("aa", json.dumps({"rod_control": command}))


def load():
    send("first_push")
    Timer(0.8, send, ["first_pull"]).start()


def push(rod):
    time.sleep(0.1)
    send(rod + "_push")
    Timer(0.5, send, [rod + "_pull"]).start()
    Timer(1.0, load).start()


def on_connect(client, userdata, flags, reason, properties):
    client.subscribe("bb")
    client.publish("aa", json.dumps({"conveyor": "run"}))
    Timer(2.0, load).start()


def on_message(client, userdata, message):
    global label
    data = json.loads(message.payload)
    if "image" in data:
        with urllib.request.urlopen(SERVICE, base64.b64decode(data["image"])) as response:
            label = json.load(response)["results"][0]["label"]
    elif data.get("first_switch") is False and label == "ripe":
        push("second")
    elif data.get("second_switch") is False and label == "half_ripe":
        push("third")
    elif data.get("third_switch") is False:
        if label == "raw":
            push("fourth")
        else:
            Timer(1.0, load).start()


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl")
client.on_connect = on_connect
client.on_message = on_message
client.connect(HOST, PORT)
client.loop_forever()
