"""Engines: what runs a model. onnxruntime (int8, fp32) and torch, behind one seam."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as reasons

from classifier.errors import MissingExtraError, ModelError
from classifier.metadata import CARD_KEY, Card, decode_card

if TYPE_CHECKING:
    from classifier.training.network import Network

Answers = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Logits [n, outputs] and distances [n]; what the outputs are is on the card."""

ENGINE_KEY: Final = "engine"
"""Where an ONNX file's metadata says which engine its weights are for."""

_EXTRA: Final = ("torch", "torchvision", "onnx", "onnxscript", "matplotlib")
"""What training needs, early or late: better to miss it at the start."""

TRAIN_EXTRA: Final = "needs torch and torchvision: pip install 'sorting-line-twin[train]'"

_LOAD_ERRORS: Final = (
    reasons.Fail,
    reasons.InvalidArgument,
    reasons.InvalidGraph,
    reasons.InvalidProtobuf,
    reasons.NoSuchFile,
    reasons.NotImplemented,
    reasons.RuntimeException,
)


class Engine(Protocol):
    """Something that runs one model."""

    card: Card
    name: str

    def run(self, images: NDArray[np.uint8]) -> Answers:
        """Answers for images [n, image_px, image_px, 3] in BGR."""
        ...


class OnnxEngine:
    """A model in onnxruntime on the CPU. Raises `ModelError` where the file is none of ours.

    Threads do not spin while they wait: on a machine with a busy neighbour, spinning costs more than it gains.
    """

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except _LOAD_ERRORS as error:
            raise ModelError(f"{path}: not readable as an ONNX model") from error
        written = self._session.get_modelmeta().custom_metadata_map
        self.card = decode_card(written.get(CARD_KEY), str(path))
        self.name = written.get(ENGINE_KEY, "fp32")
        self._fit(path)

    def _fit(self, path: Path) -> None:
        """Raise `ModelError` where the network is not the one that the card describes."""
        edge_px, outputs = self.card.image_px, len(self.card.outputs)
        takes = [(slot.name, slot.type, list(slot.shape[1:])) for slot in self._session.get_inputs()]
        gives = [list(slot.shape[1:]) for slot in self._session.get_outputs()]
        if takes != [("images", "tensor(uint8)", [edge_px, edge_px, 3])]:
            raise ModelError(f"{path}: takes {takes}, its card says images of {edge_px} x {edge_px} px")
        if gives != [[outputs], []]:
            raise ModelError(f"{path}: {gives} outputs, its card has [[{outputs}], []]")

    def run(self, images: NDArray[np.uint8]) -> Answers:
        logits, distances = self._session.run(None, {"images": images})
        return logits, distances


class TorchEngine:
    """A model in torch on the CPU: the reference for the others. Channels-last is torch's faster layout."""

    name = "torch"

    def __init__(self, network: "Network", *, threads: int = 1, channels_last: bool = True) -> None:
        import torch

        torch.set_num_threads(threads)
        self.card = network.card
        network.layout = torch.channels_last if channels_last else torch.contiguous_format
        self._network = network.eval().to(memory_format=network.layout)

    def run(self, images: NDArray[np.uint8]) -> Answers:
        import torch

        with torch.inference_mode():
            logits, distances = self._network(torch.from_numpy(images))
        return logits.float().numpy(), distances.float().numpy()


def open_engine(path: Path, *, threads: int = 1) -> Engine:
    """The engine for a model file: `.onnx` for onnxruntime, `.safetensors` for torch.

    Raises `ModelError`, or `MissingExtraError` where torch would be needed and is not there.
    """
    if not path.is_file():
        raise ModelError(f"{path}: no such model file")
    if path.suffix == ".onnx":
        return OnnxEngine(path, threads=threads)
    if path.suffix == ".safetensors":
        require_torch(f"{path.name} ")
        from classifier.training.checkpoint import load_network

        return TorchEngine(load_network(path), threads=threads)
    raise ModelError(f"{path}: no model file, allowed: .onnx or .safetensors")


def require_torch(what: str) -> None:
    """Raise `MissingExtraError`, one line on what to install, where torch or what goes with it is missing."""
    for name in _EXTRA:
        if find_spec(name) is None:
            raise MissingExtraError(f"{what}{TRAIN_EXTRA}")
    try:
        import torch  # noqa: F401
        import torchvision  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(f"{what}{TRAIN_EXTRA}") from error
