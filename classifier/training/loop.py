"""The training loop: epochs of stochastic gradient descent over a set; the best epoch on the validation set is kept."""

import logging
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR

from classifier.errors import ModelError
from classifier.metadata import ModelMetadata, TrainingConfig
from classifier.training.augmentation import augment
from classifier.training.checkpoint import TrainingProgress, load_progress, save_progress, transfer
from classifier.training.dataset import ImageSet, Progress, silent
from classifier.training.network import Network

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

_log = logging.getLogger(__name__)

PROGRESS_FILE: Final = "last.safetensors"
"""The file from which a training that was cut short goes on."""

_EVAL_BATCH: Final = 64
_MOST_VALIDATED: Final = 400
"""The most images of the validation set that an epoch is measured on; calibration uses them all."""

_ADAPTING: Final = 0.2
"""The share of the rate with which a model goes on that knows its classes already.

It sees a dozen items of a line, and must not forget for them what it knows of all others: with the whole rate and one
pale peach left out, it was right on 85 % of the pictures of the items left out, with a fifth on 96 %.
"""

_RIPENESS_WEIGHT: Final = 0.5
"""The weight of the ripeness in the loss. Trained on 6,000 cards, two networks with it left 8.4 and 9.3 % of clear
items unsure where 7 % of those between two classes are sure, two without 10.4 and 10.1 %. A network that goes on from
other weights learns the classes alone.
"""

_MOMENTUM: Final = 0.95
_MOMENTUM_AT_PEAK: Final = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """The outcome of one epoch: mean training loss, validation loss, share of validation images named rightly."""

    number: int
    loss: float
    val_loss: float
    val_accuracy: float


@dataclass(slots=True)
class EpochLog:
    """The epochs of a training so far. Each also goes to TensorBoard, where there is a `board`."""

    board: "SummaryWriter | None" = None
    epochs: list[Epoch] = field(default_factory=list)

    def add(self, epoch: Epoch) -> None:
        """Log an epoch that is over."""
        self.epochs.append(epoch)
        if self.board is not None:
            self.board.add_scalar("loss/train", epoch.loss, epoch.number)
            self.board.add_scalar("loss/val", epoch.val_loss, epoch.number)
            self.board.add_scalar("accuracy/val", epoch.val_accuracy, epoch.number)
            self.board.flush()


def choose_device(wish: str) -> torch.device:
    """The device of a name; `auto` is the first CUDA device, or the CPU where there is none. Raises `ModelError`."""
    available = torch.cuda.is_available()
    if wish == "cuda" and not available:
        raise ModelError("device must be auto or cpu where there is no CUDA device, got 'cuda'")
    return torch.device("cuda" if available else "cpu") if wish == "auto" else torch.device(wish)


def train(
    config: TrainingConfig, train_set: ImageSet, val_set: ImageSet, out: Path, *,
    device: torch.device, log: EpochLog, resume: bool = False, progress: Progress = silent,
) -> Network:  # fmt: skip
    """The network of the epoch with the lowest validation loss. Stops after `patience` epochs without a better one.

    The same configuration and sets on the same machine give the same network, also over a `resume`.
    """
    network, optimiser = _prepare(config, train_set, device)
    so_far = load_progress(out / PROGRESS_FILE, network, optimiser) if resume else TrainingProgress()
    steps = len(train_set) // config.batch
    schedule = _schedule(optimiser, config, steps, so_far.epochs * steps)
    for number in range(so_far.epochs, config.epochs):
        if so_far.since_best >= config.patience:
            break
        edge_px = config.image_px // (2 if number < config.small_epochs else 1)
        batches = _Batches(train_set, config, number, network.metadata.outputs)
        network.train()
        network.backbone.train(not config.freeze_backbone)
        total = 0.0
        for step in progress(range(steps), f"epoch {number + 1} of {config.epochs}"):
            images, targets, ripeness = (tensor.to(device) for tensor in batches.take(step, edge_px))
            total += _step(network, optimiser, config, images, targets, ripeness)
            schedule.step()
        val_loss, accuracy = _validate(network, val_set, edge_px, device)
        log.add(Epoch(number=number + 1, loss=total / steps, val_loss=val_loss, val_accuracy=accuracy))
        # An epoch on small images never counts as the best once there is one on whole images.
        if val_loss < so_far.lowest or number <= config.small_epochs:
            so_far = TrainingProgress(epochs=number + 1, lowest=val_loss, best=_weights(network))
        else:
            so_far = replace(so_far, epochs=number + 1, since_best=so_far.since_best + 1)
        save_progress(out / PROGRESS_FILE, network, optimiser, so_far)
    network.load_state_dict(so_far.best)
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
    """Fit the network's distance to its known classes, on training images that show one known class.

    It uses the first `most` of them, and of each class at least the first `least`.
    """
    every = np.flatnonzero(train_set.clear & (train_set.labels < len(train_set.classes) - 1))
    labels = train_set.labels[every]  # A tree's images come class by class: the first ones alone may lack a class.
    known = np.union1d(every[:most], np.concatenate([every[labels == label][:least] for label in np.unique(labels)]))
    features = embed(network, train_set, known, network.metadata.image_px, torch.device("cpu"))
    network.outlier.fit(features, torch.from_numpy(train_set.labels[known]))


def _prepare(config: TrainingConfig, train_set: ImageSet, device: torch.device) -> tuple[Network, torch.optim.SGD]:
    """A network with fresh or transferred weights and its optimiser."""
    torch.manual_seed(config.seed)
    cv2.setNumThreads(1)
    metadata = ModelMetadata(
        arch=config.arch, classes=train_set.classes, between=train_set.between, image_px=config.image_px,
        training=config,
    )  # fmt: skip
    network, rate = Network(metadata), config.peak_rate
    if config.init is not None:
        left_out = transfer(network, Path(config.init))
        if not left_out:
            rate *= _ADAPTING
        else:
            _log.warning("init_left_out file=%s tensors=%s", config.init, ",".join(left_out))
    network.to(device).to(memory_format=torch.channels_last)
    if config.freeze_backbone:
        network.backbone.requires_grad_(False)
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return network, torch.optim.SGD(learning, rate, momentum=_MOMENTUM, nesterov=True, weight_decay=config.weight_decay)


def _schedule(optimiser: torch.optim.SGD, config: TrainingConfig, steps: int, done: int) -> OneCycleLR:
    """One cycle of rate and momentum over the whole training (Smith 2018), for `steps` steps an epoch.

    `done` is how many steps were taken before a resume.
    """
    schedule = OneCycleLR(
        optimiser, optimiser.defaults["lr"], total_steps=config.epochs * steps, base_momentum=_MOMENTUM_AT_PEAK,
        max_momentum=_MOMENTUM,
    )  # fmt: skip
    if done:
        schedule.load_state_dict({"last_epoch": done - 1, "_step_count": done + 1})
        schedule.step()
    return schedule


class _Batches:
    """The batches of one epoch: every image once, in an order and augmented as the seed and the epoch's number say."""

    def __init__(self, images: ImageSet, config: TrainingConfig, epoch: int, outputs: tuple[str, ...]) -> None:
        self._images = images
        self._targets = images.targets(outputs)
        self._rng = np.random.default_rng([config.seed, epoch])
        steps = len(images) // config.batch
        self._order = self._rng.permutation(len(images))[: steps * config.batch].reshape(steps, config.batch)

    def take(self, step: int, edge_px: int) -> tuple[Tensor, Tensor, Tensor]:
        """The images of one step, augmented, their targets and their ripeness. Steps are taken in order."""
        numbers = self._order[step]
        pixels = np.stack([augment(self._images.image(int(number), edge_px), self._rng) for number in numbers])
        ripeness = self._images.ripeness[numbers]
        return torch.from_numpy(pixels), torch.from_numpy(self._targets[numbers]), torch.from_numpy(ripeness)


def _step(
    network: Network, optimiser: torch.optim.SGD, config: TrainingConfig, images: Tensor, targets: Tensor,
    ripeness: Tensor,
) -> float:  # fmt: skip
    """Take one step of the descent; returns the loss of the classes before it."""
    with torch.autocast(images.device.type, torch.bfloat16, enabled=_has_bfloat16(images.device)):
        features = network.features(images)
        loss = nn.functional.cross_entropy(network.head(features), targets, label_smoothing=config.smoothing)
        whole = loss
        if config.init is None:
            whole = loss + _RIPENESS_WEIGHT * network.ripeness.loss(features, ripeness)
    optimiser.zero_grad()
    torch.autograd.backward(whole)
    optimiser.step()
    return float(loss.item())


def _has_bfloat16(device: torch.device) -> bool:
    """Whether a device computes in bfloat16 by itself, twice as fast; a CPU that only emulates it is slower."""
    if device.type != "cpu":
        return True
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # Not in all versions of torch.
    return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16"))


def _weights(network: Network) -> dict[str, Tensor]:
    """A copy of the network's state on the CPU."""
    return {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}


def _validate(network: Network, val_set: ImageSet, edge_px: int, device: torch.device) -> tuple[float, float]:
    """Mean cross entropy and accuracy on a set, over the images that the network has an output for."""
    targets = val_set.targets(network.metadata.outputs)
    named = np.flatnonzero(targets >= 0)
    named = named[np.linspace(0, len(named) - 1, min(_MOST_VALIDATED, len(named))).astype(int)]
    features = embed(network, val_set, named, edge_px, device)
    with torch.inference_mode():
        logits = network.head(features.to(device)).float().cpu()
    labels = torch.from_numpy(targets[named])
    loss = nn.functional.cross_entropy(logits, labels).item()
    return loss, float((logits.argmax(1) == labels).float().mean())
