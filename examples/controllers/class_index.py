"""Labels by index, as a model's output has them; the third class has no name for what is unknown.

    python class_index.py [HOST PORT [SERVICE]]

What the suite finds: an `unknown` answer is an error in the callback, which ends the network thread: the program is
deaf from then on and loads nothing more. It takes a low confidence for a sure answer.
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

NAMES = ["raw", "half_ripe", "ripe"]
SWITCHES = ["third_switch", "second_switch", "first_switch"]
RODS = ["fourth", "third", "second"]

kind = None
busy = False


def on_message(client, userdata, message):
    global kind, busy
    data = json.loads(message.payload.decode())
    if "image" in data:
        with urllib.request.urlopen(SERVICE, base64.b64decode(data["image"])) as response:
            kind = NAMES.index(json.load(response)["results"][0]["label"])
    elif kind is not None and data.get(SWITCHES[kind]) is False:
        client.publish("aa", json.dumps({"rod_control": RODS[kind] + "_push"}))
        kind, busy = None, False


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl")
client.on_connect = lambda *_: client.subscribe("bb")
client.on_message = on_message
client.connect(HOST, PORT)
client.loop_start()
time.sleep(1)
client.publish("aa", json.dumps({"rod_control": "all_pull"}))
client.publish("aa", json.dumps({"conveyor": "run"}))
time.sleep(2)
while True:
    busy = True
    client.publish("aa", json.dumps({"rod_control": "first_push"}))
    time.sleep(0.5)
    client.publish("aa", json.dumps({"rod_control": "first_pull"}))
    while busy:
        time.sleep(0.1)
    time.sleep(0.5)
    client.publish("aa", json.dumps({"rod_control": "all_pull"}))
    time.sleep(0.5)
