"""What the line is to do next, and where each item is believed to be: no socket, no thread, no clock.

`controller` decides. `tracker` says which item a sensor has seen: it keeps a `track` of each item on the belt, and a
`timing_model` of the line, which it learns. `spacing` says when the next item may be loaded, and when a rod may go out.
"""

from controller.core.controller import Controller

__all__ = ["Controller"]
