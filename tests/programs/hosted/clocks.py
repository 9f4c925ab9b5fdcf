"""Every clock tells the same time, which passes by waiting alone, and never stands still between two readings."""

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
before = time.perf_counter()
assert time.perf_counter() > before
print(time.strftime("%Y", time.gmtime()), "ok")
