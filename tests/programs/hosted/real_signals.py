"""Signals as a real system has them: python real_signals.py NAME."""

import errno
import os
import signal
import sys
import threading
import time

from raised import raised
from stopwatch import passed


def rung_at(number=signal.SIGALRM):
    """The times at which a signal comes, which it notes."""
    times, began_s = [], time.monotonic()
    signal.signal(number, lambda number, frame: times.append(round(time.monotonic() - began_s)))
    return times


def a_cancelled_alarm():
    times = rung_at()
    signal.alarm(2)
    assert signal.alarm(0) == 2
    time.sleep(5)
    assert times == []


def a_postponed_alarm():
    times = rung_at()
    signal.alarm(2)
    assert signal.alarm(10) == 2
    time.sleep(15)
    assert times == [10]


def a_repeated_alarm():
    times = rung_at()
    signal.setitimer(signal.ITIMER_REAL, 1, 2)
    time.sleep(6)
    assert times == [1, 3, 5]
    left_s, interval_s = signal.setitimer(signal.ITIMER_REAL, 0)
    assert 0.9 < left_s <= 1
    assert interval_s == 2
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    signal.setitimer(signal.ITIMER_PROF, 1)  # Of the processor's time.
    time.sleep(5)
    assert times == [1, 3, 5]


def what_cannot_be_handled():
    for number in (signal.SIGKILL, signal.SIGSTOP):
        assert raised(OSError, signal.signal, number, print).errno == errno.EINVAL
    raised(ValueError, signal.signal, 1000, print)


def what_does_nothing_by_default():
    for number in (signal.SIGCHLD, signal.SIGWINCH, signal.SIGURG, signal.SIGPIPE):
        os.kill(os.getpid(), number)
    assert signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN
    assert signal.signal(signal.SIGINT, 1) is signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    os.kill(os.getpid(), signal.SIGINT)


def a_handlers_frame():
    frames = []
    signal.signal(signal.SIGUSR1, lambda number, frame: frames.append(frame.f_code.co_name))
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGUSR1)).start()

    def sleeps():
        time.sleep(2)

    sleeps()
    assert frames == ["sleeps"]


def waits_for_a_signal():
    both = {signal.SIGUSR1, signal.SIGTERM}
    assert signal.pthread_sigmask(signal.SIG_BLOCK, both) == set()
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGTERM)).start()
    assert signal.sigwait(both) is signal.SIGTERM
    passed(1)
    assert signal.sigtimedwait(both, 0.5) is None
    passed(1.5)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGUSR1)).start()
    assert signal.sigwaitinfo(both).si_signo == signal.SIGUSR1
    passed(2)


def a_thread_that_waits_for_signals():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    got = []
    thread = threading.Thread(target=lambda: got.append(signal.sigwait({signal.SIGTERM})))
    thread.start()
    time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    thread.join(5)
    assert got == [signal.SIGTERM]
    passed(1)


def a_mask():
    times = rung_at(signal.SIGUSR1)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(2)
    assert times == []
    assert signal.sigpending() == {signal.SIGUSR1}
    assert signal.pthread_sigmask(signal.SIG_SETMASK, ()) == {signal.SIGUSR1}
    assert times == [2]
    assert signal.sigpending() == set()


def a_mask_of_another_thread():
    times = rung_at(signal.SIGUSR1)
    thread = threading.Thread(target=signal.pthread_sigmask, args=(signal.SIG_BLOCK, {signal.SIGUSR1}))
    thread.start()
    thread.join()
    os.kill(os.getpid(), signal.SIGUSR1)
    assert times == [0]


def a_signal_to_a_thread():
    times = rung_at(signal.SIGUSR1)
    thread = threading.Thread(target=time.sleep, args=(3,))
    thread.start()
    signal.pthread_kill(thread.ident, 0)
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
    assert times == [0]
    threading.Timer(1, signal.pthread_kill, (threading.get_ident(), signal.SIGUSR1)).start()
    thread.join()
    assert times == [0, 1]
    passed(3)
    raised(ProcessLookupError, signal.pthread_kill, thread.ident, 0)


def an_interrupt_that_is_ignored():
    import _thread

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _thread.interrupt_main()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _thread.interrupt_main()
        time.sleep(1)
    except KeyboardInterrupt:
        passed(0)


def frames_of_threads():
    started = threading.Thread(target=waits_long, args=(10,), daemon=True)
    started.start()
    time.sleep(1)
    frames = sys._current_frames()
    assert set(frames) == {threading.get_ident(), started.ident}
    assert frames[threading.get_ident()].f_code.co_name == "frames_of_threads"
    assert frames[started.ident].f_code.co_name == "waits_long"


def waits_long(seconds):
    time.sleep(seconds)


def another_process():
    os.kill(os.getpid(), 0)
    os.kill(os.getppid(), 0)
    for number in (0, signal.SIGTERM):
        raised(ProcessLookupError, os.kill, os.getpid() + 1000, number)


NAMES = {name: found for name, found in globals().items() if callable(found) and found.__module__ == __name__}

if __name__ == "__main__":
    NAMES[sys.argv[1]]()
    print("ok")
