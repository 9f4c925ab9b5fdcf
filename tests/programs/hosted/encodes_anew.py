"""A controller that decodes each picture, makes it smaller and posts what it encoded itself."""

import base64
import json
import queue
import time
import urllib.request

import cv2
import numpy as np
import paho.mqtt.client as mqtt

URL = "http://127.0.0.1:8088/aisim_tf_pre"
RODS = {"ripe": ("first_switch", "second"), "half_ripe": ("second_switch", "third"), "raw": ("third_switch", "fourth")}
messages = queue.Queue()


def send(key, value):
    client.publish("aa", json.dumps({key: value}))


def load():
    send("rod_control", "first_push")
    time.sleep(1)
    send("rod_control", "first_pull")


def recognise(text):
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), cv2.IMREAD_COLOR)
    small = cv2.resize(pixels, (96, 96))
    picture = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()
    with urllib.request.urlopen(urllib.request.Request(URL, data=picture), timeout=5) as answer:
        return json.loads(answer.read())["results"][0]["label"]


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl")
client.on_message = lambda client, userdata, received: messages.put(json.loads(received.payload))
client.connect("127.0.0.1", 21883, 60)
client.subscribe("bb")
client.loop_start()
send("conveyor", "run")
time.sleep(2)
load()
label = None
while True:
    seen = messages.get()
    if "image" in seen:
        label = recognise(seen["image"])
        continue
    gate, rod = RODS.get(label, ("third_switch", None))
    if seen.get(gate) is False:
        if rod:
            send("rod_control", rod + "_push")
            time.sleep(0.6)
            send("rod_control", rod + "_pull")
        label = None
        load()
