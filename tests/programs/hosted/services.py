"""Asks the recognition service by `http.client`, which keeps its connection, and at an address of its own."""

import http.client
import json
import os
import time

began = time.monotonic()
connection = http.client.HTTPConnection("192.168.1.20", 9000, timeout=2)
for _ in range(3):
    connection.request("POST", "/aisim_tf_pre", body=b"no picture")
    answer = json.loads(connection.getresponse().read())
    assert answer["code"] == 1, answer
usual = http.client.HTTPConnection("127.0.0.1", 8088, timeout=2)
for method, path, status in (("GET", "/", 404), ("GET", "/aisim_tf_pre", 405), ("POST", "/aisim_tf_pre", 200)):
    usual.request(method, path)
    answer = usual.getresponse()
    assert (answer.status, bool(answer.read())) == (status, True), answer.status
os.system("cls")
assert 0.05 < time.monotonic() - began < 0.2
print("ok")
