"""The scenario: the complete input of a run, as immutable data with an exact JSON round trip."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from controller.decode_errors import objection, one_of
from controller.errors import ControllerError, SettingsError
from controller.frozen import settle
from controller.settings import Settings
from twin.errors import FileError, ScenarioError
from twin.scenario.faults import LONGEST_FAULT_S, AnyFault, check_faults
from twin.scenario.item import CLASSES, LONGEST_ITEM_M, Item, check_class
from twin.scenario.layout import Layout
from twin.scenario.random_streams import Streams
from twin.scenario.ranges import check_range

SCENARIO_FORMAT: Final = 2
"""The format of scenario files. Files of format 1 do not state it, and have a different default line."""

LAYOUT_OF_FORMAT_1: Final = {"belt_speed_m_per_s": 0.25, "loader_stroke_s": 0.5}
"""The defaults of format 1 that differ from today's."""

MOST_ITEMS: Final = 10_000_000
LONGEST_LATENCY_S: Final = 60.0


class ItemDraw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stack of `count` items drawn from the scenario's seed. The loader never waits for one.

    Lengths and lateral offsets are uniform within their ranges (m); classes are equally likely.
    """

    count: int
    classes: tuple[str, ...] = CLASSES
    length_m: tuple[float, float] = (0.08, 0.08)
    lateral_m: tuple[float, float] = (-0.01, 0.01)

    def __post_init__(self) -> None:
        """Refuse impossible draws."""
        settle(self, ScenarioError, "items.")
        if not 0 <= self.count <= MOST_ITEMS:
            raise ScenarioError("items.count", self.count, f"0 to {MOST_ITEMS}")
        if not self.classes:
            raise ScenarioError("items.classes", self.classes, "one class or more")
        for index, item_class in enumerate(self.classes):
            check_class(f"items.classes[{index}]", item_class)
        if not 0 < self.length_m[0] <= self.length_m[1] <= LONGEST_ITEM_M:
            raise ScenarioError(
                "items.length_m", self.length_m, f"the shortest and the longest length, above 0 to {LONGEST_ITEM_M}"
            )
        if not -1 <= self.lateral_m[0] <= self.lateral_m[1] <= 1:
            raise ScenarioError("items.lateral_m", self.lateral_m, "the least and the greatest offset, -1 to 1")


class LinkModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The network between plant and controller: messages take `latency_s` plus up to `jitter_s` and stay in order."""

    latency_s: float = 0.002
    jitter_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse impossible times."""
        settle(self, ScenarioError, "link.")
        for field in ("latency_s", "jitter_s"):
            check_range(f"link.{field}", getattr(self, field), 0.0, LONGEST_LATENCY_S)


class Camera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the camera's pictures come from, and what they look like where they are rendered.

    `source`: None is blank pictures for `recognizer.source` oracle, and rendered ones for images. `rendered`: rendered
    for both. Otherwise the path of a folder with a sub-folder of pictures for each class; `digest` is that of all its
    pictures, and the run needs the same ones.

    `look` of rendered pictures: `fruit`: bare fruit on the belt, 320 x 240. `card`: fruit printed on a white card,
    100 x 100, as the FS simulator's. `box`: fruit printed on the top of a box at any rotation, 480 x 400.
    """

    look: Literal["fruit", "card", "box"] = "card"
    source: str | None = None
    digest: str | None = None

    def __post_init__(self) -> None:
        """Refuse unknown looks."""
        settle(self, ScenarioError, "camera.")


class RecognizerModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How pictures are recognised, and how long that takes in the twin's time.

    `oracle`: the answers are simulated and travel inside otherwise empty pictures. The confidence is uniform from
    `confidence_from` to `confidence_to`; in `misread_share` of the pictures the label is that of another class.
    `images`: pictures are rendered, and a real recognizer answers. An answer takes `latency_s` plus up to `jitter_s`.
    """

    source: Literal["oracle", "images"] = "oracle"
    latency_s: float = 0.02
    jitter_s: float = 0.0
    confidence_from: float = 0.9
    confidence_to: float = 1.0
    misread_share: float = 0.0

    def __post_init__(self) -> None:
        """Refuse impossible numbers."""
        settle(self, ScenarioError, "recognizer.")
        for field in ("latency_s", "jitter_s"):
            check_range(f"recognizer.{field}", getattr(self, field), 0.0, LONGEST_LATENCY_S)
        for field in ("confidence_from", "confidence_to", "misread_share"):
            check_range(f"recognizer.{field}", getattr(self, field), 0.0, 1.0)
        if self.confidence_from > self.confidence_to:
            raise ScenarioError("recognizer.confidence_from", self.confidence_from, f"at most {self.confidence_to}")


DEFAULT_LINE: Final = Layout()
OF_THE_LAYOUT: Final = Settings()
"""Stands for settings that nobody chose. A scenario replaces it by `settings_for` its layout."""


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The input of one run. `format` is the format of scenario files.

    Without a `controller` it has the settings for its layout, those of `settings_for`. At `stop_s` the controller is
    told to end (None: never), a program by `stop_signal`. `schedule` decides the order in which the threads of a hosted
    program run, where several could (0: first come, first served). Raises `ScenarioError` if the parts do not fit
    together.
    """

    format: Literal[2] = SCENARIO_FORMAT
    seed: int = 0
    layout: Layout = DEFAULT_LINE
    items: tuple[Item, ...] | ItemDraw = ()
    link: LinkModel = LinkModel()
    faults: tuple[AnyFault, ...] = ()
    recognizer: RecognizerModel = RecognizerModel()
    camera: Camera = Camera()
    controller: Settings = OF_THE_LAYOUT
    stop_s: float | None = None
    stop_signal: Literal["SIGTERM", "SIGINT"] = "SIGTERM"
    schedule: int = 0

    def __post_init__(self) -> None:
        """Refuse parts that do not fit together."""
        settle(self, ScenarioError)
        if self.controller is OF_THE_LAYOUT and self.layout != DEFAULT_LINE:
            msgspec.structs.force_setattr(self, "controller", settings_for(self.layout))
        if not 0 <= self.seed < 2**63:
            raise ScenarioError("seed", self.seed, "0 to 2**63 - 1")
        gates = len(self.layout.gates_m)
        if self.controller.gates != gates:
            raise ScenarioError("controller.gates", self.controller.gates, f"{gates}, as many as the layout has")
        for label, rod in self.controller.bins.items():
            if rod not in self.layout.bins:
                rods = f"a rod of the layout, {list(self.layout.bins)}"
                raise ScenarioError(f"controller.bins.{label}", rod, rods)
        if not 0 <= self.schedule < 2**63:
            raise ScenarioError("schedule", self.schedule, "0 to 2**63 - 1")
        if self.stop_s is not None:
            check_range("stop_s", self.stop_s, 0.0, LONGEST_FAULT_S)
        check_faults(self.faults, self.layout, self.item_count)

    @property
    def item_count(self) -> int:
        """The number of items in the stack."""
        return self.items.count if isinstance(self.items, ItemDraw) else len(self.items)

    @property
    def item_classes(self) -> tuple[str, ...]:
        """The classes that its items have, or may have, each once."""
        items = self.items
        return items.classes if isinstance(items, ItemDraw) else tuple(dict.fromkeys(item.item_class for item in items))

    @property
    def has_blank_pictures(self) -> bool:
        """Whether the camera's pictures show nothing, since only the answers in them count."""
        return self.recognizer.source == "oracle" and self.camera.source is None

    def stack(self) -> Iterator[Item]:
        """The items in the order in which the loader gets them."""
        return _draw(self.items, self.seed) if isinstance(self.items, ItemDraw) else iter(self.items)

    def bin_of(self, label: str | None) -> int:
        """The bin of a label, or 0 (reject) if the label has none."""
        return 0 if label is None else self.controller.bins.get(label, 0)


def settings_for(layout: Layout, **settings: Any) -> Settings:
    """The controller's settings for a layout: its number of gates, a bin for each class that has a rod, and strokes.

    A stroke is given its usual time, or the layout's if that is longer. `settings` are other fields of `Settings`; they
    may also replace these. Raises `SettingsError`, also for an unknown field.
    """
    for name in settings:
        if name not in Settings.__struct_fields__:
            raise SettingsError("a setting", name, one_of(name, Settings.__struct_fields__))
    bins = dict(zip(CLASSES, layout.bins, strict=False))
    usual = Settings()
    of_line: dict[str, Any] = {
        "gates": len(layout.gates_m), "bins": bins,
        "loader_stroke_s": max(usual.loader_stroke_s, layout.loader_stroke_s),
        "rod_stroke_s": max(usual.rod_stroke_s, layout.rod_stroke_s),
    }  # fmt: skip
    return Settings(**(of_line | settings))


def decode_scenario(text: bytes) -> Scenario:
    """Decode a scenario from JSON, in the current format or an older one.

    Raises msgspec's `DecodeError`, or `ControllerError` for bad settings.
    """
    header, scenario = _header.decode(text), _decoder.decode(text)
    if header.format != 1:
        return scenario
    omitted = {name: value for name, value in LAYOUT_OF_FORMAT_1.items() if name not in (header.layout or ())}
    return msgspec.structs.replace(scenario, layout=msgspec.structs.replace(scenario.layout, **omitted))


def encode_scenario(scenario: Scenario) -> bytes:
    """Encode a scenario as JSON that decodes to exactly the same scenario."""
    return msgspec.json.format(msgspec.json.encode(scenario), indent=1) + b"\n"


def load_scenario(path: str | Path) -> Scenario:
    """Read a scenario file. The `FileError` for a bad file is one line with the file, the field and what it must be."""
    try:
        text = Path(path).read_bytes().removeprefix(BOM_UTF8)  # Windows' editor puts it there.
        return decode_scenario(text)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}; a scenario is a JSON file") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ControllerError) as error:
        raise FileError(f"{path}: {objection(error, text, Scenario)}") from None


class _Header(msgspec.Struct, frozen=True):
    """The keys of a scenario file that its format decides. Files of format 1 have no `format`."""

    format: int = 1
    layout: Any = None


_header = msgspec.json.Decoder(_Header)
_decoder = msgspec.json.Decoder(Scenario)


def _draw(draw: ItemDraw, seed: int) -> Iterator[Item]:
    stream = Streams(seed).stream("items")
    for _ in range(draw.count):
        yield Item(
            item_class=stream.choice(draw.classes),
            length_m=stream.uniform(*draw.length_m),
            lateral_m=stream.uniform(*draw.lateral_m),
        )
