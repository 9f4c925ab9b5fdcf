"""The live page: the line as it moves, for whoever watches, and hands that break and heal it."""
