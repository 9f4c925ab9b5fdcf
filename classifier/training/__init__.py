"""How a model is made and measured: labelled sets, the network, its training, calibration, export and evaluation.

`produce` does all of it, from a `TrainingConfig` to the model's files. Sets, calibration and evaluation run without
torch; `Network`, `train`, `TorchEngine`, `export_checkpoint` and `produce` need the extra `train`. A name is loaded
when it is first asked for, so that importing the package loads nothing heavy. Whoever only runs a model needs nothing
from here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from classifier.metadata import TrainingConfig
    from classifier.training.calibration import calibrate
    from classifier.training.dataset import ImageSet, from_samples, read_tree, write_tree
    from classifier.training.evaluation import Report, evaluate
    from classifier.training.loop import Epoch, EpochLog, train
    from classifier.training.network import ARCHES, Network
    from classifier.training.recipe import ModelFiles, export_checkpoint, produce
    from classifier.training.splitting import split_flat
    from classifier.training.torch_engine import TorchEngine

__all__ = [
    "ARCHES", "Epoch", "EpochLog", "ImageSet", "ModelFiles", "Network", "Report", "TorchEngine", "TrainingConfig",
    "calibrate", "evaluate", "export_checkpoint", "from_samples", "produce", "read_tree", "split_flat", "train",
    "write_tree",
]  # fmt: skip

_HOMES: Final = {
    "classifier.metadata": ("TrainingConfig",),
    "classifier.training.calibration": ("calibrate",),
    "classifier.training.dataset": ("ImageSet", "from_samples", "read_tree", "write_tree"),
    "classifier.training.evaluation": ("Report", "evaluate"),
    "classifier.training.loop": ("Epoch", "EpochLog", "train"),
    "classifier.training.network": ("ARCHES", "Network"),
    "classifier.training.recipe": ("ModelFiles", "export_checkpoint", "produce"),
    "classifier.training.splitting": ("split_flat",),
    "classifier.training.torch_engine": ("TorchEngine",),
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for (PEP 562)."""
    for module, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(module), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
