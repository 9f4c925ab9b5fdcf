"""Waits for somebody to press a key before it connects to its broker."""

input("Press Enter to begin")
