"""A controller in plain paho that is sound but for one flaw, as people's are: one item after another.

    python flawed_flow.py HOST PORT FLAW

FLAW is `none`; `deaf`: after its second item the connection breaks, and it does not subscribe again; `hung`: after its
second item it waits for ever for a message that nobody sends; `never_pushes`: it moves no rod but the loader's;
`stops`: its second item's label is unknown to it, and it loads nothing more; `two`: another client with the same id
connects as often as it does.
"""

import base64
import json
import queue
import sys
import threading

import paho.mqtt.client as mqtt

from classifier import Classifier

RODS = {"ripe": ("first_switch", "second"), "half_ripe": ("second_switch", "third"), "raw": ("third_switch", "fourth")}
STROKE_S = 0.4


class Flow:
    def __init__(self, host, port, flaw):
        self.flaw, self.arrivals, self.pause = flaw, queue.Queue(), threading.Event()
        self.model = Classifier.load()
        self.deaf = False
        self.client = self.connected(host, port, "FS_Ctl")
        if flaw == "two":
            self.other = self.connected(host, port, "FS_Ctl")

    def connected(self, host, port, client_id):
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv311)
        client.on_connect = lambda *_: self.deaf or client.subscribe("bb")
        client.on_message = lambda *arguments: self.arrivals.put(json.loads(arguments[-1].payload))
        client.connect(host, int(port))
        client.loop_start()
        return client

    def stroke(self, rod, out_s):
        self.client.publish("aa", json.dumps({"rod_control": f"{rod}_push"}))
        self.pause.wait(out_s)
        self.pull = self.client.publish("aa", json.dumps({"rod_control": f"{rod}_pull"}))

    def sort_one(self, number):
        """Load an item and follow it to its bin; returns whether to go on."""
        self.stroke("first", STROKE_S)
        label = None
        while True:
            key, value = next(iter(self.arrivals.get().items()))
            if key == "image":
                label = self.model.classify(base64.b64decode(value)).label
                if self.flaw == "stops" and number == 2:
                    return False
                continue
            gate, rod = RODS.get(label, ("third_switch", None))
            if self.flaw == "never_pushes":
                gate, rod = "third_switch", None
            if key == gate and value is False:
                if rod is not None:
                    self.stroke(rod, STROKE_S)
                return True

    def run(self):
        self.client.publish("aa", json.dumps({"conveyor": "run"}))
        self.pause.wait(1.0)
        number = 1
        while self.sort_one(number):
            if number == 2 and self.flaw == "hung":
                queue.Queue().get()
            if number == 2 and self.flaw == "deaf":
                self.deaf = True
                self.pull.wait_for_publish(5)  # `reconnect` would drop it.
                self.client.disconnect()
                self.client.reconnect()
            number += 1
        self.pause.wait()


if __name__ == "__main__":
    Flow(*sys.argv[1:]).run()
