"""The digital twin of the sorting line."""
