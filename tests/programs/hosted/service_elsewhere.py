"""Asks a recognition service on another computer, two seconds after each picture has come: the broker may be away."""

import base64
import json
import queue
import time
import urllib.request

import paho.mqtt.client as mqtt

pictures = queue.Queue()
api = getattr(mqtt, "CallbackAPIVersion", None)
client = mqtt.Client(api.VERSION1) if api else mqtt.Client()


def begin(client, userdata, flags, code):
    client.subscribe("bb")
    for command in ({"conveyor": "run"}, {"rod_control": "first_push"}):
        client.publish("aa", json.dumps(command))


client.on_connect = begin
client.on_message = lambda client, userdata, message: pictures.put(json.loads(message.payload).get("image"))
client.connect("192.168.1.2", 21883)
client.loop_start()
picture = base64.b64decode(pictures.get())
time.sleep(2)
answer = urllib.request.urlopen("http://192.168.1.50:5000/aisim_tf_pre", picture, timeout=5).read()
print(json.loads(answer)["code"], client.is_connected())
