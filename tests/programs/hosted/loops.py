"""Loops that compute, and loops that wait for something, one each: python loops.py NAME."""

import itertools
import sys
import threading
import time

from stopwatch import passed

WIDE, HIGH = 640, 480


def over_pixels():
    image = [[column % 200 for column in range(WIDE)] for _ in range(HIGH)]
    bright = 0
    for row in range(HIGH):
        for column in range(WIDE):
            value = image[row][column]
            if value > 120:
                bright += 1
    assert bright == HIGH * 237
    passed(0)


def over_pixels_in_a_loop_that_waits():
    pictures = [[b"\x10" * WIDE] * HIGH]
    bright = 0
    while True:
        time.sleep(1)
        if not pictures:
            break
        for row in pictures.pop():
            for value in row:
                if value > 120:
                    bright += 1
    passed(2)


def over_pairs():
    bad = 0
    for pair in zip(range(5_000), range(5_000)):
        if pair[0] < 0:
            bad += 1
    passed(0)


def over_bytes_that_repeat():
    found = False
    for value in b"\x00\x01" * 5_000:
        if value == 9:
            found = True
    assert not found
    passed(0)


def over_rows():
    for row in [{"gate": 1}] * 3_000:
        copied = dict(row)
        if copied["gate"] == 2:
            raise AssertionError
    passed(0)


def _raised_after(seconds):
    flags = []
    threading.Timer(seconds, flags.append, (True,)).start()
    return flags


def polling_in_a_line():
    flags = _raised_after(1)
    while not flags: pass  # fmt: skip
    passed(1, within=0.2)


def polling_with_a_counter():
    flags, looks = _raised_after(1), 0
    while not flags:
        looks += 1
    passed(1, within=0.2)


def polling_several():
    flags, gates = _raised_after(1), [False] * 3
    while not any(gates):
        for number in range(3):
            gates[number] = bool(flags)
    passed(1, within=0.2)


def polling_a_copy():
    flags = _raised_after(1)
    while True:
        seen = list(flags)
        if seen:
            break
    passed(1, within=0.2)


def polling_in_a_function():
    flags = _raised_after(1)

    def is_raised():
        return bool(flags)

    while True:
        if is_raised():
            break
    passed(1, within=0.2)


def polling_without_an_end():
    flags = _raised_after(1)
    for _ in itertools.repeat(None):
        if flags:
            break
    passed(1, within=0.2)


NAMES = {name: found for name, found in globals().items() if callable(found) and found.__module__ == __name__}

if __name__ == "__main__":
    NAMES[sys.argv[1]]()
    print("ok")
