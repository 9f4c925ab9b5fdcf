"""Prints what its clocks tell and what it draws at each start, then connects: python starts.py."""

import json
import logging
import random
import time
import uuid

import paho.mqtt.client as mqtt

record = logging.makeLogRecord({"name": "starts"})
print(json.dumps({
    "wall_s": time.time(), "wall_ns": time.time_ns(), "monotonic_s": time.monotonic(),
    "monotonic_ns": time.monotonic_ns(), "process_s": time.process_time(), "logged_s": record.relativeCreated / 1000,
    "drawn": [str(uuid.uuid4()), random.random()],
}), flush=True)  # fmt: skip
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.connect("127.0.0.1", 1883)
client.loop_forever()
