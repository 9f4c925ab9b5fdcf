"""The network: a torchvision ResNet that takes decoded images and gives logits and a distance.

Normalisation and the distance to the known classes are part of it, so that every engine runs the same computation.
"""

from typing import Final

import torch
import torchvision
from torch import Tensor, nn

from classifier.errors import ModelError
from classifier.metadata import ModelMetadata

ARCHES = ("resnet18", "resnet34", "resnet50")
RIPENESS_STEPS: Final = 30


class Normalise(nn.Module):
    """uint8 [n, h, w, 3] in BGR to float32 [n, 3, h, w] in RGB, normalised."""

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", 255 * torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("scale", 1 / (255 * torch.tensor(std).view(1, 3, 1, 1)), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return (images.permute(0, 3, 1, 2).float().flip(1) - self.mean) * self.scale


class Outlier(nn.Module):
    """How far features [n, f] lie from the nearest known class: Mahalanobis' distance with one covariance for all
    (Lee et al. 2018), on features of unit length (Mueller and Hein 2025). All zero until it is fitted.
    """

    means: Tensor
    whitening: Tensor

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.register_buffer("means", torch.zeros(classes, features))
        self.register_buffer("whitening", torch.zeros(features, features))

    def forward(self, features: Tensor) -> Tensor:
        offset = nn.functional.normalize(features)[:, None, :] - self.means
        return (offset @ self.whitening).square().sum(2).min(1).values.clamp_min(1e-12).sqrt()

    def fit(self, features: Tensor, labels: Tensor, shrinkage: float = 0.1) -> None:
        """Fit to the features [n, f] of known images; the covariance is shrunk towards its diagonal's mean."""
        unit = nn.functional.normalize(features.double())
        means = torch.stack([unit[labels == label].mean(0) for label in range(self.means.shape[0])])
        offset = unit - means[labels]
        covariance = offset.T @ offset / len(unit)
        plain = torch.eye(len(covariance), dtype=torch.double) * covariance.diagonal().mean()
        values, vectors = torch.linalg.eigh((1 - shrinkage) * covariance + shrinkage * plain)
        self.means.copy_(means)
        self.whitening.copy_(vectors * values.clamp_min(1e-12).rsqrt() / len(covariance) ** 0.5)


class RipenessHead(nn.Linear):
    """Reads how ripe a fruit is off the features, in steps from 0 to 1. Only training uses it: a network that has to
    say how ripe sees finer differences than one that has only to name the class.
    """

    def __init__(self, features: int) -> None:
        super().__init__(features, RIPENESS_STEPS)

    def loss(self, features: Tensor, ripeness: Tensor) -> Tensor:
        """The mean cross entropy over the images whose ripeness [n] is known (not NaN); 0 where there is none.

        The steps wanted are spread around the true one, as neighbours are nearly right.
        """
        known = ~ripeness.isnan()
        if not known.any():
            return features.new_zeros(())
        steps = torch.linspace(0, 1, RIPENESS_STEPS, device=features.device)
        offset = (ripeness[known, None] - steps) * RIPENESS_STEPS
        wanted = torch.softmax(-offset.square() / 2, dim=1)
        return nn.functional.cross_entropy(self(features[known]).float(), wanted)


class Network(nn.Module):
    """The model that its metadata describes. Raises `ModelError` for an architecture that is none of `ARCHES`."""

    def __init__(self, metadata: ModelMetadata) -> None:
        super().__init__()
        if metadata.arch not in ARCHES:
            raise ModelError(f"arch must be one of {', '.join(ARCHES)}, got {metadata.arch!r}")
        self.metadata = metadata
        self.layout = torch.channels_last
        self.normalise = Normalise(metadata.mean, metadata.std)
        self.backbone = getattr(torchvision.models, metadata.arch)(weights=None)
        features = self.backbone.fc.in_features
        self.backbone.fc = nn.Identity()
        self.head = nn.Linear(features, len(metadata.outputs))
        self.ripeness = RipenessHead(features)
        self.outlier = Outlier(features, max(len(metadata.classes) - 1, 1))

    def features(self, images: Tensor) -> Tensor:
        """The pooled features [n, f] of images uint8 [n, h, w, 3] in BGR."""
        normal = self.normalise(images).contiguous(memory_format=self.layout)
        features: Tensor = self.backbone(normal)
        return features

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [n, outputs] and distances [n] of images uint8 [n, h, w, 3] in BGR."""
        features = self.features(images)
        return self.head(features), self.outlier(features)
