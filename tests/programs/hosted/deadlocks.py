"""Connects and starts the belt, and then two of its threads wait for each other for ever."""

import threading
import time

import paho.mqtt.client as mqtt

one, other = threading.Lock(), threading.Lock()


def takes(first, second):
    with first:
        time.sleep(0.1)
        with second:
            pass


version = (mqtt.CallbackAPIVersion.VERSION1,) if hasattr(mqtt, "CallbackAPIVersion") else ()
client = mqtt.Client(*version, client_id="FS_Ctl")
client.connect("127.0.0.1", 21883)
client.loop_start()
client.publish("aa", '{"conveyor":"run"}')
threading.Thread(target=takes, args=(one, other)).start()
takes(other, one)
