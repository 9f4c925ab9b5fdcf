"""Connects, and then only says what time it is, again and again, until it ends."""

import sys
import time

import paho.mqtt.client as mqtt

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.connect(sys.argv[1], int(sys.argv[2]))
begin_s = time.monotonic()
client.loop_start()
while (now_s := time.monotonic() - begin_s) < 20.0:
    print(f"{now_s:.2f}", flush=True)
    time.sleep(0.7)
