"""A model in torch: the reference that the exported files are compared with, and the engine of saved weights."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from classifier.engine import Answers
from classifier.training.checkpoint import load_network
from classifier.training.network import Network


class TorchEngine:
    """A network on the CPU. Channels-last is torch's faster layout."""

    name = "torch"

    def __init__(self, network: Network, *, threads: int = 1, channels_last: bool = True) -> None:
        torch.set_num_threads(threads)
        self.metadata = network.metadata
        network.layout = torch.channels_last if channels_last else torch.contiguous_format
        self._network = network.eval().to(memory_format=network.layout)

    @classmethod
    def load(cls, path: Path, *, threads: int = 1) -> "TorchEngine":
        """The network in a `.safetensors` file. Raises `ModelError` where the file is no model of this classifier."""
        return cls(load_network(path), threads=threads)

    def run(self, images: NDArray[np.uint8]) -> Answers:
        with torch.inference_mode():
            logits, distances = self._network(torch.from_numpy(images))
        return logits.float().numpy(), distances.float().numpy()
