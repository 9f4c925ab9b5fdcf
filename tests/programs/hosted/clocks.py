"""Every clock tells the same time, which passes by waiting alone, and never stands still between two readings."""

import asyncio
import datetime
import time
from time import monotonic, sleep

began, began_wall, began_date = monotonic(), time.time(), datetime.datetime.now()
sleep(3600)
assert 3600 <= monotonic() - began < 3600.01, monotonic() - began
assert 3600 <= time.perf_counter() - began < 3600.01
assert 3600 <= time.time() - began_wall < 3600.01
assert 3600 <= (datetime.datetime.now() - began_date).total_seconds() < 3600.01
assert 3600 <= time.monotonic_ns() / 1e9 - began < 3600.01
assert abs(datetime.datetime.now().timestamp() - time.time()) < 0.01
assert abs(time.mktime(time.localtime()) - time.time()) < 2
assert datetime.date.today() == datetime.datetime.today().date()
assert isinstance(datetime.datetime(2020, 1, 1), datetime.datetime)
assert isinstance(datetime.datetime.now() + datetime.timedelta(1), datetime.date)
since_start = (time.monotonic, time.perf_counter, lambda: time.monotonic_ns() / 1e9, asyncio.new_event_loop().time)
assert all(86_400 < clock() - 3600 < 2 * 86_400 for clock in since_start), "a system runs for more than a day"
assert all(3600 <= clock() < 3601 for clock in (time.process_time, time.thread_time)), "these begin with the program"
if hasattr(time, "clock_gettime"):
    readings = [time.clock_gettime(clock) for clock in (time.CLOCK_MONOTONIC, time.CLOCK_PROCESS_CPUTIME_ID)]
    assert abs(readings[0] - time.monotonic()) < 0.01, readings
    assert abs(readings[1] - time.process_time()) < 0.01, readings
before = time.perf_counter()
assert time.perf_counter() > before
print(time.strftime("%Y", time.gmtime()), "ok")
