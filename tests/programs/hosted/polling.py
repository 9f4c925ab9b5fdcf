"""Loops that wait for something by looking at it again and again, each in its way."""

import queue
import threading
import time

began = time.monotonic()
flag, box, jobs, lock = False, [], queue.Queue(), threading.Lock()


def raise_flag():
    global flag
    time.sleep(1)
    flag = True
    time.sleep(1)
    box.append(1)
    time.sleep(1)
    jobs.put("job")


threading.Thread(target=raise_flag).start()
while not flag:
    pass
assert abs(time.monotonic() - began - 1) < 0.2
while True:
    if len(box) > 0:
        break
assert abs(time.monotonic() - began - 2) < 0.2
while jobs.empty():
    time.sleep(0)
assert abs(time.monotonic() - began - 3) < 0.2
end = time.time() + 5
while time.time() < end: pass  # fmt: skip
assert abs(time.monotonic() - began - 8) < 0.2, time.monotonic() - began


def closure():
    """Another thread sets a variable of this function while it polls."""
    done = 0

    def finish():
        nonlocal done
        time.sleep(1)
        done = 1
        time.sleep(1)
        done = 2

    threading.Thread(target=finish).start()
    looks = 0
    while done < 2:
        looks = 1 - looks
    return done


assert closure() == 2
assert abs(time.monotonic() - began - 10) < 0.3, time.monotonic() - began
turn = 0


def takes_turns(own):
    global turn
    for _ in range(50):
        while turn % 3 != own:
            pass
        turn += 1


threads = [threading.Thread(target=takes_turns, args=(own,)) for own in range(3)]
for thread in threads:
    thread.start()
while any(thread.is_alive() for thread in threads):
    pass
assert turn == 150
later = time.monotonic()
primes = [number for number in range(2, 800) if all(number % other for other in range(2, number))]
total = 0
for number in range(10000):
    total += number * number % 7
assert time.monotonic() - later < 0.01, "to compute takes no time"
spelled = {  # Python 3.12 has the variables of a comprehension in the module's own frame.
    (word, push): b"%d" % word
    for word in range(200)
    for push in (True, False)
}  # fmt: skip
assert len(spelled) == 400
print(len(primes), "ok")
