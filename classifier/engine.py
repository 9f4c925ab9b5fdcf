"""Engines: what runs a model. Here onnxruntime (int8, fp32); torch is in `classifier.training.torch_engine`."""

from pathlib import Path
from typing import Final, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as reasons

from classifier.errors import ModelError
from classifier.metadata import METADATA_KEY, ModelMetadata, decode_metadata

Answers = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Logits [n, outputs] and distances [n]; `ModelMetadata.outputs` says what the outputs are."""

ENGINE_KEY: Final = "engine"
"""The key in an ONNX file under which it says which engine its weights are for."""

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

    metadata: ModelMetadata
    name: str

    def run(self, images: NDArray[np.uint8]) -> Answers:
        """The answers for images [n, image_px, image_px, 3] in BGR."""
        ...


class OnnxEngine:
    """A model in onnxruntime on the CPU. Raises `ModelError` where the file is no ONNX model of this classifier.

    Threads do not spin while they wait: on a machine with a busy neighbour, spinning costs more than it gains.
    """

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        if path.suffix != ".onnx":
            raise ModelError(
                f"model must be an .onnx file, or .safetensors weights where torch is to run them, got {path}"
            )
        if not path.is_file():
            raise ModelError(f"{path}: no such model file")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except _LOAD_ERRORS as error:
            raise ModelError(f"{path}: not readable as an ONNX model") from error
        header = self._session.get_modelmeta().custom_metadata_map
        self.metadata = decode_metadata(header.get(METADATA_KEY), str(path))
        self.name = header.get(ENGINE_KEY, "fp32")
        self._check_shapes(path)

    def _check_shapes(self, path: Path) -> None:
        """Raise `ModelError` where the network is not the one that its metadata describes."""
        edge_px, outputs = self.metadata.image_px, len(self.metadata.outputs)
        taken = [(slot.name, slot.type, list(slot.shape[1:])) for slot in self._session.get_inputs()]
        given = [list(slot.shape[1:]) for slot in self._session.get_outputs()]
        if taken != [("images", "tensor(uint8)", [edge_px, edge_px, 3])]:
            raise ModelError(f"{path}: must take images of {edge_px} x {edge_px} px as its metadata says, got {taken}")
        if given != [[outputs], []]:
            raise ModelError(f"{path}: must give {[[outputs], []]} as its metadata says, got {given}")

    def run(self, images: NDArray[np.uint8]) -> Answers:
        logits, distances = self._session.run(None, {"images": images})
        return logits, distances
