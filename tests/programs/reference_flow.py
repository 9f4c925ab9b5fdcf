"""The flow of the FS course's reference controller, in plain paho: its order and its times, one item after another.

    python reference_flow.py HOST PORT

Run the belt, wait 2 s, push the loader, pull it 1.5 s later (later cycles 1 s and 1 s); recognise the picture; push
the rod of its class when the gate before that rod clears, pull it 1 s later, load the next 1 s after that. An item
without a label is let go, and the next one loaded when the last gate clears. It shares no code with the controller.
"""

import base64
import json
import queue
import socket
import sys
import time

import paho.mqtt.client as mqtt

from classifier import Classifier

RODS = {"ripe": ("first_switch", "second"), "half_ripe": ("second_switch", "third"), "raw": ("third_switch", "fourth")}


def send(client, **message):
    client.publish("aa", json.dumps(message))


def no_delay(client, userdata, connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def wait_for(arrivals, seconds):
    """Let time pass; messages stay in the queue."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(left)


def load(client, arrivals, out_s):
    send(client, rod_control="first_push")
    wait_for(arrivals, out_s)
    send(client, rod_control="first_pull")


def sort_one(client, arrivals, model):
    """Follow one item from the camera to its bin."""
    label = None
    while True:
        message = arrivals.get()
        key, value = next(iter(message.items()))
        if key == "image":
            label = model.classify(base64.b64decode(value)).label
            continue
        gate, rod = RODS.get(label, ("third_switch", None))
        if key == gate and value is False:
            if rod is not None:
                send(client, rod_control=f"{rod}_push")
                wait_for(arrivals, 1.0)
                send(client, rod_control=f"{rod}_pull")
                wait_for(arrivals, 1.0)
            return


def main(host, port):
    arrivals = queue.Queue()
    subscribed = queue.Queue()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl", protocol=mqtt.MQTTv311)
    client.on_socket_open = no_delay
    client.on_connect = lambda *_: client.subscribe("bb")
    client.on_subscribe = lambda *_: subscribed.put(True)
    client.on_message = lambda *arguments: arrivals.put(json.loads(arguments[-1].payload))
    client.connect(host, int(port), keepalive=50)
    client.loop_start()
    subscribed.get(timeout=10)
    model = Classifier.load()
    send(client, conveyor="run")
    wait_for(arrivals, 2.0)
    out_s = 1.5
    while True:
        load(client, arrivals, out_s)
        out_s = 1.0
        sort_one(client, arrivals, model)


if __name__ == "__main__":
    main(*sys.argv[1:])
