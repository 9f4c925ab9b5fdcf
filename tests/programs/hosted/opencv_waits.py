"""OpenCV's clock, and a key that nobody presses in a window that is shown."""

import signal
import sys
import threading
import time

import cv2
import numpy

began_s = time.monotonic()


def passed_s():
    return round(time.monotonic() - began_s, 2)


def ticks():
    began = cv2.getTickCount()
    meter = cv2.TickMeter()
    for _ in range(2):
        meter.start()
        time.sleep(0.5)
        meter.stop()
    time.sleep(0.5)
    assert abs((cv2.getTickCount() - began) / cv2.getTickFrequency() - 1.5) < 0.01
    assert abs(meter.getTimeSec() - 1) < 0.01
    assert (meter.getCounter(), round(meter.getAvgTimeMilli()), round(meter.getFPS())) == (2, 500, 2)
    assert round(meter.getLastTimeSec(), 2) == 0.5
    meter.reset()
    assert (meter.getCounter(), meter.getTimeTicks(), meter.getFPS()) == (0, 0, 0)


def key():
    """Only a signal ends the wait, and threads go on meanwhile."""
    cv2.imshow("peach", numpy.zeros((10, 10, 3), numpy.uint8))
    threading.Timer(3, lambda: print("thread", passed_s())).start()
    threading.Timer(5, signal.raise_signal, (signal.SIGINT,)).start()
    try:
        cv2.waitKey(0)
    except KeyboardInterrupt:
        print("signal", passed_s())
    cv2.destroyWindow("peach")
    assert cv2.getWindowProperty("peach", cv2.WND_PROP_VISIBLE) < 1
    assert cv2.waitKey() == -1  # There is no window any more.
    cv2.namedWindow("other")
    assert cv2.getWindowProperty("other", cv2.WND_PROP_VISIBLE) == 1
    cv2.destroyAllWindows()
    assert cv2.waitKey(0) == -1
    assert passed_s() < 5.1


def bars():
    cv2.namedWindow("peach")
    cv2.createTrackbar("red", "peach", 120, 255, lambda value: None)
    assert cv2.getTrackbarPos("red", "peach") == 120
    cv2.setTrackbarPos("red", "peach", 7)
    assert cv2.getTrackbarPos("red", "peach") == 7


def nobody():
    cv2.namedWindow("peach")
    cv2.waitKey()


globals()[sys.argv[1]]()
print("ok")
