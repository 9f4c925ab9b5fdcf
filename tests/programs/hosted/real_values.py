"""Dates, locks and what else a program holds, as a real system has them: python real_values.py NAME."""

import copy
import ctypes
import datetime
import json
import os
import pickle
import queue
import random
import select
import signal
import socket
import sqlite3
import sys
import threading
import time
import warnings
from multiprocessing import shared_memory

from raised import raised
from stopwatch import passed

TEN = datetime.timezone(datetime.timedelta(hours=10))


class Stamp(datetime.datetime):
    pass


def dates_by_any_name():
    now, day = datetime.datetime.now(), datetime.date.today()
    assert (type(now), type(day)) == (datetime.datetime, datetime.date)
    dates = [
        day, now.date(), (now + datetime.timedelta(days=1)).date(), datetime.date.min, datetime.date.max,
        datetime.date(2024, 2, 29), datetime.date.fromisoformat("2024-02-29"), datetime.date.fromtimestamp(time.time()),
    ]  # fmt: skip
    times = [
        now, datetime.datetime.today(), datetime.datetime.now(TEN), datetime.datetime.min, datetime.datetime.max,
        datetime.datetime.combine(day, now.time()), now + datetime.timedelta(seconds=1), now.replace(year=2030),
        datetime.datetime.fromisoformat("2024-02-29T10:20:30"), datetime.datetime.strptime("2024", "%Y"),
        datetime.datetime.fromtimestamp(time.time()), now.astimezone(TEN),
    ]  # fmt: skip
    for one, kind in [(one, datetime.date) for one in dates] + [(one, datetime.datetime) for one in times]:
        assert type(one) is kind
        assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == copy.copy(one) == one
        assert kind.fromisoformat(str(one)) == one
        assert json.loads(json.dumps({"at": one}, default=str)) == {"at": str(one)}
    assert not isinstance(day, datetime.datetime)
    assert isinstance(now, datetime.date)
    assert datetime.datetime.combine(now.date(), now.time()) == now
    assert now.date() == day


def dates_in_a_database():
    warnings.simplefilter("ignore")  # Python 3.12 means to drop this.
    now = datetime.datetime.now()
    base = sqlite3.connect(":memory:", detect_types=sqlite3.PARSE_DECLTYPES)
    base.execute("create table items (day date, at timestamp)")
    base.execute("insert into items values (?, ?)", (now.date(), now))
    assert base.execute("select * from items").fetchall() == [(now.date(), now)]


def a_date_of_ones_own():
    now, stamp = datetime.datetime.now(), Stamp.now()
    assert type(stamp) is Stamp
    assert isinstance(stamp, datetime.datetime)
    assert not isinstance(now, Stamp)
    assert issubclass(Stamp, datetime.datetime)
    assert not issubclass(datetime.datetime, Stamp)
    assert type(stamp + datetime.timedelta(1)) is Stamp
    assert pickle.loads(pickle.dumps(stamp)) == stamp
    assert stamp.date() == now.date()


def the_time_of_dates():
    before, utc, zoned = datetime.datetime.now(), utc_now(), datetime.datetime.now(tz=datetime.timezone.utc)
    assert abs((zoned.replace(tzinfo=None) - utc).total_seconds()) < 0.01
    assert abs(zoned.timestamp() - time.time()) < 0.01
    time.sleep(9000)
    assert abs((datetime.datetime.now() - before).total_seconds() - 9000) < 0.01
    assert abs((utc_now() - utc).total_seconds() - 9000) < 0.01
    assert datetime.date.today() == datetime.datetime.now().date()
    assert utc_now().date() - utc.date() == datetime.timedelta(days=1)
    raised(TypeError, datetime.datetime.now, "Europe/Berlin")
    passed(9000)


def utc_now(_=None):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        now = datetime.datetime.utcnow()
    assert [warning.filename for warning in caught] == ([__file__] if sys.version_info >= (3, 12) else [])
    return now


class Holder:
    def __init__(self):
        self.lock = threading.Lock()


def locks_cannot_be_copied():
    lock, nested, line = "cannot pickle '_thread.lock' object", "cannot pickle '_thread.RLock' object", queue.Queue()
    for one, message in ((threading.Lock(), lock), (threading.RLock(), nested), (Holder(), lock), (line, lock)):
        for use in (copy.deepcopy, pickle.dumps):
            assert str(raised(TypeError, use, one)) == message
    assert str(raised(TypeError, copy.copy, threading.Lock())) == lock


def sockets_cannot_be_copied():
    for use in (copy.deepcopy, copy.copy, pickle.dumps):
        assert str(raised(TypeError, use, socket.socket())) == "cannot pickle 'socket' object"
    assert type(socket.socket()).__name__ == "socket"


def shared_memory_by_threads():
    memory = shared_memory.SharedMemory(create=True, size=10)
    memory.buf[0] = 7
    other = shared_memory.SharedMemory(memory.name)
    assert other.buf[0] == 7
    other.close()
    memory.close()
    memory.unlink()


def attributes_of_a_class():
    """What is written in C makes no method, but a function of Python's does."""
    warnings.simplefilter("error")
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    os.kill(os.getpid(), signal.SIGUSR1)
    calls = [
        (os.getpid,), (os.getppid,), (os.getrandom, 3), (os.urandom, 3), (os.kill, os.getpid(), 0),
        (os.killpg, os.getpgrp(), 0), (os.system, "clear"), (select.select, [], [], [], 0), (sys.settrace, None),
        (sys._current_frames,), (signal.alarm, 0), (signal.getitimer, 0), (signal.setitimer, 0, 0),
        (signal.set_wakeup_fd, -1), (signal.sigtimedwait, [signal.SIGUSR2], 0),
        (signal.siginterrupt, signal.SIGUSR1, False), (socket.getdefaulttimeout,),
        (socket.setdefaulttimeout, None), (socket.gethostbyname, "localhost"), (socket.gethostname,),
        (threading.get_ident,), (threading.get_native_id,), (threading.Lock,), (random.random,), (random.seed,),
        (time.asctime,), (time.clock_gettime, 0), (time.clock_gettime_ns, 0), (time.ctime,), (time.gmtime,),
        (time.localtime,), (time.monotonic,), (time.monotonic_ns,), (time.perf_counter,), (time.perf_counter_ns,),
        (time.process_time,), (time.process_time_ns,), (time.sleep, 0), (time.strftime, "%Y"), (time.thread_time,),
        (time.thread_time_ns,), (time.time,), (time.time_ns,),
    ]  # fmt: skip
    for function, *arguments in calls:
        type("Holder", (), {"call": function})().call(*arguments)
    assert type("Holder", (), {"call": signal.sigwaitinfo})().call([signal.SIGUSR1]).si_signo == signal.SIGUSR1


def a_thread_that_is_stopped():
    """By the function that is known as stop_thread."""
    pythonapi = ctypes.pythonapi
    thread, times = worker()
    time.sleep(0.5)
    assert pythonapi.PyThreadState_SetAsyncExc(ctypes.c_long(thread.ident), ctypes.py_object(SystemExit)) == 1
    thread.join()
    assert times == [1]  # The wait ends first.
    pythonapi.PyThreadState_SetAsyncExc.argtypes = (ctypes.c_ulong, ctypes.py_object)
    thread, times = worker(0.1)
    time.sleep(0.55)
    assert pythonapi.PyThreadState_SetAsyncExc(thread.ident, SystemExit) == 1
    thread.join()
    assert times == [0.6]
    assert pythonapi.PyThreadState_SetAsyncExc(thread.ident, SystemExit) == 0
    thread, times = worker(0)
    time.sleep(0.5)
    pythonapi.PyThreadState_SetAsyncExc(thread.ident, SystemExit)
    thread.join()
    assert 0.5 <= times[0] < 0.7
    lock = threading.Lock()
    thread, times = worker(1, lock)
    time.sleep(0.5)
    pythonapi.PyThreadState_SetAsyncExc(thread.ident, ValueError)
    raised(KeyError, stop_itself)
    thread.join()
    with lock:
        assert times == [1]


def stop_itself(times=1000):
    ctypes.pythonapi.PyThreadState_SetAsyncExc(threading.get_ident(), KeyError)
    return sum(range(times))


def worker(pause_s=1, lock=None):
    """A thread that waits again and again, and when it ended, in s since its start."""
    times, began_s = [], time.monotonic()

    def work():
        try:
            while True:
                with lock or threading.Lock():
                    if pause_s:
                        time.sleep(pause_s)
        except (SystemExit, ValueError):
            times.append(round(time.monotonic() - began_s, 1))

    thread = threading.Thread(target=work)
    thread.start()
    return thread, times


def names_and_addresses_of_its_own_machine():
    assert socket.gethostbyname_ex("localhost")[::2] == ("localhost", ["127.0.0.1"])
    assert socket.gethostbyaddr("127.0.0.1")[::2] == ("localhost", ["127.0.0.1"])
    assert socket.getnameinfo(("127.0.0.1", 80), 0) == ("localhost", "http")
    numeric = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    assert socket.getnameinfo(("127.0.0.1", 80), numeric) == ("127.0.0.1", "80")
    assert socket.getfqdn("127.0.0.1") == "localhost"


def a_keyboard_by_its_bytes():
    assert sys.stdin.buffer.readable()
    assert sys.stdin.buffer.fileno() == sys.stdin.fileno()
    assert callable(sys.stdin.buffer.readline)
    assert callable(sys.stdin.buffer.read1)


def its_own_process():
    own = os.getpid()
    assert os.getpgid(own) == os.getpgrp() == os.getpgid(0)
    assert os.getsid(own) == os.getsid(0)
    assert os.getpgid(os.getppid()) > 0
    assert os.getpriority(os.PRIO_PROCESS, own) == os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, own, os.getpriority(os.PRIO_PROCESS, 0))
    assert os.sched_getaffinity(own) == os.sched_getaffinity(0)
    os.sched_setaffinity(own, os.sched_getaffinity(0))
    raised(ProcessLookupError, os.getpgid, 2**30)


def its_own_process_by_psutil():
    try:
        import psutil
    except ImportError:
        return
    for process in (psutil.Process(), psutil.Process(os.getpid())):
        assert process.pid == os.getpid()
        assert process.memory_info().rss > 0
        assert process.is_running()
        assert process.cpu_percent() >= 0
        assert process == psutil.Process()
    assert psutil.pid_exists(os.getpid())
    assert os.getpid() in psutil.pids()
    assert [process.pid for process in psutil.process_iter() if process == psutil.Process()] == [os.getpid()]
    raised(psutil.NoSuchProcess, psutil.Process, 2**30)


def the_longest_wait():
    lock = threading.Lock()
    assert lock.acquire(timeout=threading.TIMEOUT_MAX)
    threading.Timer(1, lock.release).start()
    assert lock.acquire(timeout=threading.TIMEOUT_MAX)
    passed(1)
    raised(OverflowError, lock.acquire, True, threading.TIMEOUT_MAX * 2)
    assert not threading.Event().wait(0.5)
    passed(1.5)


NAMES = {name: found for name, found in globals().items() if callable(found) and found.__module__ == __name__}

if __name__ == "__main__":
    NAMES[sys.argv[1]]()
    print("ok")
