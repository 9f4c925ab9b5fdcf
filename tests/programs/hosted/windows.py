"""Shows pictures in windows, and asks for keys, where there is no screen."""

import time

import cv2
import numpy

picture = numpy.zeros((10, 10, 3), numpy.uint8)
began = time.monotonic()
cv2.namedWindow("peach")
for _ in range(10):
    cv2.imshow("peach", picture)
    if cv2.waitKey(100) == ord("q"):
        break
assert abs(time.monotonic() - began - 1) < 0.05
cv2.destroyAllWindows()
print("ok")
