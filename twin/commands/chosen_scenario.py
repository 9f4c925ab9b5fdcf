"""The scenario that the options of a command describe."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from twin.scenario.scenario import Scenario


def chosen_scenario(context: typer.Context, recognizer: str) -> tuple["Scenario", str]:
    """The scenario of the options, or that of a file with the options that are given over it, and these as a text."""
    from twin.saved.file_kinds import read_as
    from twin.scenario.overrides import OPTIONS, load_overridden, overridden_text, with_decodable_pictures

    options = context.params
    path: Path | None = options["scenario"]
    if path is None:
        names = ("in_flight", "layout", "pictures")
        chosen = scenario_of(options["items"], options["seed"], recognizer, *(options[name] for name in names))
        return with_decodable_pictures(chosen) if options["truth_service"] else chosen, ""
    given = {name: options[name] for name in OPTIONS if _was_given(context, name)}
    given |= {"recognizer": recognizer} if options["truth_service"] else {}
    with read_as("scenario", path):
        chosen = load_overridden(path, given)
    return with_decodable_pictures(chosen) if options["truth_service"] else chosen, overridden_text(path, given)


def _was_given(context: typer.Context, name: str) -> bool:
    """Whether an option was given on the command line, even with its default value."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def scenario_of(
    items: int, seed: int, recognizer: str, in_flight: str, layout_path: Path | None, pictures: str | None
) -> "Scenario":
    """Build the scenario that the options describe."""
    from controller.configuration import in_flight_of
    from twin.scenario.layout import Layout, load_layout
    from twin.scenario.overrides import camera_of
    from twin.scenario.scenario import Camera, ItemDraw, RecognizerModel, Scenario, settings_for

    layout: Layout = Layout() if layout_path is None else load_layout(layout_path)
    camera = Camera() if pictures is None else camera_of(pictures, Camera())
    oracle = "oracle" in (recognizer, pictures)
    return Scenario(
        seed=seed, layout=layout, items=ItemDraw(count=items), camera=camera,
        recognizer=RecognizerModel(source="oracle" if oracle else "images"),
        controller=settings_for(layout, in_flight=in_flight_of(in_flight), items=items),
    )  # fmt: skip
