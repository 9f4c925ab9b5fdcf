"""Two clients of one id: the second takes the first one's place. Garbage gets a connection closed."""

import socket
import time

import paho.mqtt.client as mqtt

gone = []


def client():
    version = (mqtt.CallbackAPIVersion.VERSION1,) if hasattr(mqtt, "CallbackAPIVersion") else ()
    made = mqtt.Client(*version, client_id="FS_Ctl")
    made.connect("127.0.0.1", 21883)
    return made


first = client()
first.on_disconnect = lambda *_: gone.append("first")
first.loop_start()
time.sleep(1)
second = client()
second.loop_start()
time.sleep(0.2)
assert gone == ["first"], gone
second.disconnect()
with socket.create_connection(("127.0.0.1", 21883)) as garbage:
    garbage.sendall(b"\x10\x02\xff\xff")
    assert garbage.recv(10) == b""
try:
    socket.create_connection(("127.0.0.1", 21883), timeout=1).recv(1)
except socket.timeout:
    print(f"{gone[0]} was thrown off")
