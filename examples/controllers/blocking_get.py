"""Two worker threads behind queues, each with a `get()` that waits for ever.

    python blocking_get.py [HOST PORT [SERVICE]]

What the suite finds: one message that does not come (a picture, an edge, an answer), and the program waits for ever.
"""

import base64
import json
import queue
import sys
import threading
import time
import urllib.request

import paho.mqtt.client as mqtt

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 21883
SERVICE = sys.argv[3] if len(sys.argv) > 3 else "http://127.0.0.1:8088/aisim_tf_pre"
PLACES = {
    "ripe": ("first_switch", "second"),
    "half_ripe": ("second_switch", "third"),
    "raw": ("third_switch", "fourth"),
}

pictures, labels, switches = queue.Queue(), queue.Queue(), queue.Queue()


def recognise():
    while True:
        picture = pictures.get()
        with urllib.request.urlopen(SERVICE, base64.b64decode(picture)) as response:
            labels.put(json.load(response)["results"][0]["label"])


def on_connect(client, userdata, flags, reason, properties):
    client.subscribe("bb")


def on_message(client, userdata, message):
    ((key, value),) = json.loads(message.payload).items()
    if key == "image":
        pictures.put(value)
    elif value is False:
        switches.put(key)


def stroke(rod, seconds):
    client.publish("aa", json.dumps({"rod_control": f"{rod}_push"}))
    time.sleep(seconds)
    client.publish("aa", json.dumps({"rod_control": f"{rod}_pull"}))


def control():
    client.publish("aa", json.dumps({"conveyor": "run"}))
    time.sleep(2)
    while True:
        stroke("first", 0.6)
        switch, rod = PLACES.get(labels.get(), ("third_switch", None))
        while switches.get() != switch:
            pass
        if rod is not None:
            stroke(rod, 0.4)
        time.sleep(1)


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl")
client.on_connect = on_connect
client.on_message = on_message
client.connect(HOST, PORT)
threading.Thread(target=recognise, daemon=True).start()
threading.Thread(target=control, daemon=True).start()
client.loop_forever()
