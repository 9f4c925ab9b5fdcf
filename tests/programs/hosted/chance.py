"""Prints what is drawn by chance."""

import os
import random
import threading
import uuid

import secrets

print(random.random(), random.Random().random(), uuid.uuid4(), os.urandom(4), secrets.token_hex(4), os.getpid())
print(hash("a string"), threading.get_ident(), uuid.uuid1(), {"a", "b", "c"})
