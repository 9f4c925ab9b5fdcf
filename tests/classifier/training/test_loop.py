"""Training on a small set: it learns, it repeats, it goes on where it was cut short. Needs torch."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs torch and torchvision (extra `train`)")
pytest.importorskip("torchvision", reason="training needs torch and torchvision (extra `train`)")

import msgspec
import safetensors.torch
import torch

from classifier.errors import ModelError
from classifier.metadata import ModelMetadata, TrainingConfig
from classifier.rendering.synthesis import CLASSES, synthesize
from classifier.training.checkpoint import load_network, read_weights, save_network, transfer
from classifier.training.dataset import ImageSet, from_samples
from classifier.training.loop import Epoch, EpochLog, choose_device, embed, fit_outlier, train
from classifier.training.network import Network

pytestmark = pytest.mark.train

TINY = TrainingConfig(images=96, epochs=2, small_epochs=1, batch=16, image_px=48, peak_rate=0.02)
CPU = torch.device("cpu")


class PowerCutError(Exception):
    """The power went."""


class CutShort(EpochLog):
    """Breaks the training off after the first epoch."""

    def add(self, epoch: Epoch) -> None:
        if self.epochs:
            raise PowerCutError
        self.epochs.append(epoch)


@pytest.fixture(scope="module")
def sets() -> tuple[ImageSet, ImageSet]:
    return tuple(from_samples(synthesize(96, seed=1, split=split)) for split in ("train", "val"))  # type: ignore[return-value]


def trained(
    config: TrainingConfig, sets: tuple[ImageSet, ImageSet], out: Path, **more: bool
) -> tuple[Network, EpochLog]:
    log = EpochLog()
    return train(config, *sets, out, device=CPU, log=log, **more), log


def weights(network: Network) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in network.state_dict().items()}


def assert_equal(one: Network, other: Network) -> None:
    for name, value in weights(one).items():
        np.testing.assert_array_equal(value, weights(other)[name], err_msg=name)


def test_the_same_seed_trains_the_same_network_and_the_loss_falls(
    sets: tuple[ImageSet, ImageSet], tmp_path: Path
) -> None:
    first, log = trained(TINY, sets, tmp_path)
    second, again = trained(TINY, sets, tmp_path)
    assert_equal(first, second)
    assert log.epochs == again.epochs
    assert log.epochs[-1].loss < log.epochs[0].loss


def test_a_training_cut_short_and_resumed_gives_what_it_would_have_given(
    sets: tuple[ImageSet, ImageSet], tmp_path: Path
) -> None:
    config = msgspec.structs.replace(TINY, epochs=3)
    whole, log = trained(config, sets, tmp_path)
    with pytest.raises(PowerCutError):
        train(config, *sets, tmp_path, device=CPU, log=CutShort())
    resumed, rest = trained(config, sets, tmp_path, resume=True)
    assert rest.epochs == log.epochs[1:]
    assert_equal(whole, resumed)


def test_a_training_that_no_longer_improves_stops_early(sets: tuple[ImageSet, ImageSet], tmp_path: Path) -> None:
    config = msgspec.structs.replace(TINY, epochs=9, small_epochs=0, peak_rate=0.0, patience=1)
    whole, log = trained(config, sets, tmp_path)
    assert len(log.epochs) < 9
    resumed, rest = trained(config, sets, tmp_path, resume=True)
    assert rest.epochs == []
    assert_equal(whole, resumed)


def test_resuming_on_other_classes_is_refused_by_name(sets: tuple[ImageSet, ImageSet], tmp_path: Path) -> None:
    trained(TINY, sets, tmp_path)
    renamed = tuple(dataclasses.replace(images, classes=("a_ripe", *CLASSES[:2], "unknown")) for images in sets)
    with pytest.raises(ModelError, match=r"classes must be .* half_ripe, raw, ripe, .* got a_ripe, half_ripe, raw"):
        trained(TINY, renamed, tmp_path, resume=True)  # type: ignore[arg-type]


def test_resuming_with_other_settings_is_refused_by_name(sets: tuple[ImageSet, ImageSet], tmp_path: Path) -> None:
    trained(msgspec.structs.replace(TINY, epochs=1, small_epochs=0), sets, tmp_path)
    with pytest.raises(ModelError, match="epochs must be that of the training to resume, 1, got 2"):
        trained(TINY, sets, tmp_path, resume=True)


def test_weights_are_kept_in_half_precision_with_their_metadata_and_without_pickle(tmp_path: Path) -> None:
    network = Network(ModelMetadata(arch="resnet18", classes=CLASSES, image_px=64))
    save_network(network, tmp_path / "model.safetensors")
    back = load_network(tmp_path / "model.safetensors")
    assert back.metadata == network.metadata
    assert (tmp_path / "model.safetensors").stat().st_size < 24_000_000
    for name, value in weights(network).items():
        np.testing.assert_allclose(weights(back)[name], value, atol=2e-3, err_msg=name)


def test_a_network_learns_how_ripe_its_fruit_is(sets: tuple[ImageSet, ImageSet], tmp_path: Path) -> None:
    train_set, val_set = sets

    def ripeness_loss(network: Network) -> float:
        features = embed(network, train_set, np.arange(len(train_set)), TINY.image_px, CPU)
        with torch.inference_mode():
            return network.ripeness.loss(features, torch.from_numpy(train_set.ripeness)).item()

    unknown = dataclasses.replace(train_set, ripeness=np.full(len(train_set), np.nan, np.float32))
    # What the head alone can learn.
    config = msgspec.structs.replace(TINY, epochs=8, small_epochs=0, freeze_backbone=True)
    taught, _ = trained(config, sets, tmp_path)
    untaught, _ = trained(config, (unknown, val_set), tmp_path)
    assert ripeness_loss(taught) < 0.95 * ripeness_loss(untaught)


def test_a_model_file_from_before_the_ripeness_was_learned_is_read(tmp_path: Path) -> None:
    network = Network(ModelMetadata(arch="resnet18", classes=CLASSES, image_px=64))
    save_network(network, tmp_path / "model.safetensors")
    tensors, header = read_weights(tmp_path / "model.safetensors")
    older = {name: value for name, value in tensors.items() if not name.startswith("ripeness.")}
    assert len(older) == len(tensors) - 2
    safetensors.torch.save_file(older, tmp_path / "older.safetensors", metadata=header)
    back = load_network(tmp_path / "older.safetensors")
    np.testing.assert_allclose(weights(back)["head.weight"], weights(network)["head.weight"], atol=2e-3)
    assert transfer(network, tmp_path / "older.safetensors") == []


def test_transfer_takes_a_plain_resnets_backbone_and_leaves_out_its_head(tmp_path: Path) -> None:
    import torchvision

    plain = torchvision.models.resnet18(weights=None)
    safetensors.torch.save_file(plain.state_dict(), tmp_path / "plain.safetensors")
    network = Network(ModelMetadata(arch="resnet18", classes=CLASSES, image_px=64))
    assert transfer(network, tmp_path / "plain.safetensors") == ["head.weight", "head.bias"]
    np.testing.assert_array_equal(weights(network)["backbone.conv1.weight"], plain.conv1.weight.detach().numpy())


def test_transfer_leaves_out_a_head_of_as_many_other_classes(tmp_path: Path) -> None:
    other = Network(ModelMetadata(arch="resnet18", classes=("a_ripe", "half_ripe", "raw", "unknown"), image_px=64))
    save_network(other, tmp_path / "other.safetensors")
    network = Network(ModelMetadata(arch="resnet18", classes=CLASSES, image_px=64))
    assert transfer(network, tmp_path / "other.safetensors") == ["head.weight", "head.bias"]
    assert not np.array_equal(weights(network)["head.weight"], weights(other)["head.weight"])


def test_every_class_is_known_in_whatever_order_the_set_is(sets: tuple[ImageSet, ImageSet]) -> None:
    order = np.argsort(sets[0].labels, kind="stable")
    by_class = dataclasses.replace(
        sets[0], entries=tuple(sets[0].entries[at] for at in order), labels=sets[0].labels[order],
        seconds=sets[0].seconds[order],
    )  # fmt: skip
    network = Network(ModelMetadata(arch="resnet18", classes=CLASSES, image_px=48)).eval()
    fit_outlier(network, by_class, most=10, least=5)
    with torch.inference_mode():
        _, distances = network(torch.zeros((1, 48, 48, 3), dtype=torch.uint8))
    assert torch.isfinite(distances).all()


def test_a_device_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match=r"device must be auto or cpu .* got 'cuda'"):
        choose_device("cuda")


def test_transfer_from_another_architecture_is_refused(tmp_path: Path) -> None:
    import torchvision

    safetensors.torch.save_file(torchvision.models.resnet18().state_dict(), tmp_path / "plain.safetensors")
    with pytest.raises(ModelError, match="must hold weights of a resnet50"):
        transfer(Network(ModelMetadata(arch="resnet50", classes=CLASSES, image_px=64)), tmp_path / "plain.safetensors")


def test_a_frozen_backbone_stays_as_it_was(sets: tuple[ImageSet, ImageSet], tmp_path: Path) -> None:
    start = Network(ModelMetadata(arch="resnet18", classes=CLASSES, image_px=48))
    save_network(start, tmp_path / "start.safetensors")
    config = msgspec.structs.replace(
        TINY, epochs=1, small_epochs=0, init=str(tmp_path / "start.safetensors"), freeze_backbone=True
    )
    network, _ = trained(config, sets, tmp_path)
    before = weights(load_network(tmp_path / "start.safetensors"))
    for name, value in weights(network).items():
        if name.startswith("backbone."):
            np.testing.assert_array_equal(value, before[name], err_msg=name)
    assert not np.array_equal(weights(network)["head.weight"], before["head.weight"])


@pytest.mark.parametrize("arch", ["resnet18", "resnet34", "resnet50"])
def test_every_architecture_answers_with_logits_and_distances(arch: str) -> None:
    network = Network(ModelMetadata(arch=arch, classes=CLASSES, image_px=48)).eval()
    with torch.inference_mode():
        logits, distances = network(torch.zeros((2, 48, 48, 3), dtype=torch.uint8))
    assert (logits.shape, distances.shape) == ((2, 4), (2,))


def test_pairs_of_classes_that_images_lie_between_get_outputs_of_their_own(
    sets: tuple[ImageSet, ImageSet], tmp_path: Path
) -> None:
    network, _ = trained(msgspec.structs.replace(TINY, epochs=1, small_epochs=0), sets, tmp_path)
    assert network.metadata.between == ("half_ripe+raw", "half_ripe+ripe")
    with torch.inference_mode():
        logits, _ = network(torch.zeros((1, 48, 48, 3), dtype=torch.uint8))
    assert logits.shape == (1, len(CLASSES) + 2)


def test_an_unknown_architecture_is_named() -> None:
    with pytest.raises(ModelError, match=r"arch must be one of resnet18, .* got 'resnet7'"):
        Network(ModelMetadata(arch="resnet7", classes=CLASSES, image_px=48))


def test_a_model_that_knows_its_classes_already_is_changed_less_than_one_that_does_not(
    sets: tuple[ImageSet, ImageSet], tmp_path: Path
) -> None:
    start, _ = trained(msgspec.structs.replace(TINY, epochs=1, small_epochs=0), sets, tmp_path)
    whole, headless = tmp_path / "whole.safetensors", tmp_path / "headless.safetensors"
    save_network(start, whole)
    tensors = safetensors.torch.load_file(whole)
    safetensors.torch.save_file({n: v for n, v in tensors.items() if not n.startswith("head.")}, headless)
    moved = {}
    for path in (whole, headless):
        config = msgspec.structs.replace(TINY, epochs=1, small_epochs=0, init=str(path))
        learned, _ = trained(config, sets, tmp_path)
        moved[path.stem] = sum(
            float((value.float() - tensors[name].float()).norm()) for name, value in learned.state_dict().items()
            if name.startswith("backbone.") and name.endswith("weight")
        )  # fmt: skip
    assert 0 < moved["whole"] < 0.6 * moved["headless"]
