"""The convolutions of a ResNet's last stage, which see few points with many channels, as they learn on a CPU."""

from torch import Tensor, cat, nn
from torch.nn.utils import skip_init


class Im2colConv2d(nn.Conv2d):
    """A convolution that learns on a CPU as one matrix product of gathered neighbourhoods (im2col: Chellapilla et al.
    2006); everywhere else it is the convolution that it was.

    oneDNN is slow at the gradients of few points: on two cores a step of a ResNet18 takes 0.72 to 0.78 of the time at
    64 px, where the last stage sees 2 x 2 points (`benchmarks/training_step.py`). At 128 px, and in the stages before,
    which see more points and fewer channels, nothing is gained.
    """

    @classmethod
    def of(cls, plain: nn.Conv2d) -> "Im2colConv2d":
        """The same convolution, with the same weights; no bias, no groups, no dilation."""
        assert plain.bias is None
        assert plain.groups == 1
        assert plain.dilation == (1, 1)
        shape = (plain.in_channels, plain.out_channels, plain.kernel_size, plain.stride, plain.padding)
        convolution: Im2colConv2d = skip_init(cls, *shape, bias=False)
        convolution.weight = plain.weight
        return convolution

    def forward(self, images: Tensor) -> Tensor:
        """The convolution of images [n, c, h, w]."""
        if not self.training or images.device.type != "cpu":
            return super().forward(images)
        gathered = self._gather(images.permute(0, 2, 3, 1))
        count, height, width, _ = gathered.shape
        weights = self.weight.permute(0, 2, 3, 1).flatten(1)  # No copy where the weights are channels_last.
        product = gathered.flatten(0, 2) @ weights.t()
        return product.view(count, height, width, -1).permute(0, 3, 1, 2)

    def _gather(self, images: Tensor) -> Tensor:
        """Images [n, h, w, c] as the neighbourhoods [n, h', w', rows * columns * c] of the points of the answer."""
        (rows, columns), (down, across), (above, beside) = self.kernel_size, self.stride, _pair(self.padding)
        padded = nn.functional.pad(images, (0, 0, beside, beside, above, above))
        height, width = padded.shape[1] - rows + 1, padded.shape[2] - columns + 1
        return cat(
            [padded[:, y : y + height : down, x : x + width : across] for y in range(rows) for x in range(columns)], 3
        )


def _pair(padding: str | tuple[int, ...]) -> tuple[int, int]:
    assert not isinstance(padding, str)
    above, beside = padding
    return above, beside
