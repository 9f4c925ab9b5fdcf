"""Threads that could all run: prints in which order they do, and how many additions they lose to each other."""

import threading

order, total = [], 0


def adds(name):
    global total
    for _ in range(200):
        seen = total
        order.append(name)
        total = seen + 1


threads = [threading.Thread(target=adds, args=(name,)) for name in "abcd"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(total, "".join(order))
