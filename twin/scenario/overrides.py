"""Command-line options that override the values in a scenario file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from controller.configuration import in_flight_of
from controller.errors import ControllerError
from twin.errors import FileError, TwinError
from twin.scenario.layout import load_layout
from twin.scenario.picture_folder import load_pictures
from twin.scenario.scenario import Camera, ItemDraw, Scenario, load_scenario, settings_for

OPTIONS: Final = ("items", "seed", "recognizer", "in_flight", "layout", "pictures")
"""The options of `twin run` that override values of a scenario file."""


def load_overridden(path: Path, given: Mapping[str, Any]) -> Scenario:
    """Read a scenario file and override its values with the `given` options, keyed by their names in `OPTIONS`.

    Raises `FileError`, naming file and options, if they do not fit together.
    """
    scenario = load_scenario(path)
    try:
        return _overridden(scenario, given) if given else scenario
    except (TwinError, ControllerError) as error:
        raise FileError(f"{overridden_text(path, given)}: {error}") from None


def overridden_text(path: Path, given: Mapping[str, Any]) -> str:
    """File and options as the user wrote them: `line.json with --items 20, --seed 7`."""
    options = ", ".join(f"--{name.replace('_', '-')} {given[name]}" for name in OPTIONS if name in given)
    return f"{path} with {options}" if options else str(path)


def _overridden(scenario: Scenario, given: Mapping[str, Any]) -> Scenario:
    """Apply all options in one step: a half-changed scenario may be invalid. Raises `TwinError`, `ControllerError`."""
    changes: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    if "seed" in given:
        changes["seed"] = given["seed"]
    if "recognizer" in given:
        source = "oracle" if given["recognizer"] == "oracle" else "images"
        changes["recognizer"] = msgspec.structs.replace(scenario.recognizer, source=source)
    if "pictures" in given:
        changes["camera"] = camera_of(given["pictures"], scenario.camera)
        if given["pictures"] == "oracle":
            changes["recognizer"] = msgspec.structs.replace(scenario.recognizer, source="oracle")
    if "layout" in given:
        changes["layout"] = layout = load_layout(given["layout"])
        settings["gates"] = len(layout.gates_m)
        before, after = settings_for(scenario.layout), settings_for(layout)
        for field in ("bins", "loader_stroke_s", "rod_stroke_s"):
            if getattr(scenario.controller, field) == getattr(before, field):  # It was that of its line.
                settings[field] = getattr(after, field)
    if "in_flight" in given:
        settings["in_flight"] = in_flight_of(given["in_flight"])
    if "items" in given:
        changes["items"] = _drawn(scenario, given["items"])
        if scenario.controller.items == scenario.item_count:  # The file says: end after the last item.
            settings["items"] = given["items"]
    changes["controller"] = msgspec.structs.replace(scenario.controller, **settings)
    return msgspec.structs.replace(scenario, **changes)


def camera_of(pictures: str, camera: Camera) -> Camera:
    """The camera with another source: `oracle` (blank pictures), `rendered`, or a folder. Raises `FileError`."""
    if pictures in ("oracle", "rendered"):
        return msgspec.structs.replace(camera, source=None if pictures == "oracle" else pictures, digest=None)
    folder = load_pictures(Path(pictures).resolve())
    return msgspec.structs.replace(camera, source=folder.path.as_posix(), digest=folder.digest)


def with_decodable_pictures(scenario: Scenario) -> Scenario:
    """The scenario with pictures for a program of the user's, which may decode them before it posts them."""
    if not scenario.has_blank_pictures:
        return scenario
    return msgspec.structs.replace(scenario, camera=msgspec.structs.replace(scenario.camera, source="rendered"))


def _drawn(scenario: Scenario, count: int) -> ItemDraw:
    if not isinstance(scenario.items, ItemDraw):
        raise TwinError(f"--items must be left out if the file lists its items; this one lists {scenario.item_count}")
    return msgspec.structs.replace(scenario.items, count=count)
