"""Takes what has come by copying a list and clearing it; a message may come between the two. Says how many it has."""

import threading
import time

inbox, taken = [], []
stopping = threading.Event()


def sends():
    for number in range(400):
        time.sleep(0.013)
        inbox.append(number)
    stopping.set()


def takes():
    while not stopping.is_set():
        time.sleep(0.01)
        fresh = list(inbox)
        inbox.clear()
        taken.extend(fresh)


threads = [threading.Thread(target=sends), threading.Thread(target=takes)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(taken) + len(inbox))
