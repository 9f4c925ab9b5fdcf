"""Threads that are over before whoever started them goes on."""

import threading

done = []
for number in range(50):
    thread = threading.Thread(target=done.append, args=(number,))
    thread.start()
    thread.join()
print("ok")
