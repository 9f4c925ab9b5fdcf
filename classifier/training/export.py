"""Export: from a network to the ONNX files that run, in fp32 and statically quantised to int8, with calibrations."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from classifier.engine import ENGINE_KEY, Engine, OnnxEngine
from classifier.metadata import METADATA_KEY, Calibration, ModelMetadata, encode_metadata
from classifier.training.calibration import calibrate
from classifier.training.dataset import ImageSet
from classifier.training.network import Network
from classifier.training.torch_engine import TorchEngine

_OPSET: Final = 18
_MOST_AT_ONCE: Final = 1024
_QUANTISED: Final = ["Conv", "Add", "MaxPool", "Relu"]
_POOLING: Final = ("ReduceMean", "GlobalAveragePool", "AveragePool")
_CALIBRATION_IMAGES: Final = 200
_BATCH: Final = 32


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How far two engines agree on the same images: share of equal labels, largest and mean gap between logits."""

    labels: float
    logits_max: float
    logits_mean: float


def export_fp32(network: Network, path: Path) -> None:
    """Write the network as ONNX in fp32, for any number of images at once."""
    network.eval().cpu()
    edge_px = network.metadata.image_px
    example = torch.zeros((2, edge_px, edge_px, 3), dtype=torch.uint8)
    shapes = {"images": {0: torch.export.Dim("n", min=1, max=_MOST_AT_ONCE)}}
    program = torch.onnx.export(
        network, (example,), input_names=["images"], output_names=["logits", "distances"], dynamic_shapes=shapes,
        opset_version=_OPSET, dynamo=True, verbose=False,
    )  # fmt: skip
    assert program is not None
    program.save(path, external_data=False)
    stamp(path, network.metadata, "fp32")


def quantise(fp32: Path, path: Path, images: NDArray[np.uint8], metadata: ModelMetadata) -> None:
    """Write the int8 version of an fp32 file: one scale a channel for weights, activations from images [n, h, w, 3]."""
    with TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(fp32, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared, path, _Images(images), quant_format=QuantFormat.QDQ, op_types_to_quantize=_QUANTISED,
            nodes_to_exclude=_outside_backbone(prepared), per_channel=True, activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8, calibrate_method=CalibrationMethod.MinMax,
        )  # fmt: skip
    stamp(path, metadata, "int8")


def _outside_backbone(path: Path) -> list[str]:
    """The names of the nodes before the first convolution and after the pooling: they stay in fp32."""
    nodes = list(onnx.load(path).graph.node)
    kinds = [node.op_type for node in nodes]
    first, last = kinds.index("Conv"), len(kinds) - kinds[::-1].index("Conv")
    pooled = next(at for at in range(last, len(kinds)) if kinds[at] in _POOLING)
    return [node.name for at, node in enumerate(nodes) if not first <= at < pooled]


def stamp(path: Path, metadata: ModelMetadata, engine: str) -> None:
    """Write a model's metadata and its engine's name into an ONNX file."""
    model = onnx.load(path)
    del model.metadata_props[:]
    for node in model.graph.node:  # Torch writes paths of this machine there.
        del node.metadata_props[:]
    for key, value in ((METADATA_KEY, encode_metadata(metadata)), (ENGINE_KEY, engine)):
        model.metadata_props.add(key=key, value=value)
    onnx.save(model, path)


def run_all(engine: Engine, images: ImageSet) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One engine's answers for a whole set: logits [n, outputs] and distances [n]."""
    numbers = np.arange(len(images))
    parts = [
        engine.run(images.batch(part, engine.metadata.image_px))
        for part in np.array_split(numbers, max(1, len(numbers) // _BATCH))
    ]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def calibrated(engine: Engine, val_set: ImageSet) -> Calibration:
    """The engine's calibration on a validation set."""
    logits, distances = run_all(engine, val_set)
    targets = val_set.targets(engine.metadata.outputs)
    return calibrate(logits, distances, targets, engine.metadata, items=val_set.repeated_items)


def agreement(one: Engine, other: Engine, images: ImageSet) -> Agreement:
    """How far two engines agree on a set."""
    first, second = run_all(one, images)[0], run_all(other, images)[0]
    gap = np.abs(first - second)
    same = float((first.argmax(1) == second.argmax(1)).mean())
    return Agreement(labels=same, logits_max=float(gap.max()), logits_mean=float(gap.mean()))


def export_all(network: Network, fp32: Path, int8: Path, val_set: ImageSet, *, threads: int = 2) -> ModelMetadata:
    """Write both ONNX files, calibrate every engine on the validation set, and return the metadata with that.

    Both files carry the metadata, and it becomes the network's.
    """
    export_fp32(network, fp32)
    numbers = np.linspace(0, len(val_set) - 1, min(_CALIBRATION_IMAGES, len(val_set))).astype(int)
    quantise(fp32, int8, val_set.batch(numbers, network.metadata.image_px), network.metadata)
    engines = [OnnxEngine(path, threads=threads) for path in (int8, fp32)]
    found = {engine.name: calibrated(engine, val_set) for engine in engines}
    found[TorchEngine.name] = found["fp32"]  # The same weights: fitted anew it differed in the seventh digit.
    network.metadata = msgspec.structs.replace(network.metadata, calibrations=found)
    stamp(fp32, network.metadata, "fp32")
    stamp(int8, network.metadata, "int8")
    return network.metadata


class _Images(CalibrationDataReader):  # type: ignore[misc]
    """Feeds calibration images [n, h, w, 3] one at a time."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        self._rest: Iterator[NDArray[np.uint8]] = iter(images)

    def get_next(self) -> dict[str, Any] | None:
        image = next(self._rest, None)
        return None if image is None else {"images": image[None]}
