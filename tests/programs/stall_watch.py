"""Until its standard input ends, how much longer short sleeps take than they should; then the longest, in ms."""

import sys
import threading
import time

LOOK_S = 0.01


def main():
    over, longest_s = threading.Event(), 0.0
    threading.Thread(target=lambda: (sys.stdin.read(), over.set())).start()
    sys.stdout.write("watching\n")
    sys.stdout.flush()
    while not over.is_set():
        before_s = time.perf_counter()
        over.wait(LOOK_S)
        longest_s = max(longest_s, time.perf_counter() - before_s - LOOK_S)
    sys.stdout.write(f"{1000 * longest_s}\n")


if __name__ == "__main__":
    main()
