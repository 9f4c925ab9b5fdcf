"""Chance that is the same on every run: the system's random bytes, unseeded generators, the process's number."""

from __future__ import annotations

import hashlib
import os
from typing import Any

PID = 4242


class Randomness:
    """A stream of bytes that follows from a seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0

    def urandom(self, size: int) -> bytes:
        """As `os.urandom`."""
        found = b""
        while len(found) < size:
            found += hashlib.sha256(f"{self._seed}/{self._count}".encode()).digest()
            self._count += 1
        return found[:size]

    def install(self) -> None:
        """Take the place of the system's."""
        os.urandom = self.urandom
        if hasattr(os, "getrandom"):
            os.getrandom = lambda size, flags=0: self.urandom(size)
        os.getpid = lambda: PID
        os.getppid = lambda: PID - 1
        import random

        seed = random.Random.seed

        def seeded(self_: Any, a: Any = None, version: int = 2) -> None:
            seed(self_, int.from_bytes(self.urandom(32), "big") if a is None else a, version)

        random.Random.seed = seeded  # type: ignore[method-assign, assignment]
        random._inst.seed()
        import uuid

        uuid._node = 0x0242AC110002  # type: ignore[attr-defined]
        uuid._has_uuid_generate_time_safe = False  # type: ignore[attr-defined]  # Python 3.8 loads it late.
        uuid._generate_time_safe = uuid._UuidCreate = None  # type: ignore[attr-defined]
