"""Is called by a thread that Python did not start."""

import ctypes
import threading

lock = threading.Lock()
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)


@CALLBACK
def called(_):
    with lock:
        return 0


library = ctypes.CDLL(None)
thread = ctypes.c_ulong()
library.pthread_create(ctypes.byref(thread), None, called, None)
library.pthread_join(thread, None)
