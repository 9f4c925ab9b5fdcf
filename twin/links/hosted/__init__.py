"""The link to an unmodified Python program under a virtual clock: its process, broker and recognition service."""
