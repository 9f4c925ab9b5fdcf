"""Checkpoints in safetensors: fp16 weights to train on from, fp32 with the optimiser's state to resume from."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from classifier.errors import ModelError
from classifier.metadata import METADATA_KEY, TrainingConfig, decode_metadata, encode_metadata
from classifier.training.network import Network

_EPOCH_KEY: Final = "epoch"
_BEST_KEY: Final = "best"
_SINCE_BEST_KEY: Final = "since_best"
_MOMENTUM: Final = "momentum."
_BEST: Final = "best."
_LEARNED_ANEW: Final = ("outlier.", "ripeness.")
"""Tensors of a network that a training can begin without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingProgress:
    """How far a training is: `epochs` done, the `lowest` validation loss, its weights, and the epochs since then."""

    epochs: int = 0
    lowest: float = math.inf
    best: dict[str, Tensor] = field(default_factory=dict)
    since_best: int = 0


def save_network(network: Network, path: Path) -> None:
    """Write the network's weights in fp16 with its metadata. Raises `ModelError` where they cannot be written."""
    weights = {name: _halved(value) for name, value in network.state_dict().items()}
    _write(weights, path, {METADATA_KEY: encode_metadata(network.metadata)})


def _write(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    try:
        safetensors.torch.save_file(tensors, path, metadata=metadata)
    except (OSError, safetensors.SafetensorError) as error:
        raise ModelError(f"{path}: not writable ({error})") from error


def load_network(path: Path) -> Network:
    """The network in a file, in fp32. Raises `ModelError` where the file is no model of this classifier."""
    weights, header = read_weights(path)
    network = Network(decode_metadata(header.get(METADATA_KEY), str(path)))
    # Files of earlier versions are without the head for the ripeness, which only training uses.
    anew = {f"ripeness.{name}": value for name, value in network.ripeness.state_dict().items()}
    try:
        network.load_state_dict(anew | {name: _widened(value) for name, value in weights.items()})
    except RuntimeError as error:
        raise ModelError(f"{path}: weights must fit the model that the file's metadata describes") from error
    return network


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and header of a safetensors file. Raises `ModelError` where it cannot be read."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except OSError as error:
        raise ModelError(f"{path} must be a safetensors file that can be read, got: {error}") from error
    except safetensors.SafetensorError as error:
        raise ModelError(f"{path}: not readable as safetensors") from error


def transfer(network: Network, path: Path) -> list[str]:
    """Copy the weights that fit from a ResNet's safetensors file; returns the names of those left out.

    The head is not copied where its size differs, or where the file says that its outputs are others or in another
    order. The names may be this project's or torchvision's. Raises `ModelError` where the backbone does not fit.
    """
    weights, header = read_weights(path)
    own = network.state_dict()
    renamed = {_own_name(name): value for name, value in weights.items()}
    if METADATA_KEY in header and decode_metadata(header[METADATA_KEY], str(path)).outputs != network.metadata.outputs:
        renamed = {name: value for name, value in renamed.items() if not name.startswith("head.")}
    fitting = {n: _widened(v) for n, v in renamed.items() if n in own and own[n].shape == v.shape}
    missing = [name for name in own if name not in fitting and not name.startswith(_LEARNED_ANEW)]
    if not any(name.startswith("backbone.layer") for name in fitting):
        raise ModelError(f"{path}: must hold weights of a {network.metadata.arch}, got none")
    backbone = [name for name in missing if name.startswith("backbone.") and "num_batches" not in name]
    if backbone:
        raise ModelError(
            f"{path}: must hold weights of a {network.metadata.arch}, got {len(backbone)} tensors that do not fit"
        )
    network.load_state_dict(fitting, strict=False)
    return missing


def save_progress(path: Path, network: Network, optimiser: torch.optim.SGD, so_far: TrainingProgress) -> None:
    """Write the state from which the training can go on. Raises `ModelError` where the file cannot be written."""
    tensors = {name: value.contiguous() for name, value in network.state_dict().items()}
    tensors |= {_BEST + name: value.contiguous() for name, value in so_far.best.items()}
    for number, state in optimiser.state_dict()["state"].items():
        tensors[f"{_MOMENTUM}{number}"] = state["momentum_buffer"].contiguous()
    header = {
        METADATA_KEY: encode_metadata(network.metadata), _EPOCH_KEY: str(so_far.epochs), _BEST_KEY: repr(so_far.lowest),
        _SINCE_BEST_KEY: str(so_far.since_best),
    }  # fmt: skip
    partial = path.with_suffix(".partial")
    _write(tensors, partial, header)
    partial.replace(path)


def load_progress(path: Path, network: Network, optimiser: torch.optim.SGD) -> TrainingProgress:
    """Restore network and optimiser from a file of `save_progress`; returns how far that training was.

    Raises `ModelError` where the file is no such file, or comes from a training with other settings.
    """
    tensors, header = read_weights(path)
    if not {_EPOCH_KEY, _BEST_KEY, _SINCE_BEST_KEY} <= header.keys():
        raise ModelError(f"{path}: must be a training to resume, got another file")
    saved = decode_metadata(header.get(METADATA_KEY), str(path))
    _check_same_training(saved.training, network.metadata.training, path)
    if saved.outputs != network.metadata.outputs:
        outputs, saved_outputs = ", ".join(network.metadata.outputs), ", ".join(saved.outputs)
        raise ModelError(f"{path}: classes must be those of the training to resume, {saved_outputs}, got {outputs}")
    momentum = {int(n.removeprefix(_MOMENTUM)): v for n, v in tensors.items() if n.startswith(_MOMENTUM)}
    best = {n.removeprefix(_BEST): v for n, v in tensors.items() if n.startswith(_BEST)}
    network.load_state_dict({n: v for n, v in tensors.items() if not n.startswith((_MOMENTUM, _BEST))})
    state = optimiser.state_dict()
    state["state"] = {number: {"momentum_buffer": value} for number, value in momentum.items()}
    optimiser.load_state_dict(state)
    return TrainingProgress(
        epochs=int(header[_EPOCH_KEY]), lowest=float(header[_BEST_KEY]), best=best,
        since_best=int(header[_SINCE_BEST_KEY]),
    )  # fmt: skip


def _check_same_training(saved: TrainingConfig, config: TrainingConfig, path: Path) -> None:
    for setting in config.__struct_fields__:
        before, now = getattr(saved, setting), getattr(config, setting)
        if before != now:
            raise ModelError(f"{path}: {setting} must be that of the training to resume, {before!r}, got {now!r}")


def _own_name(name: str) -> str:
    """This project's name of a tensor of torchvision's ResNet."""
    if name.startswith(("backbone.", "head.", "outlier.")):
        return name
    return name.replace("fc.", "head.", 1) if name.startswith("fc.") else f"backbone.{name}"


def _halved(value: Tensor) -> Tensor:
    return (value.half() if value.is_floating_point() else value).contiguous()


def _widened(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value
