"""The controller of the sorting line. Deployable by itself; the same program on the twin and on the plant."""

from controller.core import Controller
from controller.errors import ControllerError, WireError
from controller.settings import Settings

__all__ = ["Controller", "ControllerError", "Settings", "WireError"]
