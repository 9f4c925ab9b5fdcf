"""Locks, conditions, events, queues, timers, barriers and pools wait for as long as they say."""

import queue
import sched
import threading
import time
from concurrent.futures import ThreadPoolExecutor, TimeoutError as Late

began = time.monotonic()


def after(seconds):
    """It is so much later."""
    assert abs(time.monotonic() - began - seconds) < 0.05, (time.monotonic() - began, seconds)


event, lock, condition = threading.Event(), threading.RLock(), threading.Condition()
threading.Timer(1.0, event.set).start()
assert event.wait(5)
after(1)
assert not threading.Event().wait(0.5)
after(1.5)


def holds():
    with lock, lock:
        time.sleep(1)


holder = threading.Thread(target=holds)
holder.start()
time.sleep(0)
assert not lock.acquire(timeout=0.5)
after(2)
with lock:
    after(2.5)
holder.join()
jobs, simple = queue.Queue(), queue.SimpleQueue()


def works():
    while True:
        seconds = jobs.get()
        time.sleep(seconds)
        simple.put(seconds)
        jobs.task_done()


for _ in range(2):
    threading.Thread(target=works, daemon=True).start()
for seconds in (1, 2, 1):
    jobs.put(seconds)
jobs.join()
after(4.5)
assert [simple.get() for _ in range(3)] == [1, 2, 1]
try:
    simple.get(timeout=0.5)
except queue.Empty:
    after(5)
with ThreadPoolExecutor(3) as pool:
    slow = pool.submit(time.sleep, 2)
    assert list(pool.map(lambda number: number * 2, range(5))) == [0, 2, 4, 6, 8]
    try:
        slow.result(timeout=1)
    except Late:
        after(6)
after(7)
barrier, gate = threading.Barrier(3), threading.Semaphore(0)
for pause in (0.25, 0.5):
    threading.Thread(target=lambda pause=pause: (time.sleep(pause), barrier.wait())).start()
barrier.wait()
after(7.5)
plan = sched.scheduler()
plan.enter(0.5, 1, gate.release)
plan.run()
assert gate.acquire(timeout=1)
after(8)
with condition:
    threading.Timer(0.5, lambda: (condition.acquire(), condition.notify(), condition.release())).start()
    assert condition.wait(3)
after(8.5)
local = threading.local()
local.name = "main"
assert threading.current_thread() is threading.main_thread()
print("ok")
