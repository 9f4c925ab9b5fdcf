"""Does not run twice at once: python real_guard.py FILE, which has the number of the process that runs."""

import os
import sys

import paho.mqtt.client as mqtt

if os.path.exists(sys.argv[1]):
    with open(sys.argv[1]) as file:
        other = int(file.read())
    try:
        os.kill(other, 0)
    except ProcessLookupError:
        print("the last one, %d, is gone" % other)
    else:
        sys.exit("it runs already")
with open(sys.argv[1], "w") as file:
    file.write(str(os.getpid()))
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.connect("127.0.0.1", 1883)
client.loop_forever()
