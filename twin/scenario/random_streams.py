"""Named random streams from one seed: adding a part to the line does not move another part's numbers."""

import hashlib
import random


class Streams:
    """Random streams of one scenario, each its own generator by name."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def number(self, name: str) -> int:
        """A 63-bit seed that depends on the scenario's seed and on `name` only."""
        digest = hashlib.blake2b(f"{self._seed}/{name}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") >> 1

    def stream(self, name: str) -> random.Random:
        """A fresh generator for `name`; the same name gives the same numbers again."""
        return random.Random(self.number(name))
