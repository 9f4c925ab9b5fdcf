"""What every model file says about itself: class names, preprocessing, calibration, training, metrics. Plain JSON."""

from typing import Annotated, Final

import msgspec

from classifier.errors import ModelError
from classifier.recognition import SURE_AT, UNKNOWN

METADATA_KEY: Final = "card"
"""The key in a model file under which its metadata lies. The shipped files were written with this one."""

ENGINES: Final = ("int8", "fp32", "torch")
"""The engines that a model can run on: onnxruntime int8 and fp32, and torch."""

BETWEEN: Final = "+"
"""Joins the names of the two classes that an image lies between, as in `raw+half_ripe`."""

IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
IMAGENET_STD: Final = (0.229, 0.224, 0.225)

RENDERS: Final = 900
"""How many rendered images join a line's own pictures, if nothing else is said. With fewer, a model that knows a dozen
items well takes every other one for something foreign."""

_Positive = Annotated[float, msgspec.Meta(gt=0)]
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Edge = Annotated[int, msgspec.Meta(ge=32, le=512)]


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What turns one engine's raw answers into probabilities.

    `temperature` divides the logits (Guo et al. 2017); `unknown_odds` multiplies the odds of `unknown`, which is rarer
    on a line than in training; at a distance of `distance_cut` from the known classes an image is as likely of no
    known kind as of one, and `distance_scale` says how fast that turns; an answer is sure from `threshold` on.
    """

    temperature: _Positive = 1.0
    unknown_odds: _Positive = 1.0
    distance_cut: float = 1e9
    distance_scale: _Positive = 1.0
    threshold: _Share = SURE_AT


class TrainingConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a model is trained. Where `data` is None, it is trained on `images` synthetic images, drawn from `seed`.

    Otherwise `renders` such images join the data's, of which `names` are the classes in the order of their numbers. The
    first `small_epochs` of `epochs` see the images at half the edge, at a quarter of the cost.
    """

    arch: str = "resnet18"
    data: str | None = None
    renders: int = 0
    names: tuple[str, ...] = ()
    images: int = 32_000
    epochs: int = 12
    small_epochs: int = 6
    batch: int = 32
    peak_rate: float = 0.05
    weight_decay: float = 5e-4
    smoothing: float = 0.02
    image_px: int = 128
    seed: int = 0
    patience: int = 3
    init: str | None = None
    freeze_backbone: bool = False


class ModelMetadata(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model takes and gives. It takes images as uint8 [n, image_px, image_px, 3] in BGR.

    `mean` and `std` are those of RGB from 0 to 1. The last of `classes` is `unknown`. `between` names the pairs of the
    other classes, joined by `BETWEEN`, for which the model has an output of its own. Raises `ValueError` for class
    names that are repeated, lack `unknown` at the end, or are not known to `between`.
    """

    arch: str
    classes: tuple[str, ...]
    image_px: _Edge
    between: tuple[str, ...] = ()
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    calibrations: dict[str, Calibration] = {}
    training: TrainingConfig = TrainingConfig()
    metrics: dict[str, float] = {}

    def __post_init__(self) -> None:
        """Refuse names by which no output could be found."""
        if len(set(self.outputs)) < len(self.outputs) or self.classes[-1:] != (UNKNOWN,):
            raise ValueError(f"classes must differ and end with {UNKNOWN}, got {', '.join(self.outputs)}")
        for pair in self.between:
            if not set(pair.split(BETWEEN)) <= set(self.classes[:-1]):
                raise ValueError(f"between must name two of {', '.join(self.classes[:-1])}, got {pair!r}")

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the logits stand for, in their order: the classes, the last of them `unknown`, then `between`."""
        return self.classes + self.between


def encode_metadata(metadata: ModelMetadata) -> str:
    """The metadata as JSON."""
    return msgspec.json.encode(metadata).decode()


def decode_metadata(text: str | None, source: str) -> ModelMetadata:
    """The metadata from a model file's JSON. Raises `ModelError` naming `source` where there is none or it is wrong."""
    if text is None:
        raise ModelError(f"{source}: must be a model of this classifier, got a file without the key {METADATA_KEY!r}")
    try:
        return msgspec.json.decode(text, type=ModelMetadata)
    except msgspec.DecodeError as error:
        raise ModelError(f"{source}: must be a model of this classifier, got metadata that says: {error}") from error
