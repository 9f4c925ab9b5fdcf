"""Uses an event loop that waits outside Python."""

import uvloop  # noqa: F401
