"""The 3 x 3 convolutions of a ResNet as they learn on a CPU: by minimal filtering, with a quarter of the products.

Lavin and Gray 2016 (after Winograd 1980): the answer is cut into tiles. What a tile sees is spread, and so is each
filter; their products, one by one, joined again, are the tile's answers.
"""

from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


@dataclass(frozen=True, slots=True, eq=False)
class Filtering:
    """One size of tiles: `edge` x `edge` answers each, from s = (`edge` + 2)^2 points.

    A method called `..._slopes` is the gradient of the one before it: from the slopes of what that one gives to the
    slopes of what it takes.
    """

    edge: int
    spread: Tensor
    spread_filter: Tensor
    join: Tensor

    @classmethod
    def of(cls, spread: list[list[float]], spread_filter: list[list[float]], join: list[list[float]]) -> "Filtering":
        """Filtering in two dimensions, from the matrices for one."""
        lines = [torch.tensor(matrix, dtype=torch.double) for matrix in (spread, spread_filter, join)]
        return cls(len(join), *(torch.kron(matrix, matrix).float() for matrix in lines))

    def points(self, images: Tensor) -> Tensor:
        """What the tiles of images [n, h, w, c] see, spread: [s, tiles, c]."""
        _, height, width, channels = images.shape
        down, across = self._tiles(height, width)
        seen, step = self.edge + 2, self.edge
        padded = nn.functional.pad(images, (0, 0, 1, across * step + 1 - width, 1, down * step + 1 - height))
        windows = padded.unfold(1, seen, step).unfold(2, seen, step).permute(0, 1, 2, 4, 5, 3)
        return (self.spread @ windows.reshape(-1, seen * seen, channels)).transpose(0, 1)

    def points_slopes(self, slopes: Tensor, height: int, width: int) -> Tensor:
        """Of points [s, tiles, c] to those of images [n, h, w, c]: neighbouring tiles see two lines in common."""
        down, across = self._tiles(height, width)
        seen, step, channels = self.edge + 2, self.edge, slopes.shape[2]
        windows = (self.spread.t() @ slopes.transpose(0, 1)).view(-1, down, across, seen, seen, channels)
        total = slopes.new_zeros(len(windows), down + 1, step, across + 1, step, channels)
        for below, rows in ((0, step), (1, 2)):
            for beside, columns in ((0, step), (1, 2)):
                part = windows[:, :, :, below * step :, beside * step :][:, :, :, :rows, :columns].transpose(2, 3)
                total[:, below : below + down, :rows, beside : beside + across, :columns] += part
        return total.flatten(1, 2).flatten(2, 3)[:, 1 : height + 1, 1 : width + 1]

    def filters(self, weight: Tensor) -> Tensor:
        """Filters [o, c, 3, 3], spread: [s, o, c]."""
        return (self.spread_filter @ weight.permute(0, 2, 3, 1).flatten(1, 2)).transpose(0, 1)

    def filters_slopes(self, slopes: Tensor) -> Tensor:
        """Of spread filters [s, o, c] to those of the filters [o, c, 3, 3]."""
        return (self.spread_filter.t() @ slopes.transpose(0, 1)).view(-1, 3, 3, slopes.shape[2]).permute(0, 3, 1, 2)

    def answers(self, products: Tensor, height: int, width: int) -> Tensor:
        """Products [s, tiles, o], joined: [n, h, w, o]."""
        down, across = self._tiles(height, width)
        tiles = (self.join @ products.transpose(0, 1)).view(-1, down, across, self.edge, self.edge, products.shape[2])
        return tiles.transpose(2, 3).flatten(1, 2).flatten(2, 3)[:, :height, :width]

    def answers_slopes(self, slopes: Tensor) -> Tensor:
        """Of answers [n, h, w, o] to those of products [s, tiles, o]."""
        _, height, width, channels = slopes.shape
        down, across = self._tiles(height, width)
        whole = nn.functional.pad(slopes, (0, 0, 0, across * self.edge - width, 0, down * self.edge - height))
        tiles = whole.reshape(-1, down, self.edge, across, self.edge, channels).transpose(2, 3)
        return (self.join.t() @ tiles.reshape(-1, self.edge**2, channels)).transpose(0, 1)

    def _tiles(self, height: int, width: int) -> tuple[int, int]:
        """How many tiles cover an image, downwards and across."""
        return -(-height // self.edge), -(-width // self.edge)


_FINE: Final = Filtering.of(
    spread=[[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]],
    spread_filter=[[1, 0, 0], [1 / 2, 1 / 2, 1 / 2], [1 / 2, -1 / 2, 1 / 2], [0, 0, 1]],
    join=[[1, 1, 1, 0], [0, 1, -1, -1]],
)
_COARSE: Final = Filtering.of(
    spread=[
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ],
    spread_filter=[
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ],
    join=[[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]],
)
"""The matrices of Lavin and Gray, sections 4.1 and 4.3."""

_FEW: Final = 4
"""Up to this edge an image has so few coarse tiles that spreading the filters costs more than it saves."""


class WinogradConv2d(nn.Conv2d):
    """A convolution of 3 x 3 points that learns on a CPU by minimal filtering; everywhere else it is what it was.

    On two cores without AVX-512 a step of a ResNet18 takes 0.67 of the time that it takes with oneDNN's convolutions at
    128 px, and 0.63 at 64 px (`benchmarks/training_step.py`). Answers differ by some 1e-5 of the largest.
    """

    @classmethod
    def of(cls, plain: nn.Conv2d) -> "WinogradConv2d":
        """The same convolution, with the same weights: one that `fits`."""
        assert cls.fits(plain)
        with torch.device("meta"):  # It needs no weights of its own, and draws none.
            convolution = cls(plain.in_channels, plain.out_channels, 3, padding=1, bias=False)
        convolution.weight = plain.weight
        return convolution

    @staticmethod
    def fits(plain: nn.Conv2d) -> bool:
        """Whether a convolution is one of 3 x 3 points at every point, of all channels, without bias."""
        shape = (plain.kernel_size, plain.stride, plain.padding, plain.dilation, plain.groups, plain.padding_mode)
        return shape == ((3, 3), (1, 1), (1, 1), (1, 1), 1, "zeros") and plain.bias is None

    def forward(self, images: Tensor) -> Tensor:
        """The convolution of images [n, c, h, w]."""
        if not self.training or images.device.type != "cpu":
            return super().forward(images)
        filtering = _FINE if max(images.shape[2:]) <= _FEW else _COARSE
        answers: Tensor = _Filtered.apply(images.permute(0, 2, 3, 1), self.weight, filtering)
        return answers.permute(0, 3, 1, 2)


class _Filtered(torch.autograd.Function):
    """Images [n, h, w, c] and filters [o, c, 3, 3] to answers [n, h, w, o].

    Its gradient is written down, since torch would copy the filters' into another order, at half of the gain.
    """

    @staticmethod
    def forward(ctx: Any, images: Tensor, weight: Tensor, filtering: Filtering) -> Tensor:
        points, filters = filtering.points(images), filtering.filters(weight)
        ctx.save_for_backward(points, filters)
        ctx.filtering, ctx.size = filtering, images.shape[1:3]
        return filtering.answers(points @ filters.transpose(1, 2), *ctx.size)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor, Tensor, None]:
        filtering: Filtering = ctx.filtering
        points, filters = ctx.saved_tensors
        products = filtering.answers_slopes(slopes)
        weight = filtering.filters_slopes(products.transpose(1, 2) @ points)
        return filtering.points_slopes(products @ filters, *ctx.size), weight, None
