"""Randomness that is the same on every run: system random bytes, unseeded generators, the process's number."""

from __future__ import annotations

import hashlib
import os
import sys
from types import ModuleType
from typing import Any

from .functions import built_in
from .imports import when_imported

PID = 4242
PIDS_APART = 17
"""A program that is started again has another number, as on a real system."""


class Randomness:
    """Streams of bytes that follow from a seed."""

    def __init__(self) -> None:
        self._seed, self._pid = "0", PID
        self._counts = {"program": 0, "imports": 0}

    def begin(self, seed: int, start: int) -> None:
        """Let the program begin: all its random values follow from `seed` and `start`, the number of this start.

        What one start has drawn, such as a name by `uuid4`, is new to the next one.
        """
        self._seed = str(seed) if start == 1 else f"{seed}/start {start}"
        self._counts = {"program": 0, "imports": 0}
        self._pid = PID + PIDS_APART * (start - 1)
        sys.modules["random"].seed()
        if "numpy.random" in sys.modules:
            self._seed_numpy(sys.modules["numpy.random"])

    def urandom(self, size: int) -> bytes:
        """As `os.urandom`. Imports draw from a stream of their own, since a library may be imported already."""
        stream = "imports" if _importing() else "program"
        found = b""
        while len(found) < size:
            found += hashlib.sha256(f"{self._seed}/{stream}/{self._counts[stream]}".encode()).digest()
            self._counts[stream] += 1
        return found[:size]

    def install(self) -> None:
        """Replace the system's randomness."""
        os.urandom = self.urandom
        if hasattr(os, "getrandom"):
            os.getrandom = built_in(lambda size, flags=0: self.urandom(size))
        os.getpid = built_in(lambda: self._pid)
        os.getppid = built_in(lambda: PID - 1)
        when_imported("numpy.random", self._seed_numpy)
        import random

        seed = random.Random.seed

        def seeded(self_: Any, a: Any = None, version: int = 2) -> None:
            seed(self_, int.from_bytes(self.urandom(32), "big") if a is None else a, version)

        random.Random.seed = seeded  # type: ignore[method-assign, assignment]
        random.seed = random._inst.seed
        import uuid

        uuid._node = 0x0242AC110002  # type: ignore[attr-defined]
        uuid._has_uuid_generate_time_safe = False  # type: ignore[attr-defined]  # Python 3.8 loads it late.
        uuid._generate_time_safe = uuid._UuidCreate = None  # type: ignore[attr-defined]

    def _seed_numpy(self, module: ModuleType) -> None:
        """Seed numpy's global generator, whether it was imported before the program began or after."""
        digest = hashlib.sha256(f"{self._seed}/numpy".encode()).digest()
        module.__dict__["seed"](int.from_bytes(digest[:4], "big"))


def _importing() -> bool:
    """Whether a module is being imported."""
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
