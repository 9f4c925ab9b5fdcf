"""Is called by a thread that Python did not start, which only looks and sets variables."""

import ctypes

CALLBACK = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
library = ctypes.CDLL(None)
looks = 0


@CALLBACK
def called(_):
    global looks
    while True:
        looks += 1
        library.usleep(1000)


thread = ctypes.c_ulong()
library.pthread_create(ctypes.byref(thread), None, called, None)
library.sleep(20)
