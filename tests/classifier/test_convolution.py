"""The last stage's convolutions: another way to the same numbers."""

import pytest

pytest.importorskip("torch", reason="training needs torch and torchvision (extra `train`)")
pytest.importorskip("torchvision", reason="training needs torch and torchvision (extra `train`)")

import torch
from torch import nn

from classifier.card import Card
from classifier.convolution import Im2colConv2d
from classifier.network import ARCHES, Network
from classifier.synthesis import CLASSES

pytestmark = pytest.mark.train


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 1, 1), (3, 2, 1), ((3, 5), (2, 1), (0, 2)), (1, 2, 0)])
@pytest.mark.parametrize(("height", "width"), [(4, 4), (7, 5)])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_it_learns_what_the_convolution_that_it_was_would_learn(kernel, stride, padding, height, width, layout):
    torch.manual_seed(1)
    plain = nn.Conv2d(6, 9, kernel, stride, padding, bias=False).to(memory_format=layout)
    images = torch.randn(4, 6, height, width).to(memory_format=layout)
    weight = plain.weight.detach().clone()
    slopes = torch.randn_like(plain(images))
    learned = []
    for convolution in (plain, Im2colConv2d.of(plain)):
        seen = images.clone().requires_grad_()
        answer = convolution(seen)
        convolution.weight.grad = None
        answer.backward(slopes)
        learned.append((answer, seen.grad, convolution.weight.grad))
    for one, other in zip(*learned, strict=True):
        torch.testing.assert_close(one, other)
    assert torch.equal(plain.weight, weight)


def test_it_takes_the_weights_over_and_draws_no_number():
    plain = nn.Conv2d(2, 3, 3, padding=1, bias=False)
    before = torch.get_rng_state()
    assert Im2colConv2d.of(plain).weight is plain.weight
    assert torch.equal(torch.get_rng_state(), before)


def test_a_network_that_answers_runs_the_convolution_that_it_was():
    plain = nn.Conv2d(64, 32, 3, padding=1, bias=False)
    images, convolution = torch.randn(2, 64, 5, 5), Im2colConv2d.of(plain)
    assert not torch.equal(convolution(images), plain(images))  # As it learns it rounds otherwise.
    assert torch.equal(convolution.eval()(images), plain(images))


@pytest.mark.parametrize("arch", ARCHES)
def test_only_the_last_stage_has_them(arch):
    network = Network(Card(arch=arch, classes=CLASSES, image_px=64))
    found = {name.split(".")[1] for name, part in network.named_modules() if isinstance(part, Im2colConv2d)}
    assert found == {"layer4"}
