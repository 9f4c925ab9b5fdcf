"""Recognises pictures in paho's callback, where a model computes for long: python computes_in_callback.py SECONDS."""

import base64
import json
import sys
import threading
import time

import paho.mqtt.client as mqtt

RODS = {"first_switch": ("ripe", "second"), "second_switch": ("half_ripe", "third"), "third_switch": ("raw", "fourth")}
labels = []
DIGITS = int(2_000_000 * float(sys.argv[1]))


def model(picture):
    sum(range(DIGITS * 40))
    return json.loads(picture[picture.index(b"{") : picture.rindex(b"}") + 1])["answer"]["label"]


def say(client, rod):
    client.publish("aa", json.dumps({"rod_control": rod}))


def load(client):
    say(client, "first_push")
    threading.Timer(0.8, say, (client, "first_pull")).start()


def on_message(client, userdata, message):
    key, value = next(iter(json.loads(message.payload).items()))
    if key == "image":
        arrived_s = time.monotonic()
        labels.append(model(base64.b64decode(value)))
        print("labelled", round(time.monotonic() - arrived_s, 4))
    elif value is False:
        wanted, rod = RODS[key]
        mine = labels and labels[0] == wanted
        if mine:
            say(client, f"{rod}_push")
            threading.Timer(0.6, say, (client, f"{rod}_pull")).start()
        if mine or key == "third_switch":
            labels.clear()
            threading.Timer(1.0, load, (client,)).start()


def on_connect(client, *_):
    client.subscribe("bb")
    client.publish("aa", '{"conveyor":"run"}')
    threading.Timer(2.0, load, (client,)).start()


version = (mqtt.CallbackAPIVersion.VERSION1,) if hasattr(mqtt, "CallbackAPIVersion") else ()
client = mqtt.Client(*version, client_id="FS_Ctl")
client.on_connect = on_connect
client.on_message = on_message
client.connect("127.0.0.1", 21883)
client.loop_forever()
