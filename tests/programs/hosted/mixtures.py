"""What programs put together: queues between asyncio and threads, logging by a queue, a server of their own, pools."""

import asyncio
import http.client
import http.server
import logging
import logging.handlers
import multiprocessing.pool
import os
import queue
import socketserver
import sys
import tempfile
import threading
import time
import weakref

began = time.monotonic()


def at(seconds):
    assert abs(time.monotonic() - began - seconds) < 0.05, (time.monotonic() - began, seconds)


records = queue.Queue(-1)
path = os.path.join(tempfile.mkdtemp(), "log.txt")
listener = logging.handlers.QueueListener(records, logging.FileHandler(path))
logger = logging.getLogger("line")
logger.addHandler(logging.handlers.QueueHandler(records))
logger.warning("begun")
listener.start()


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.5)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        logger.warning("asked for %s", self.path)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 8000), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()


def ask(path):
    connection = http.client.HTTPConnection("127.0.0.1", 8000)
    connection.request("GET", path)
    return connection.getresponse().read()


with multiprocessing.pool.ThreadPool(3) as pool:
    assert pool.map(ask, ["/1", "/2", "/3"]) == [b"ok"] * 3
at(0.5)
server.shutdown()


async def arrivals_of(loop):
    arrivals = asyncio.Queue()

    def speaks():
        for number in range(3):
            time.sleep(1)
            loop.call_soon_threadsafe(arrivals.put_nowait, number)

    threading.Thread(target=speaks).start()
    return [await arrivals.get() for _ in range(3)]


async def main():
    loop = asyncio.get_running_loop()
    assert await arrivals_of(loop) == [0, 1, 2]
    limit = asyncio.Semaphore(2)

    async def takes():
        async with limit:
            await asyncio.sleep(1)

    await asyncio.gather(*(takes() for _ in range(4)))
    future = asyncio.run_coroutine_threadsafe(asyncio.sleep(1, "slept"), loop)
    assert await loop.run_in_executor(None, future.result, 5) == "slept"


before = time.monotonic()
asyncio.run(main())
assert abs(time.monotonic() - before - 6) < 0.1, time.monotonic() - before
listener.stop()
with open(path) as file:
    assert file.read().count("\n") == 4
local = threading.local()


class Thing:
    def __init__(self):
        self.lock = threading.Lock()

    def __del__(self):
        with self.lock:
            sys.stdout.write("")


def keeps():
    local.thing = Thing()
    weakref.finalize(local.thing, lock.acquire, False)


lock = threading.Lock()
threads = [threading.Thread(target=keeps) for _ in range(20)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
timers = [threading.Timer(number / 10, lambda: None) for number in range(50)]
for timer in timers:
    timer.start()
timers[-1].cancel()
for timer in timers:
    timer.join()
print("ok")
