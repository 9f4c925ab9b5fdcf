"""The controller of the sorting line: deployable by itself, the same program on the twin and on the plant."""

from controller.errors import ControllerError, WireError

__all__ = ["ControllerError", "WireError"]
