"""The controller's decisions, without socket, thread or clock.

`controller` decides what the line does next. `tracker` associates each detection with a `track`, one for each item on
the belt. It learns the line's times in a `timing_model`. `spacing` computes when the next item may be loaded, and
whether a rod may go out.
"""

from controller.core.controller import Controller

__all__ = ["Controller"]
