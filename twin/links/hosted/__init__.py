"""The link to an unmodified Python program under a virtual clock: its process, and what its sockets lead to."""
