"""A controller whose work is done in paho's callbacks, in one of paho's styles.

python paho_styles.py loop_start|loop_forever|by_hand|connect_async|both_versions [QOS] [unclean]
"""

import base64
import contextlib
import json
import sys
import threading
import time
import urllib.request

import paho.mqtt.client as mqtt

RODS = {"first_switch": ("ripe", "second"), "second_switch": ("half_ripe", "third"), "third_switch": ("raw", "fourth")}
label = None
known = threading.Lock()


def send(client, rod):
    client.publish("aa", json.dumps({"rod_control": rod}), qos=QOS)


def load(client):
    send(client, "first_push")
    threading.Timer(0.8, send, (client, "first_pull")).start()


def recognise(picture):
    global label
    with urllib.request.urlopen("http://127.0.0.1:8088/aisim_tf_pre", data=picture, timeout=5) as answer:
        results = json.loads(answer.read())["results"]
    with known:
        label = results[0]["label"] if results else None


def on_message(client, userdata, message):
    global label
    key, value = next(iter(json.loads(message.payload).items()))
    if key == "image":
        threading.Thread(target=recognise, args=(base64.b64decode(value),)).start()
    elif value is False:
        wanted, rod = RODS[key]
        with known:
            mine = label == wanted
            if mine or key == "third_switch":
                label = None
        if mine:
            send(client, f"{rod}_push")
            threading.Timer(0.6, send, (client, f"{rod}_pull")).start()
        if mine or key == "third_switch":
            threading.Timer(1.0, load, (client,)).start()


def on_connect(client, userdata, flags, code, properties=None):
    client.subscribe("bb", qos=QOS)
    client.publish("aa", '{"conveyor":"run"}', qos=QOS)
    if not userdata:
        userdata.append("begun")
        threading.Timer(2.0, load, (client,)).start()


def new_client(version=1, clean=True):
    options = {"client_id": "FS_Ctl", "userdata": [], "clean_session": clean}
    if not hasattr(mqtt, "CallbackAPIVersion"):
        return mqtt.Client(**options)
    versions = mqtt.CallbackAPIVersion
    return mqtt.Client(versions.VERSION1 if version == 1 else versions.VERSION2, **options)


style = sys.argv[1]
QOS = int(sys.argv[2]) if len(sys.argv) > 2 else 0
client = new_client(2 if style == "both_versions" else 1, clean="unclean" not in sys.argv)
client.on_connect = on_connect
client.on_message = on_message
client.will_set("aa", '{"conveyor":"stop"}', qos=QOS)
if style == "connect_async":
    client.connect_async("localhost")
else:
    client.connect("127.0.0.1", 21883, keepalive=20)
if style == "loop_forever":
    client.loop_forever()
elif style == "by_hand":
    while True:
        if client.loop(timeout=0.1) != mqtt.MQTT_ERR_SUCCESS:
            time.sleep(0.5)
            with contextlib.suppress(OSError):
                client.reconnect()
else:
    client.loop_start()
    while True:
        time.sleep(1)
