"""Asks the recognition service by `http.client`, which keeps its connection, and at an address of its own."""

import http.client
import json
import time

began = time.monotonic()
connection = http.client.HTTPConnection("192.168.1.20", 9000, timeout=2)
for _ in range(3):
    connection.request("POST", "/aisim_tf_pre", body=b"no picture")
    answer = json.loads(connection.getresponse().read())
    assert answer["code"] == 1, answer
assert 0.05 < time.monotonic() - began < 0.1
print("ok")
