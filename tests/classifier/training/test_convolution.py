"""The convolutions as they learn on a CPU: another way to the same numbers."""

import pytest

pytest.importorskip("torch", reason="training needs torch and torchvision (extra `train`)")
pytest.importorskip("torchvision", reason="training needs torch and torchvision (extra `train`)")

import torch
from torch import Tensor, nn

from classifier.convolution import WinogradConv2d
from classifier.metadata import Card
from classifier.rendering.synthesis import CLASSES
from classifier.training.network import ARCHES, Network

pytestmark = pytest.mark.train

NETWORK_PX = 64
FOUND = {"resnet18": 13, "resnet34": 29, "resnet50": 13}


def learn(convolution: nn.Conv2d, images: Tensor, slopes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Answers, and the slopes of images and weights."""
    seen = images.clone().requires_grad_()
    convolution.weight.grad = None
    answer = convolution(seen)
    answer.backward(slopes.to(answer.dtype))
    return answer.detach(), seen.grad, convolution.weight.grad


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 2), (3, 4), (4, 3), (5, 8), (6, 6), (7, 13), (16, 16)])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_it_learns_what_the_convolution_that_it_was_would_learn(height, width, layout):
    torch.manual_seed(height * 100 + width)
    plain = nn.Conv2d(6, 9, 3, padding=1, bias=False).to(memory_format=layout)
    images = torch.randn(4, 6, height, width).to(memory_format=layout)
    weight, slopes = plain.weight.detach().clone(), torch.randn(4, 9, height, width)
    found = learn(WinogradConv2d.of(plain), images, slopes)
    exact = learn(plain.double(), images.double(), slopes)
    for one, other in zip(found, exact, strict=True):
        assert float((one - other).abs().max() / other.abs().max()) < 1e-5
    assert torch.equal(plain.weight.float(), weight)


def test_it_is_as_exact_with_as_many_channels_as_a_network_has():
    torch.manual_seed(1)
    plain = nn.Conv2d(256, 128, 3, padding=1, bias=False)
    images, slopes = torch.relu(torch.randn(2, 256, 8, 8)), torch.randn(2, 128, 8, 8)
    found = learn(WinogradConv2d.of(plain), images, slopes)
    for one, other in zip(found, learn(plain.double(), images.double(), slopes), strict=True):
        assert float((one - other).abs().max() / other.abs().max()) < 3e-5


def test_it_takes_the_weights_over_and_draws_no_number():
    plain = nn.Conv2d(2, 3, 3, padding=1, bias=False)
    before = torch.get_rng_state()
    assert WinogradConv2d.of(plain).weight is plain.weight
    assert torch.equal(torch.get_rng_state(), before)


def test_a_network_that_answers_runs_the_convolution_that_it_was():
    plain = nn.Conv2d(64, 32, 3, padding=1, bias=False)
    images, convolution = torch.randn(2, 64, 5, 5), WinogradConv2d.of(plain)
    assert not torch.equal(convolution(images), plain(images))  # As it learns it rounds otherwise.
    assert torch.equal(convolution.eval()(images), plain(images))


@pytest.mark.parametrize(
    "other",
    [
        nn.Conv2d(4, 4, 3, stride=2, padding=1, bias=False),
        nn.Conv2d(4, 4, 3, bias=False),
        nn.Conv2d(4, 4, (3, 1), padding=1, bias=False),
        nn.Conv2d(4, 4, 3, padding=1),
        nn.Conv2d(4, 4, 3, padding=1, dilation=2, bias=False),
        nn.Conv2d(4, 4, 3, padding=1, groups=2, bias=False),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect", bias=False),
    ],
)
def test_other_convolutions_do_not_fit(other):
    assert not WinogradConv2d.fits(other)


@pytest.mark.parametrize("arch", ARCHES)
def test_every_convolution_that_fits_is_one_and_answers_have_their_order_in_memory(arch):
    network = Network(Card(arch=arch, classes=CLASSES, image_px=NETWORK_PX)).to(memory_format=torch.channels_last)
    found = [part for part in network.modules() if isinstance(part, WinogradConv2d)]
    assert len(found) == FOUND[arch]
    assert not [part for part in network.modules() if type(part) is nn.Conv2d and WinogradConv2d.fits(part)]
    answer = found[0](torch.randn(2, found[0].in_channels, 8, 8).to(memory_format=torch.channels_last))
    assert answer.is_contiguous(memory_format=torch.channels_last)
