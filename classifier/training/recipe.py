"""The recipe: from a training's settings to the model's files, as `classifier train` runs it from start to end."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import cv2
import msgspec

from classifier.engine import OnnxEngine
from classifier.errors import DatasetError, MissingExtraError, ModelError
from classifier.inference import Classifier
from classifier.metadata import TrainingConfig
from classifier.rendering.synthesis import CLASSES, Sample, draw_sample
from classifier.training import figures
from classifier.training.checkpoint import load_network, save_network
from classifier.training.dataset import ImageSet, Progress, from_samples, joined, read_tree, silent
from classifier.training.evaluation import Report, evaluate, metrics, write_report
from classifier.training.export import Agreement, agreement, export_all, stamp
from classifier.training.extra import TRAIN_EXTRA
from classifier.training.loop import PROGRESS_FILE, EpochLog, choose_device, train
from classifier.training.torch_engine import TorchEngine

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

_log = logging.getLogger(__name__)

QUICK: Final = {"images": 3600, "epochs": 6, "small_epochs": 3, "image_px": 96}
VAL_IMAGES: Final = 6000
"""So many that the share of sure answers between two classes, which sets the threshold, is known to 0.8 %."""

TEST_IMAGES: Final = 1000
EXPORT_IMAGES: Final = 600

_WORTH_A_POOL: Final = 1000
"""The number of images from which several processes are faster than one, their start included."""

_RENDERED_AT_ONCE: Final = 50
_MOST_PROCESSES: Final = 61
"""The most processes that Windows allows in a pool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """The files that a training leaves in its folder."""

    folder: Path

    @property
    def weights(self) -> Path:
        """fp16, to train on from and to run in torch."""
        return self.folder / "model-fp16.safetensors"

    @property
    def fp32(self) -> Path:
        """ONNX in fp32."""
        return self.folder / "model-fp32.onnx"

    @property
    def int8(self) -> Path:
        """ONNX in int8: the one that runs."""
        return self.folder / "model-int8.onnx"

    @property
    def report(self) -> Path:
        """The results of the int8 model on the test set."""
        return self.folder / "report.json"


def produce(
    config: TrainingConfig, out: Path, *, device: str = "cpu", resume: bool = False, tensorboard: Path | None = None,
    progress: Progress = silent,
) -> Report:  # fmt: skip
    """Train, export, calibrate and test a model, and write its files to `out`. Returns the int8 model's test report.

    Files that `out` held before are replaced only at the very end. Raises `DatasetError`, `ModelError`,
    `MissingExtraError`.
    """
    chosen = choose_device(device)
    for name, needed in (("--init", config.init), ("--resume", out / PROGRESS_FILE if resume else None)):
        if needed is not None and not Path(needed).is_file():  # Better known before the images are rendered.
            raise DatasetError(f"{name} must find a file to begin from, got none: {needed}")
    _make(out)
    log = EpochLog(board=None if tensorboard is None else _board(tensorboard))
    train_set, val_set, test_set = load_sets(config, progress)
    network = train(config, train_set, val_set, out, device=chosen, log=log, resume=resume, progress=progress)
    with _all_or_nothing(out) as files:
        export_all(network, files.fp32, files.int8, val_set)
        report = evaluate(Classifier.load(files.int8), test_set, progress)
        network.metadata = msgspec.structs.replace(network.metadata, metrics=metrics(report))
        stamp(files.fp32, network.metadata, "fp32")
        stamp(files.int8, network.metadata, "int8")
        save_network(network, files.weights)
        write_report(report, files.report)
        if log.epochs:
            figures.learning_curve(log.epochs, files.folder / "learning-curve.png")
        figures.confusion_matrix(report.classes, report.confusion, files.folder / "confusion.png")
    return report


def export_checkpoint(
    checkpoint: Path, out: Path, *, data: Path | None, int8: bool, seed: int, progress: Progress = silent
) -> dict[Path, Agreement]:
    """Write a checkpoint's ONNX files to `out`, calibrated on `data`'s val/ or on rendered images.

    Returns how far each file agrees with torch. Raises `DatasetError`, `ModelError`.
    """
    network = load_network(checkpoint)
    classes = network.metadata.classes
    if data is None and classes != CLASSES:
        raise DatasetError(f"data must be a tree with images of the model's classes, {', '.join(classes)}, got None")
    if data is None:
        val_set = _rendered({"val": EXPORT_IMAGES}, seed, progress)[0]
    else:  # With the rendered images that its training had to validate on.
        trained = network.metadata.training
        val_set = read_tree(data, "val", classes, names=trained.names)
        if trained.renders and set(classes) == set(CLASSES):
            val_set = joined(val_set, _rendered({"val": _to_validate(trained)}, trained.seed, progress)[0])
    _make(out)
    with _all_or_nothing(out) as files:
        export_all(network, files.fp32, files.int8, val_set)
        if not int8:
            files.int8.unlink()
    written = ModelFiles(folder=out)
    reference = TorchEngine(network, threads=2)
    return {
        path: agreement(OnnxEngine(path, threads=2), reference, val_set)
        for path in ([written.fp32, written.int8] if int8 else [written.fp32])
    }


def load_sets(config: TrainingConfig, progress: Progress = silent) -> tuple[ImageSet, ImageSet, ImageSet]:
    """The sets to train, to validate and to test on: the tree's, or rendered ones.

    Raises `DatasetError` naming the file that cannot be read, since that is better known before the training.
    """
    if config.data is None:
        val, test = min(VAL_IMAGES, config.images // 3), min(TEST_IMAGES, config.images // 4)
        counts = {"train": config.images, "val": val, "test": test}
        train_set, val_set, test_set = _rendered(counts, config.seed, progress)
        return _at_least_a_batch(train_set, config.batch, "images"), val_set, test_set
    folder = Path(config.data)
    train_set = read_tree(folder, "train", names=config.names)
    val_set, test_set = (read_tree(folder, split, train_set.classes, names=config.names) for split in ("val", "test"))
    for images in (train_set, val_set, test_set):
        images.check(progress)
    if config.renders and set(train_set.classes) != set(CLASSES):
        _log.warning("renders_left_out classes=%s rendered=%s", ",".join(train_set.classes), ",".join(CLASSES))
    elif config.renders:
        counts = {"train": config.renders, "val": _to_validate(config)}
        rendered = _rendered(counts, config.seed, progress)
        train_set, val_set = joined(train_set, rendered[0]), joined(val_set, rendered[1])
    return _at_least_a_batch(train_set, config.batch, f"images in {folder / 'train'}"), val_set, test_set


def _to_validate(config: TrainingConfig) -> int:
    """How many rendered images join a line's own to validate on."""
    return max(1, config.renders // 3)


def _at_least_a_batch(images: ImageSet, batch: int, source: str) -> ImageSet:
    if len(images) < batch:
        raise DatasetError(f"{source} must be a batch ({batch}) or more, got {len(images)}")
    return images


def _rendered(counts: dict[str, int], seed: int, progress: Progress) -> list[ImageSet]:
    """One set of rendered images a split; any number of processes renders the same."""
    with _spread(sum(counts.values())) as spread:
        drawn = {
            split: spread(partial(draw_sample, seed=seed, split=split), range(count)) for split, count in counts.items()
        }
        return [
            from_samples(next(drawn[split]) for _ in progress(range(count), f"rendering {split}"))
            for split, count in counts.items()
        ]


@contextmanager
def _spread(count: int) -> Iterator[Callable[..., Iterator[Sample]]]:
    """A `map` that keeps the order: lazy for few numbers, by one process a core for many."""
    cores = min(cpu_count() or 1, _MOST_PROCESSES)
    if count < _WORTH_A_POOL or cores == 1:
        yield map
        return
    fresh = get_context("spawn")
    with ProcessPoolExecutor(cores, mp_context=fresh, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        yield partial(pool.map, chunksize=_RENDERED_AT_ONCE)


@contextmanager
def _all_or_nothing(out: Path) -> Iterator[ModelFiles]:
    """A folder to write a model's files to; at the end all of them move to `out`. Raises `ModelError`."""
    try:
        with TemporaryDirectory(dir=out, prefix="unfinished-") as folder:
            yield ModelFiles(folder=Path(folder))
            for path in sorted(Path(folder).iterdir()):
                path.replace(out / path.name)
    except OSError as error:
        raise ModelError(f"{error.filename or out}: not writable ({error.strerror})") from error


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(f"{out}: not writable ({error.strerror})") from error


def _board(folder: Path) -> "SummaryWriter":
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingExtraError(f"--tensorboard {TRAIN_EXTRA}") from error
    try:
        return SummaryWriter(str(folder))
    except OSError as error:
        raise DatasetError(f"{folder}: not writable ({error.strerror})") from error
