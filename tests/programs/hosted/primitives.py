"""What a program waits with and tells the time by, one each: python primitives.py NAME."""

import asyncio
import atexit
import datetime
import multiprocessing
import os
import queue
import sched
import select
import selectors
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from time import sleep

from stopwatch import passed


def threads():
    one = threading.Thread(target=sleep, args=(1,))
    one.start()
    one.join(0.5)
    assert one.is_alive()
    one.join()
    passed(1)


def timers():
    rung = []
    threading.Timer(1, rung.append, ("rung",)).start()
    cancelled = threading.Timer(0.5, rung.append, ("cancelled",))
    cancelled.start()
    cancelled.cancel()
    sleep(2)
    assert rung == ["rung"]
    passed(2)


def thread_pools():
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(sleep, (1, 1, 1)))
    passed(2)


def locks():
    lock, nested = threading.Lock(), threading.RLock()
    lock.acquire()
    threading.Timer(1, lock.release).start()
    assert not lock.acquire(timeout=0.5)
    with lock, nested, nested:
        passed(1)


def conditions():
    condition, done = threading.Condition(), []
    threading.Timer(1, lambda: (done.append(1), condition.acquire(), condition.notify(), condition.release())).start()
    with condition:
        assert condition.wait_for(lambda: done, timeout=5)
    passed(1)


def events():
    event = threading.Event()
    assert not event.wait(0.5)
    threading.Timer(0.5, event.set).start()
    assert event.wait(5)
    passed(1)


def queues(kind=queue.Queue):
    line = kind()
    threading.Timer(1, line.put, ("item",)).start()
    assert line.get() == "item"
    try:
        line.get(timeout=1)
    except queue.Empty:
        passed(2)


def simple_queue():
    queues(queue.SimpleQueue)


def multiprocessing_among_threads():
    shared, lock = multiprocessing.Queue(), multiprocessing.Lock()
    number, ready = multiprocessing.Value("i", 0), multiprocessing.Event()
    sent = {"label": ["raw"]}
    threading.Timer(1, lambda: (shared.put(sent), sent["label"].append("ripe"))).start()
    threading.Timer(2, ready.set).start()
    with lock:
        assert not lock.acquire(timeout=0.5)
        assert not lock.acquire(block=False)
    got = shared.get(timeout=5)
    assert got == {"label": ["raw"]}  # A copy, as of another process.
    with number.get_lock():
        number.value += 1
    assert ready.wait(5)
    passed(2)


def scheduler():
    plan = sched.scheduler(time.monotonic, sleep)
    plan.enter(1, 1, passed, (1,))
    plan.enter(2, 1, passed, (2,))
    plan.run()
    passed(2)


def clocks():
    clocks = (time.time, time.monotonic, time.perf_counter, time.process_time, lambda: time.monotonic_ns() / 1e9)
    before = [clock() for clock in clocks]
    time.sleep(1)
    assert all(abs(clock() - earlier - 1) < 0.01 for clock, earlier in zip(clocks, before))
    passed(1)


def imported_sleep():
    sleep(1)
    passed(1)


def datetime_now():
    before = datetime.datetime.now()
    sleep(1)
    assert 1 <= (datetime.datetime.now() - before).total_seconds() < 1.05
    assert datetime.datetime.now().date() == datetime.date.today()


def select_select():
    one, other = socket.socketpair()
    threading.Timer(1, other.send, (b"x",)).start()
    assert select.select([one], [], [], 0.5)[0] == []
    assert select.select([one], [], [], 5)[0] == [one]
    passed(1)


def default_selector():
    one, other = socket.socketpair()
    threading.Timer(1, other.send, (b"x",)).start()
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ)
        assert selector.select(0.5) == []
        assert len(selector.select(5)) == 1
    passed(1)


async def waits():
    await asyncio.gather(asyncio.sleep(1), asyncio.get_running_loop().run_in_executor(None, sleep, 1))
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 1)
    except asyncio.TimeoutError:
        passed(2)


def plain_asyncio():
    asyncio.run(waits())


def signals():
    received = []
    signal.signal(signal.SIGINT, lambda number, frame: received.append(number))
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
    sleep(2)
    assert received == [signal.SIGINT]
    passed(2)


def at_exit():
    atexit.register(lambda: sys.stdout.write("at exit\n"))


def polling_a_variable():
    done = []
    threading.Timer(1, done.append, (1,)).start()
    while not done:
        pass
    passed(1, within=0.2)


def polling_the_clock():
    until_s = time.time() + 1
    while time.time() < until_s:
        pass
    passed(1)


def a_keyboard():
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        input("press Enter to end")
    except KeyboardInterrupt:
        passed(1)


NAMES = {name: found for name, found in globals().items() if callable(found) and found.__module__ == __name__}

if __name__ == "__main__":
    NAMES[sys.argv[1]]()
    print("ok")
