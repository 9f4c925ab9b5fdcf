"""Connects after a while, and writes every second how long ago that was."""

import sys
import time

import paho.mqtt.client as mqtt

version = (mqtt.CallbackAPIVersion.VERSION1,) if hasattr(mqtt, "CallbackAPIVersion") else ()
client = mqtt.Client(*version)
time.sleep(2.0)
client.connect(sys.argv[1], int(sys.argv[2]))
began_s = time.monotonic()
client.loop_start()
for _ in range(12):
    time.sleep(1.0)
    print(f"{time.monotonic() - began_s:.2f} goes on")
