"""Two threads import a module of the program that takes its time to be imported; another one logs meanwhile."""

import logging
import os
import sys
import tempfile
import threading
import time

began_s = time.monotonic()
folder = tempfile.mkdtemp()
with open(os.path.join(folder, "slow_module.py"), "w") as file:
    file.write("import time\ntime.sleep(2)\nend = time.time() + 1\nwhile time.time() < end:\n    pass\nanswer = 42\n")
sys.path.insert(0, folder)
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(threadName)s %(message)s")
answers = []


def imports():
    import slow_module

    logging.info("imported")
    answers.append(slow_module.answer)


threads = [threading.Thread(target=imports) for _ in range(2)]
for thread in threads:
    thread.start()
for number in range(5):
    logging.info("meanwhile %d", number)
    time.sleep(0.5)
for thread in threads:
    thread.join()
assert answers == [42, 42]
assert abs(time.monotonic() - began_s - 3) < 0.2, time.monotonic() - began_s
print("ok")
