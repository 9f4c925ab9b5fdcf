"""What a command line says besides a scenario file: it goes over what the file says, or is refused."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from controller.configuration import in_flight_of
from controller.errors import ControllerError
from twin.errors import FileError, TwinError
from twin.scenario.layout import load_layout
from twin.scenario.scenario import ItemDraw, Scenario, load_scenario

OPTIONS: Final = ("items", "seed", "recognizer", "in_flight", "layout")
"""The options of `twin run` that describe a scenario, as far as its file does not."""


def load_overridden(path: Path, given: Mapping[str, Any]) -> Scenario:
    """The scenario in a file, with what was `given` (by name, of `OPTIONS`) in the place of what the file says.

    Raises `FileError`, which names file and options, where the two do not go together.
    """
    scenario = load_scenario(path)
    try:
        return _overridden(scenario, given) if given else scenario
    except (TwinError, ControllerError) as error:
        raise FileError(f"{overridden_text(path, given)}: {error}") from None


def overridden_text(path: Path, given: Mapping[str, Any]) -> str:
    """The file and what goes over it, as a person wrote it: `line.json with --items 20, --seed 7`."""
    options = ", ".join(f"--{name.replace('_', '-')} {given[name]}" for name in OPTIONS if name in given)
    return f"{path} with {options}" if options else str(path)


def _overridden(scenario: Scenario, given: Mapping[str, Any]) -> Scenario:
    """Raises `TwinError` or `ControllerError`; the scenario is made at once, since halfway it need not fit."""
    changes: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    if "seed" in given:
        changes["seed"] = given["seed"]
    if "recognizer" in given:
        source = "oracle" if given["recognizer"] == "oracle" else "images"
        changes["recognizer"] = msgspec.structs.replace(scenario.recognizer, source=source)
    if "layout" in given:
        changes["layout"] = layout = load_layout(given["layout"])
        settings["gates"] = len(layout.gates_m)
    if "in_flight" in given:
        settings["in_flight"] = in_flight_of(given["in_flight"])
    if "items" in given:
        changes["items"] = _drawn(scenario, given["items"])
        if scenario.controller.items == scenario.item_count:  # It was told to end after the last one.
            settings["items"] = given["items"]
    changes["controller"] = msgspec.structs.replace(scenario.controller, **settings)
    return msgspec.structs.replace(scenario, **changes)


def _drawn(scenario: Scenario, count: int) -> ItemDraw:
    if not isinstance(scenario.items, ItemDraw):
        raise TwinError(f"--items must be left out where the file lists its items, {scenario.item_count} here")
    return msgspec.structs.replace(scenario.items, count=count)
