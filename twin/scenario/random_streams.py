"""Named random streams from one seed: a new stream does not change the numbers of the others."""

import hashlib
import random


class Streams:
    """The random streams of one scenario, each an independent generator with a name."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def number(self, name: str) -> int:
        """A 63-bit seed that depends on the scenario's seed and on `name` only."""
        digest = hashlib.blake2b(f"{self._seed}/{name}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") >> 1

    def stream(self, name: str) -> random.Random:
        """Create a generator for `name`. The same name always gives the same numbers."""
        return random.Random(self.number(name))
