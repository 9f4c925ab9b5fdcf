"""A controller in a window of tkinter: messages go through a queue, which `after` empties; waits are `after`s."""

import base64
import json
import queue
import tkinter as tk
import urllib.request

import paho.mqtt.client as mqtt

SERVICE = "http://127.0.0.1:8088/aisim_tf_pre"
RODS = {"ripe": ("first_switch", "second"), "half_ripe": ("second_switch", "third"), "raw": ("third_switch", "fourth")}


class Window:
    def __init__(self, root):
        self.root, self.messages, self.target = root, queue.Queue(), None
        self.shown = tk.StringVar(value="nothing yet")
        tk.Label(root, textvariable=self.shown, font=("Arial", 20)).pack()
        self.log = tk.Text(root, height=10)
        self.log.pack()
        version = (mqtt.CallbackAPIVersion.VERSION1,) if hasattr(mqtt, "CallbackAPIVersion") else ()
        self.client = mqtt.Client(*version, client_id="FS_Ctl")
        self.client.on_connect = lambda *_: self.client.subscribe("bb")
        self.client.on_message = lambda client, data, message: self.messages.put(message.payload)
        self.client.connect("127.0.0.1", 21883)
        self.client.loop_start()
        root.protocol("WM_DELETE_WINDOW", self.close)
        root.after(300, self.begin)
        root.after(20, self.poll)

    def put(self, key, value):
        self.client.publish("aa", json.dumps({key: value}))
        self.log.insert(tk.END, f"{key} {value}\n")
        self.log.see(tk.END)

    def begin(self):
        self.put("conveyor", "run")
        self.load()

    def load(self):
        self.put("rod_control", "first_push")
        self.root.after(500, self.put, "rod_control", "first_pull")

    def poll(self):
        while not self.messages.empty():
            ((key, value),) = json.loads(self.messages.get()).items()
            if key == "image":
                with urllib.request.urlopen(SERVICE, base64.b64decode(value)) as response:
                    label = json.load(response)["results"][0]["label"]
                self.target = RODS[label]
                self.shown.set(label)
            elif self.target is not None and (key, value) == (self.target[0], False):
                rod, self.target = self.target[1], None
                self.root.after(130, self.put, "rod_control", f"{rod}_push")
                self.root.after(630, self.put, "rod_control", f"{rod}_pull")
                self.root.after(1100, self.load)
        self.root.after(20, self.poll)

    def close(self):
        self.root.destroy()


window = tk.Tk()
Window(window)
window.mainloop()
