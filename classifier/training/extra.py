"""The optional install that training needs, and one line for those who lack it."""

from importlib.util import find_spec
from typing import Final

from classifier.errors import MissingExtraError

TRAIN_EXTRA: Final = "needs torch and torchvision: pip install 'sorting-line-twin[train]'"

_PACKAGES: Final = ("torch", "torchvision", "onnx", "onnxscript", "matplotlib")
"""What a training needs sooner or later: better to miss it at the start."""


def require_torch(purpose: str) -> None:
    """Raise `MissingExtraError` naming the purpose and what to install, where a package of the extra is missing."""
    for name in _PACKAGES:
        if find_spec(name) is None:
            raise MissingExtraError(f"{purpose} {TRAIN_EXTRA}")
    try:
        import torch  # noqa: F401
        import torchvision  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(f"{purpose} {TRAIN_EXTRA}") from error
