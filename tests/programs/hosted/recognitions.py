"""Ways to have a picture recognised, one each: python recognitions.py NAME."""

import http.client
import json
import sys
import time
import urllib.request

URL = "http://127.0.0.1:8088/aisim_tf_pre"
PICTURE = b"no picture"


def requests():
    import requests

    with requests.Session() as session:
        session.post(URL, data=PICTURE, timeout=5)
        return requests.post(URL, data=PICTURE, timeout=5).json()


def httpx():
    import httpx

    return httpx.post(URL, content=PICTURE, timeout=5).json()


def async_httpx():
    import asyncio

    import httpx

    async def ask():
        async with httpx.AsyncClient() as client:
            return (await client.post(URL, content=PICTURE)).json()

    return asyncio.run(ask())


def urllib_request():
    with urllib.request.urlopen(URL, data=PICTURE, timeout=5) as answer:
        return json.load(answer)


def http_client():
    connection = http.client.HTTPConnection("127.0.0.1", 8088, timeout=5)
    connection.request("POST", "/aisim_tf_pre", body=PICTURE)
    return json.loads(connection.getresponse().read())


def model_in_the_process():
    import numpy

    weights = numpy.linspace(0, 1, 300 * 300).reshape(300, 300)
    for _ in range(20):
        weights = weights @ weights / numpy.abs(weights).max()
    return {"code": 1}


NAMES = {name: found for name, found in globals().items() if type(found) is type(http_client)}

if __name__ == "__main__":
    began_s = time.monotonic()
    assert NAMES[sys.argv[1]]()["code"] == 1
    assert time.monotonic() - began_s < 0.2
    print("ok")
