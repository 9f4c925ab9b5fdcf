"""What the suite's options mean: the link, the line, its pictures, and how many examples; and which are refused."""

import os
import shlex
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

import pytest

from controller.address import parse_address
from controller.core.controller import Controller
from controller.errors import ControllerError
from scenarios.known_line import check_line
from twin.errors import FileError, TwinError
from twin.links.base import ControllerOf
from twin.links.external_controller import SERVICE_PORT, ExternalController, starts_python
from twin.run_arguments import FASTEST, SLOWEST, LinkName
from twin.saved.run_files import check_writable
from twin.scenario.item import CLASSES
from twin.scenario.layout import Layout, load_layout
from twin.scenario.overrides import camera_of
from twin.scenario.picture_folder import load_pictures
from twin.scenario.scenario import Camera

EXAMPLES: Final = {"quick": 60, "thorough": 800}
EXAMPLES_A_MINUTE: Final = 150
"""Examples of each property per minute on one core, from which `--minutes` computes their number."""

HOSTED_EXAMPLES: Final = {"quick": 50, "thorough": 300}
HOSTED_EXAMPLES_A_MINUTE: Final = 20

MOST_SHRINKS: Final = {"hosted": 40, "realtime": 8}
"""Runs, by link, that make a failure smaller."""

EXAMPLES_IN_LOCKSTEP: Final = 10
REAL_TIME_EXAMPLES: Final = {"quick": 2, "thorough": 10}
REAL_TIME_EXAMPLES_A_MINUTE: Final = 1

LONGEST_MINUTES: Final = 100_000.0


def usual_link(config: pytest.Config) -> LinkName:
    """The link if none is asked for: a Python program is hosted, unless an option needs the wall clock."""
    command = config.getoption("--controller")
    if command is None:
        return "memory"
    wall_clock = config.getoption("--broker") is not None or config.getoption("--speed") is not None
    return "hosted" if starts_python(command) and not wall_clock else "realtime"


def check_options(config: pytest.Config, link: str) -> None:
    """Raise `UsageError` for an invalid option, or one that would be ignored."""
    for option, least, most in (("--speed", SLOWEST, FASTEST), ("--minutes", 0.0, LONGEST_MINUTES)):
        value = config.getoption(option)
        if value is not None and not least <= value <= most:  # No comparison holds for nan.
            raise pytest.UsageError(f"{option} must be {least:g} to {most:g}, got {value}")
    compute_ms = config.getoption("--compute-ms")
    if compute_ms is not None and link != "hosted":
        raise pytest.UsageError(f"--compute-ms must be left out without --link hosted, got {compute_ms:g}")
    broker, command = config.getoption("--broker"), config.getoption("--controller")
    if link in ("memory", "hosted") and (command is None) != (link == "memory"):
        must = "given with --link hosted" if command is None else "left out with --link memory"
        raise pytest.UsageError(f"--controller must be {must}, got {command!r}")
    try:
        if broker is not None:
            parse_address(broker)
        if command is not None:
            _check_controller(command, hosted=link == "hosted")
    except (TwinError, ControllerError) as error:
        raise pytest.UsageError(str(error)) from None
    if broker is not None and link in ("memory", "hosted"):
        raise pytest.UsageError(f"--broker must be left out with --link {link}, got {broker!r}")
    if config.getoption("--listen") is not None and (link != "realtime" or command is None or broker is not None):
        raise pytest.UsageError("--listen must be given with --controller and --link realtime, and without --broker")
    if config.getoption("--speed") is not None and link != "realtime":
        raise pytest.UsageError(f"--speed must be left out without --link realtime, got {config.getoption('--speed')}")


def check_files(config: pytest.Config) -> None:
    """Raise `UsageError` for a file of results that could not be written when the run is over.

    pytest makes the folder of a JUnit file.
    """
    junit, path = config.getoption("--junitxml"), None
    try:
        check_writable("the report card's file", config.getoption("--card-file"))
        if junit is not None:
            path = Path(os.path.expandvars(junit)).expanduser()
            with suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
        check_writable("the JUnit file", path)
    except FileError as error:
        raise pytest.UsageError(str(error)) from None


def _check_controller(command: str, *, hosted: bool) -> None:
    """Raise `TwinError` for a command that could not be started."""
    if not ExternalController(command).at("127.0.0.1", 1, "http://127.0.0.1:1").started:
        raise TwinError(f"--controller must be a command line with {{host}} and {{port}} in it, got {command!r}")
    name = shlex.split(command)[0]
    if shutil.which(name) is None:
        raise TwinError(f"--controller must start with a program that can be found, got {command!r}")
    if hosted:
        ExternalController(command).hosts()


def examples_of(config: pytest.Config, link: str) -> int:
    """How many scenarios of each property are tried."""
    if link == "lockstep":
        return EXAMPLES_IN_LOCKSTEP
    hosted, real_time = (HOSTED_EXAMPLES, HOSTED_EXAMPLES_A_MINUTE), (REAL_TIME_EXAMPLES, REAL_TIME_EXAMPLES_A_MINUTE)
    of_links = {"hosted": hosted, "realtime": real_time}
    counts, a_minute = of_links.get(link, (EXAMPLES, EXAMPLES_A_MINUTE))
    return counts.get(config.getoption("--profile")) or max(1, round(a_minute * config.getoption("--minutes")))


def controller_of(config: pytest.Config) -> ControllerOf | ExternalController:
    """Our controller, or an external one with the twin's recognition service where it looks for it."""
    command = config.getoption("--controller")
    if command is None:
        return Controller
    own = config.getoption("--truth-service") and "{service}" not in command
    compute_ms = config.getoption("--compute-ms")
    return ExternalController(command, service_port=SERVICE_PORT if own else None, compute_ms=compute_ms)


def recognizer_of(config: pytest.Config) -> Literal["oracle", "images"]:
    """Who answers: the truth where the twin's service does, and our controller's oracle; else a real recognizer."""
    command, pictures = config.getoption("--controller"), config.getoption("--pictures")
    if command is None:
        return "images" if pictures not in (None, "oracle") else "oracle"
    truthful = config.getoption("--truth-service") or "{service}" in command or pictures == "oracle"
    return "oracle" if truthful else "images"


def camera_shown(config: pytest.Config) -> Camera:
    """What the camera shows. Raises `UsageError` for a folder without pictures of each class.

    A program of the user's always gets real pictures: it may decode them, even if the answers come from the truth.
    """
    pictures = config.getoption("--pictures") or ("rendered" if config.getoption("--controller") else None)
    try:
        camera = Camera() if pictures is None else camera_of(pictures, Camera())
        if camera.source not in (None, "rendered"):
            missing = set(CLASSES) - set(load_pictures(Path(camera.source)).classes)
            if missing:
                raise pytest.UsageError(f"--pictures must have pictures of {', '.join(sorted(missing))}")
    except TwinError as error:
        raise pytest.UsageError(str(error)) from None
    return camera


def layout_of(config: pytest.Config) -> Layout:
    """The line of an external controller. Raises `UsageError` for a file that has none."""
    path = config.getoption("--layout")
    if path is not None and config.getoption("--controller") is None:
        raise pytest.UsageError("--layout must be left out without --controller: our controller is tried on any line")
    try:
        layout = Layout() if path is None else load_layout(path)
        if config.getoption("--controller") is not None:
            check_line(layout)
    except (TwinError, ControllerError) as error:
        raise pytest.UsageError(f"--layout: {error}") from None
    return layout
