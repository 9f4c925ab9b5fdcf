"""Checkpoints in safetensors: fp16 weights with the card to go on from, fp32 with the optimiser's state to resume."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from classifier.errors import ModelError
from classifier.metadata import CARD_KEY, TrainingConfig, decode_card, encode_card
from classifier.training.network import Network

_EPOCH_KEY: Final = "epoch"
_BEST_KEY: Final = "best"
_SINCE_BEST_KEY: Final = "since_best"
_MOMENTUM: Final = "momentum."
_BEST: Final = "best."


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressed:
    """How far a training is: `epochs` done, the `lowest` validation loss, its weights, and the epochs since then."""

    epochs: int = 0
    lowest: float = math.inf
    best: dict[str, Tensor] = field(default_factory=dict)
    since_best: int = 0


def save_network(network: Network, path: Path) -> None:
    """Write the network's weights in fp16 with its card. Raises `ModelError` where they cannot be written."""
    weights = {name: _halved(value) for name, value in network.state_dict().items()}
    _write(weights, path, {CARD_KEY: encode_card(network.card)})


def _write(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    try:
        safetensors.torch.save_file(tensors, path, metadata=metadata)
    except (OSError, safetensors.SafetensorError) as error:
        raise ModelError(f"{path}: not writable ({error})") from error


def load_network(path: Path) -> Network:
    """The network in a file, in fp32. Raises `ModelError` where the file is none of ours."""
    weights, metadata = read_weights(path)
    network = Network(decode_card(metadata.get(CARD_KEY), str(path)))
    try:
        network.load_state_dict({name: _widened(value) for name, value in weights.items()})
    except RuntimeError as error:
        raise ModelError(f"{path}: weights that do not fit the model its card describes") from error
    return network


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file. Raises `ModelError`."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (OSError, safetensors.SafetensorError) as error:
        raise ModelError(f"{path}: not readable as safetensors") from error


def transfer(network: Network, path: Path) -> list[str]:
    """Take over from any ResNet's safetensors what fits; returns the names left as they were.

    The head is left where it differs in size, or is known to tell other classes apart, or the same in another order.
    Understands this project's files and torchvision's names. Raises `ModelError` where nothing of the backbone fits.
    """
    weights, metadata = read_weights(path)
    own = network.state_dict()
    renamed = {_own_name(name): value for name, value in weights.items()}
    if CARD_KEY in metadata and decode_card(metadata[CARD_KEY], str(path)).outputs != network.card.outputs:
        renamed = {name: value for name, value in renamed.items() if not name.startswith("head.")}
    fitting = {n: _widened(v) for n, v in renamed.items() if n in own and own[n].shape == v.shape}
    missing = [name for name in own if name not in fitting and not name.startswith("outlier.")]
    if not any(name.startswith("backbone.layer") for name in fitting):
        raise ModelError(f"{path}: no weights of a {network.card.arch} in it")
    backbone = [name for name in missing if name.startswith("backbone.") and "num_batches" not in name]
    if backbone:
        raise ModelError(f"{path}: {len(backbone)} of the backbone's tensors do not fit a {network.card.arch}")
    network.load_state_dict(fitting, strict=False)
    return missing


def save_progress(path: Path, network: Network, optimiser: torch.optim.SGD, so_far: Progressed) -> None:
    """Write all that it takes to go on as if nothing had happened. Raises `ModelError` where that cannot be written."""
    tensors = {name: value.contiguous() for name, value in network.state_dict().items()}
    tensors |= {_BEST + name: value.contiguous() for name, value in so_far.best.items()}
    for number, state in optimiser.state_dict()["state"].items():
        tensors[f"{_MOMENTUM}{number}"] = state["momentum_buffer"].contiguous()
    written = {
        CARD_KEY: encode_card(network.card), _EPOCH_KEY: str(so_far.epochs), _BEST_KEY: repr(so_far.lowest),
        _SINCE_BEST_KEY: str(so_far.since_best),
    }  # fmt: skip
    partial = path.with_suffix(".partial")
    _write(tensors, partial, written)
    partial.replace(path)


def load_progress(path: Path, network: Network, optimiser: torch.optim.SGD) -> Progressed:
    """Go on from a file of `save_progress`.

    Raises `ModelError` where the file is none, or was written by a training with other settings.
    """
    tensors, metadata = read_weights(path)
    if not {_EPOCH_KEY, _BEST_KEY, _SINCE_BEST_KEY} <= metadata.keys():
        raise ModelError(f"{path}: no training to resume in it")
    then = decode_card(metadata.get(CARD_KEY), str(path))
    _same_training(then.training, network.card.training, path)
    if then.outputs != network.card.outputs:
        raise ModelError(f"{path}: was trained on {', '.join(then.outputs)}, not on {', '.join(network.card.outputs)}")
    momentum = {int(n.removeprefix(_MOMENTUM)): v for n, v in tensors.items() if n.startswith(_MOMENTUM)}
    best = {n.removeprefix(_BEST): v for n, v in tensors.items() if n.startswith(_BEST)}
    network.load_state_dict({n: v for n, v in tensors.items() if not n.startswith((_MOMENTUM, _BEST))})
    state = optimiser.state_dict()
    state["state"] = {number: {"momentum_buffer": value} for number, value in momentum.items()}
    optimiser.load_state_dict(state)
    return Progressed(
        epochs=int(metadata[_EPOCH_KEY]), lowest=float(metadata[_BEST_KEY]), best=best,
        since_best=int(metadata[_SINCE_BEST_KEY]),
    )  # fmt: skip


def _same_training(there: TrainingConfig, here: TrainingConfig, path: Path) -> None:
    for setting in here.__struct_fields__:
        then, now = getattr(there, setting), getattr(here, setting)
        if then != now:
            raise ModelError(f"{path}: was trained with {setting} {then!r}, now {now!r}; resume with the same settings")


def _own_name(name: str) -> str:
    """The name here of a tensor of torchvision's ResNet."""
    if name.startswith(("backbone.", "head.", "outlier.")):
        return name
    return name.replace("fc.", "head.", 1) if name.startswith("fc.") else f"backbone.{name}"


def _halved(value: Tensor) -> Tensor:
    return (value.half() if value.is_floating_point() else value).contiguous()


def _widened(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value
