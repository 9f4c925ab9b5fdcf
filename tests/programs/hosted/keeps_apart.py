"""Keeps the files of each start apart, by time and by chance: python keeps_apart.py FOLDER."""

import os
import sys
import time
import uuid

import paho.mqtt.client as mqtt

for name in (time.strftime("%Y%m%d-%H%M%S"), str(uuid.uuid4())):
    os.mkdir(os.path.join(sys.argv[1], name))
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.connect("127.0.0.1", 1883)
client.loop_forever()
