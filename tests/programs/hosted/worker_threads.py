"""A controller of several threads: one recognises pictures over HTTP, timers pull the rods, a queue holds labels."""

import base64
import json
import queue
import sys
import threading
import time

import paho.mqtt.client as mqtt
import requests

RODS = {"first_switch": ("ripe", "second"), "second_switch": ("half_ripe", "third"), "third_switch": ("raw", "fourth")}


class Line:
    def __init__(self):
        self.pictures = queue.Queue()
        self.labels = queue.SimpleQueue()
        self.label = None
        self.gone = threading.Event()
        self.known = threading.Condition()
        version = (mqtt.CallbackAPIVersion.VERSION1,) if hasattr(mqtt, "CallbackAPIVersion") else ()
        self.client = mqtt.Client(*version, client_id="FS_Ctl")
        self.client.on_connect = self.on_connect
        self.client.message_callback_add("bb", self.on_line)

    def on_connect(self, client, userdata, flags, code):
        client.subscribe("bb")

    def on_line(self, client, userdata, message):
        key, value = next(iter(json.loads(message.payload).items()))
        if key == "image":
            self.pictures.put(base64.b64decode(value))
        elif value is False:
            threading.Thread(target=self.passed, args=(key,), daemon=True).start()

    def recognise(self):
        with requests.Session() as session:
            while True:
                answer = session.post("http://127.0.0.1:8088/aisim_tf_pre", data=self.pictures.get(), timeout=5).json()
                with self.known:
                    self.label = answer["results"][0]["label"] if answer["results"] else "unknown"
                    self.known.notify_all()

    def passed(self, gate):
        with self.known:
            label = self.label
        wanted, rod = RODS[gate]
        if label == wanted:
            self.send(f"{rod}_push")
            threading.Timer(0.6, self.send, (f"{rod}_pull",)).start()
            threading.Timer(1.0, self.gone.set).start()
        elif gate == "third_switch":
            self.gone.set()

    def send(self, rod):
        self.client.publish("aa", json.dumps({"rod_control": rod}))

    def run(self):
        threading.Thread(target=self.recognise, daemon=True).start()
        self.client.connect_async("localhost", 1883)
        self.client.loop_start()
        while not self.client.is_connected():
            time.sleep(0.1)
        self.client.publish("aa", '{"conveyor":"run"}').wait_for_publish()
        time.sleep(2)
        while True:
            self.gone.clear()
            self.send("first_push")
            time.sleep(0.8)
            self.send("first_pull")
            if not self.gone.wait(60):
                sys.stderr.write("an item was lost\n")


Line().run()
