"""Figures of a training as PNG files: its learning curve and its confusion matrix."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from classifier.errors import MissingExtraError
from classifier.training.extra import TRAIN_EXTRA

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from classifier.training.loop import Epoch


def learning_curve(epochs: Sequence["Epoch"], path: Path) -> None:
    """Draw loss and validation accuracy over the epochs. Raises `MissingExtraError` without matplotlib."""
    figure = _figure(7.0, 4.0)
    losses = figure.add_subplot()
    numbers = [epoch.number for epoch in epochs]
    losses.plot(numbers, [epoch.loss for epoch in epochs], "o-", label="training loss")
    losses.plot(numbers, [epoch.val_loss for epoch in epochs], "o-", label="validation loss")
    losses.set(xlabel="epoch", ylabel="cross entropy", xticks=numbers)
    shares = losses.twinx()
    shares.plot(
        numbers, [epoch.val_accuracy for epoch in epochs], "s--", color="tab:green", label="validation accuracy"
    )
    shares.set(ylabel="accuracy", ylim=(0, 1.02))
    figure.legend(loc="upper center", ncols=3, frameon=False)
    figure.savefig(path)


def confusion_matrix(classes: Sequence[str], counts: Sequence[Sequence[int]], path: Path) -> None:
    """Draw counts by true class (rows) and answer (columns). Raises `MissingExtraError` without matplotlib."""
    figure = _figure(5.0, 4.5)
    axes = figure.add_subplot()
    table = np.array(counts)
    axes.imshow(table / np.maximum(table.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
    places = range(len(classes))
    axes.set(xticks=places, yticks=places, xticklabels=classes, yticklabels=classes, xlabel="answer", ylabel="class")
    for row in places:
        for column in places:
            share = table[row, column] / max(table[row].sum(), 1)
            axes.text(column, row, str(table[row, column]), ha="center", color="white" if share > 0.5 else "black")
    figure.savefig(path)


def _figure(width_in: float, height_in: float) -> "Figure":
    """An empty figure; it needs no screen."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError(f"drawing figures {TRAIN_EXTRA}") from error
    return Figure(figsize=(width_in, height_in), dpi=120, layout="constrained")
