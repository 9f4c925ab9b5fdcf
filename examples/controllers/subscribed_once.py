"""Connects and subscribes once, in the main program, with a clean session.

    python subscribed_once.py [HOST PORT [SERVICE]]

What the suite finds: after the connection was broken, or the broker restarted, paho connects again but nobody
subscribes: the program is deaf. Its time-outs go on loading, so that items ride to the reject bin.
"""

import base64
import json
import queue
import sys
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

messages = queue.Queue()


def wait_for(key, seconds, value=None):
    until_s = time.monotonic() + seconds
    while (left_s := until_s - time.monotonic()) > 0:
        try:
            data = messages.get(timeout=left_s)
        except queue.Empty:
            return None
        if key in data and value in (None, data[key]):
            return data[key]
    return None


def stroke(rod):
    client.publish("aa", json.dumps({"rod_control": rod + "_push"}))
    time.sleep(0.5)
    client.publish("aa", json.dumps({"rod_control": rod + "_pull"}))


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl")
client.on_message = lambda client, userdata, message: messages.put(json.loads(message.payload))
client.connect(HOST, PORT)
client.subscribe("bb")
client.loop_start()
client.publish("aa", json.dumps({"conveyor": "run"}))
time.sleep(2)
while True:
    stroke("first")
    picture = wait_for("image", 4.0)
    label = None
    if picture is not None:
        with urllib.request.urlopen(SERVICE, base64.b64decode(picture), timeout=5) as response:
            label = json.load(response)["results"][0]["label"]
    switch, rod = PLACES.get(label, ("third_switch", None))
    if wait_for(switch, 12.0, False) is False and rod is not None:
        stroke(rod)
    time.sleep(1)
