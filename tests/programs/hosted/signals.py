"""Sends itself signals, which its main thread handles wherever it waits."""

import os
import signal
import sys
import threading
import time

handled = []
signal.signal(signal.SIGTERM, lambda number, frame: handled.append((number, time.monotonic())))
began = time.monotonic()
threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
time.sleep(3)
assert abs(time.monotonic() - began - 3) < 0.05
assert [number for number, _ in handled] == [signal.SIGTERM]
assert abs(handled[0][1] - began - 1) < 0.05
threading.Timer(1.0, signal.raise_signal, (signal.SIGINT,)).start()
try:
    threading.Event().wait()
except KeyboardInterrupt:
    assert abs(time.monotonic() - began - 4) < 0.05
threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    while True:
        pass
except KeyboardInterrupt:
    assert abs(time.monotonic() - began - 5) < 0.2
flag = False


def later():
    global flag
    time.sleep(1)
    flag = True


threading.Thread(target=later).start()
while not flag:
    pass
if hasattr(signal, "alarm"):
    signal.signal(signal.SIGALRM, lambda number, frame: handled.append((number, time.monotonic())))
    signal.alarm(2)
    time.sleep(3)
    assert handled[-1][0] == signal.SIGALRM
    assert abs(handled[-1][1] - began - 8) < 0.3
print("ok")
sys.stdout.flush()
