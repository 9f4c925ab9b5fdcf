"""Ends when its last thread that is no daemon has ended, with what it registered for that."""

import atexit
import sys
import threading
import time

began_s = time.monotonic()
atexit.register(lambda: print("atexit after", round(time.monotonic() - began_s)))
threading.Thread(target=lambda: (time.sleep(5), print("thread ends"))).start()
threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
print("main ends")
sys.exit(3)
