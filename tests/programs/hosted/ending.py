"""Ends when its last thread that is no daemon has ended, with what it registered for that."""

import atexit
import sys
import threading
import time

atexit.register(lambda: print("atexit at", round(time.monotonic())))
threading.Thread(target=lambda: (time.sleep(5), print("thread ends"))).start()
threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
print("main ends")
sys.exit(3)
