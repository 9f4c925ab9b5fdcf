"""One training step, with the default and with oneDNN's convolutions, in turn in one run.

    python benchmarks/training_step.py [--edge-px 64 128] [--rounds 15] [--batch 32]

The medians of both, in ms, and their ratio: of the whole step, and of its parts.
"""

import argparse
import time

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import nn

from classifier.card import Card
from classifier.convolution import WinogradConv2d
from classifier.network import Network
from classifier.synthesis import CLASSES
from classifier.training import keep_memory

PARTS = ("forward", "backward", "optimiser")
WARM_UP = 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edge-px", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--batch", type=int, default=32)
    options = parser.parse_args()
    keep_memory()
    table = Table("edge px", "of the step", "Winograd ms", "oneDNN ms", "share of it")
    for edge_px in options.edge_px:
        ways = {"Winograd": Step(edge_px, options.batch), "oneDNN": Step(edge_px, options.batch)}
        ways["oneDNN"].keep_to_onednn()
        taken: dict[str, list[list[float]]] = {name: [] for name in ways}
        for _ in range(WARM_UP + options.rounds):
            for name, step in ways.items():
                taken[name].append(step.take())
        ms = {name: 1e3 * np.median(np.array(rows[WARM_UP:]), axis=0) for name, rows in taken.items()}
        whole = {name: 1e3 * float(np.median(np.array(rows[WARM_UP:]).sum(1))) for name, rows in taken.items()}
        for part, one, other in zip(PARTS, ms["Winograd"], ms["oneDNN"], strict=True):
            table.add_row(str(edge_px), part, f"{one:.0f}", f"{other:.0f}", f"{one / other:.2f}")
        one, other = whole["Winograd"], whole["oneDNN"]
        table.add_row(str(edge_px), "all", f"{one:.0f}", f"{other:.0f}", f"{one / other:.2f}", end_section=True)
    Console().print(table)


class Step:
    """A network that repeatedly learns the same random batch."""

    def __init__(self, edge_px: int, batch: int) -> None:
        card = Card(arch="resnet18", classes=CLASSES, image_px=edge_px)
        self.network = Network(card).to(memory_format=torch.channels_last).train()
        self.optimiser = torch.optim.SGD(self.network.parameters(), 0.01, momentum=0.9, nesterov=True)
        self.images = torch.randint(0, 256, (batch, edge_px, edge_px, 3), dtype=torch.uint8)
        self.targets = torch.randint(0, len(CLASSES), (batch,))

    def keep_to_onednn(self) -> None:
        """Let oneDNN compute every convolution's gradients."""
        for part in self.network.modules():
            if isinstance(part, WinogradConv2d):
                part.train(False)

    def take(self) -> list[float]:
        """Run one step; returns the seconds of its parts."""
        at = [time.perf_counter()]
        logits = self.network.head(self.network.features(self.images))
        loss = nn.functional.cross_entropy(logits, self.targets)
        at.append(time.perf_counter())
        self.optimiser.zero_grad()
        torch.autograd.backward(loss)
        at.append(time.perf_counter())
        self.optimiser.step()
        at.append(time.perf_counter())
        return np.diff(at).tolist()


if __name__ == "__main__":
    main()
