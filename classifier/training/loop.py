"""Training: epochs of stochastic gradient descent over a set, the best epoch by validation kept."""

import ctypes
import logging
import math
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from classifier.errors import ModelError
from classifier.metadata import Card, TrainingConfig
from classifier.training.augmentation import augment
from classifier.training.checkpoint import Progressed, load_progress, save_progress, transfer
from classifier.training.dataset import ImageSet, Progress, silent
from classifier.training.network import Network

_log = logging.getLogger(__name__)

PROGRESS_FILE: Final = "last.safetensors"
"""Where a training that was cut short goes on from."""

_EVAL_BATCH: Final = 64
_MOST_VALIDATED: Final = 400
"""So many images of the validation set tell the epochs apart; calibration uses them all."""

_WARM_UP: Final = 0.3
_MOMENTUM: Final = (0.95, 0.85)
"""Momentum at the lowest and at the highest rate."""

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
"""Numbers from glibc's malloc.h."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """How one epoch went: mean training loss, validation loss, share of validation images named rightly."""

    number: int
    loss: float
    val_loss: float
    val_accuracy: float


class Diary(Protocol):
    """Who is told of every epoch."""

    def note(self, epoch: Epoch) -> None:
        """An epoch is over."""
        ...


def choose_device(wish: str) -> torch.device:
    """The device of a name; `auto` is the first CUDA device, or the CPU where there is none. Raises `ModelError`."""
    there = torch.cuda.is_available()
    if wish == "cuda" and not there:
        raise ModelError("device: 'cuda', allowed: auto or cpu, since no CUDA device is there")
    return torch.device("cuda" if there else "cpu") if wish == "auto" else torch.device(wish)


def train(
    config: TrainingConfig, train_set: ImageSet, val_set: ImageSet, out: Path, *,
    device: torch.device, diary: Diary, resume: bool = False, progress: Progress = silent,
) -> Network:  # fmt: skip
    """The best network of a training by validation loss. Stops early after `patience` epochs without a better one.

    The same configuration and sets on the same machine give the same network, also over a `resume`.
    """
    network, optimiser = _prepare(config, train_set, device)
    so_far = load_progress(out / PROGRESS_FILE, network, optimiser) if resume else Progressed()
    done, lowest, best, since_best = so_far.epochs, so_far.lowest, so_far.best, so_far.since_best
    steps, wanted = len(train_set) // config.batch, train_set.targets(network.card.outputs)
    for number in range(done, config.epochs):
        if since_best >= config.patience:
            break
        rng = np.random.default_rng([config.seed, number])
        order = rng.permutation(len(train_set))[: steps * config.batch].reshape(steps, config.batch)
        network.train()
        network.backbone.train(not config.freeze_backbone)
        total, edge_px = 0.0, config.image_px // (2 if number < config.small_epochs else 1)
        for step in progress(range(steps), f"epoch {number + 1} of {config.epochs}"):
            images = _batch(train_set, order[step], edge_px, rng, device)
            targets = torch.from_numpy(wanted[order[step]]).to(device)
            with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                logits = network.head(network.features(images))
                loss = nn.functional.cross_entropy(logits, targets, label_smoothing=config.smoothing)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            _steer(optimiser, (number * steps + step) / (config.epochs * steps), config.peak_rate)
            optimiser.step()
            total += loss.item()
        val_loss, accuracy = _validate(network, val_set, edge_px, device)
        diary.note(Epoch(number=number + 1, loss=total / steps, val_loss=val_loss, val_accuracy=accuracy))
        since_best += 1
        if val_loss < lowest or number <= config.small_epochs:  # Small epochs never outlive the first full-sized one.
            lowest, since_best = val_loss, 0
            best = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
        so_far = Progressed(epochs=number + 1, lowest=lowest, best=best, since_best=since_best)
        save_progress(out / PROGRESS_FILE, network, optimiser, so_far)
    network.load_state_dict(best)
    network.cpu().eval()
    fit_outlier(network, train_set)
    return network


def embed(network: Network, images: ImageSet, numbers: np.ndarray, edge_px: int, device: torch.device) -> Tensor:
    """The features [n, f] of some images of a set."""
    network.eval()
    with torch.inference_mode():
        parts = [
            network.features(torch.from_numpy(images.batch(part, edge_px)).to(device)).cpu()
            for part in np.array_split(numbers, max(1, len(numbers) // _EVAL_BATCH))
        ]
    return torch.cat(parts).clone()


def fit_outlier(network: Network, train_set: ImageSet, most: int = 2000, least: int = 500) -> None:
    """Tell the network where its known classes lie: from training images of them that are not between two.

    The first `most`, and of each class at least the first `least`.
    """
    every = np.flatnonzero(train_set.clear & (train_set.labels < len(train_set.classes) - 1))
    labels = train_set.labels[every]  # Of a tree they come class by class: the first ones alone may lack a class.
    known = np.union1d(every[:most], np.concatenate([every[labels == label][:least] for label in np.unique(labels)]))
    features = embed(network, train_set, known, network.card.image_px, torch.device("cpu"))
    network.outlier.fit(features, torch.from_numpy(train_set.labels[known]))


def _prepare(config: TrainingConfig, train_set: ImageSet, device: torch.device) -> tuple[Network, torch.optim.SGD]:
    """A network with fresh or transferred weights and its optimiser."""
    torch.manual_seed(config.seed)
    cv2.setNumThreads(1)
    keep_memory()
    card = Card(
        arch=config.arch, classes=train_set.classes, between=train_set.between, image_px=config.image_px,
        training=config,
    )  # fmt: skip
    network = Network(card)
    if config.init is not None:
        left_out = transfer(network, Path(config.init))
        if left_out:
            _log.warning("init_left_out file=%s tensors=%s", config.init, ",".join(left_out))
    network.to(device).to(memory_format=torch.channels_last)
    if config.freeze_backbone:
        network.backbone.requires_grad_(False)
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return network, torch.optim.SGD(
        learning, config.peak_rate, momentum=_MOMENTUM[0], nesterov=True, weight_decay=config.weight_decay
    )


def keep_memory() -> None:
    """Have glibc keep what is freed: it would hand hundreds of MB back to the system after each step, and take them
    anew, for a seventh of the time at 128 px (medians of three runs by turns, two cores). Does nothing elsewhere.
    """
    with suppress(AttributeError, OSError, TypeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, 2**30)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


def _steer(optimiser: torch.optim.SGD, share_done: float, peak_rate: float) -> None:
    """Set rate and momentum for a share of the training done: one cycle (Smith 2018), up for 30 % of it, then down."""
    if share_done < _WARM_UP:
        height = (1 - math.cos(math.pi * share_done / _WARM_UP)) / 2
        floor = peak_rate / 25
    else:
        height = (1 + math.cos(math.pi * (share_done - _WARM_UP) / (1 - _WARM_UP))) / 2
        floor = 0.0
    calm, hot = _MOMENTUM
    for group in optimiser.param_groups:
        group["lr"] = floor + (peak_rate - floor) * height
        group["momentum"] = calm + (hot - calm) * height


def _batch(
    images: ImageSet, numbers: np.ndarray, edge_px: int, rng: np.random.Generator, device: torch.device
) -> Tensor:
    """Some images, augmented."""
    pixels = np.stack([augment(images.image(int(number), edge_px), rng) for number in numbers])
    return torch.from_numpy(pixels).to(device)


def _validate(network: Network, val_set: ImageSet, edge_px: int, device: torch.device) -> tuple[float, float]:
    """Mean cross entropy and accuracy on a set, over the images that the network has an output for."""
    targets = val_set.targets(network.card.outputs)
    named = np.flatnonzero(targets >= 0)
    named = named[np.linspace(0, len(named) - 1, min(_MOST_VALIDATED, len(named))).astype(int)]
    features = embed(network, val_set, named, edge_px, device)
    with torch.inference_mode():
        logits = network.head(features.to(device)).float().cpu()
    labels = torch.from_numpy(targets[named])
    loss = nn.functional.cross_entropy(logits, labels).item()
    return loss, float((logits.argmax(1) == labels).float().mean())
