"""A controller that polls a variable in an endless loop without a pause, as the course's own text has it."""

import base64
import json
import sys
import time
import urllib.request

import paho.mqtt.client as mqtt

RODS = {"ripe": (1, "second"), "half_ripe": (2, "third"), "raw": (3, "fourth")}
GATES = {"first_switch": 1, "second_switch": 2, "third_switch": 3}
message = None


def on_message(client, userdata, received):
    global message
    message = json.loads(received.payload)


def new_client():
    if hasattr(mqtt, "CallbackAPIVersion"):
        return mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, client_id="FS_Ctl")
    return mqtt.Client(client_id="FS_Ctl")


def send(key, value):
    client.publish("aa", json.dumps({key: value}))


def recognise(picture):
    request = urllib.request.Request("http://127.0.0.1:8088/aisim_tf_pre", data=picture)
    with urllib.request.urlopen(request, timeout=5) as answer:
        results = json.loads(answer.read())["results"]
    return results[0]["label"] if results else None


def load():
    send("rod_control", "first_push")
    time.sleep(1)
    send("rod_control", "first_pull")


client = new_client()
client.on_message = on_message
client.connect("127.0.0.1", 21883, 50)
client.subscribe("bb")
client.loop_start()
send("conveyor", "run")
started = time.time()
while time.time() - started < 2:
    pass
load()
label = None
while True:
    if message is None:
        continue
    seen, message = message, None
    if "image" in seen:
        label = recognise(base64.b64decode(seen["image"]))
        sys.stdout.write(f"{label}\n")
        continue
    gate = next(iter(seen))
    place, rod = RODS.get(label, (3, None))
    if GATES[gate] == place and seen[gate] is False:
        if rod is not None:
            send("rod_control", f"{rod}_push")
            time.sleep(0.6)
            send("rod_control", f"{rod}_pull")
        label = None
        load()
