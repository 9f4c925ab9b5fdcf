"""The command `twin test`: the suite of scenarios against a program, from the program's own folder.

The suite runs as pytest runs it, in processes of its own, so that nothing in the program's folder gets in its way.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from twin.options import ComputeMs, LayoutFile, ListenPort, Pictures, TruthService

REFUSED: Final = 2
EXIT_CODES: Final = {0: 0, 1: 1, 2: 130}
"""Exit codes of `twin` by those of pytest. Others mean that the command could not be understood."""

PROCESSES: Final = 2
"""Processes that run scenarios side by side, where pytest-xdist is installed."""

REAL_TIME_PROCESSES: Final = 6
"""The same in real time, where they mostly wait."""


def run_suite(
    command: Annotated[
        str,
        typer.Argument(
            metavar="COMMAND",
            help="Command line of the controller. It may contain {host}, {port} and {service}: the addresses of the "
            "broker and of the recognition service. Leave them out if the program has its addresses in its text.",
        ),
    ],
    layout: LayoutFile = None,
    pictures: Pictures = None,
    truth_service: TruthService = False,
    link: Annotated[
        Literal["hosted", "realtime"] | None,
        typer.Option(help="hosted: virtual time, for a Python program, whose link it is. realtime: for any program."),
    ] = None,
    listen: ListenPort = None,
    profile: Annotated[Literal["quick", "thorough"], typer.Option(help="How many scenarios to try.")] = "quick",
    shrink: Annotated[
        bool, typer.Option(help="Make what was found as small as possible, and run it again in real time.")
    ] = True,
    compute_ms: ComputeMs = None,
    card: Annotated[Path | None, typer.Option(help="Write the report card to this JSON file.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write the results to this JUnit file (XML).")] = None,
) -> None:
    """Test a controller with scenarios of every family of faults, and print a report card.

    A Python program runs unmodified under a virtual clock, and the smallest scenario of each failure once more in real
    time. Any other program runs in real time. Exit code 1: a rule was broken. The smallest scenario of each family that
    breaks one is in the folder scenario-failures.
    """
    from twin.links.external_controller import starts_python

    arguments = [str(_packages() / "scenarios"), "--controller", command, "--profile", profile, "--card"]
    arguments += [] if shrink else ["--find-only"]
    arguments += [] if compute_ms is None else ["--compute-ms", f"{compute_ms:g}"]
    arguments += [] if layout is None else ["--layout", str(layout)]
    arguments += [] if pictures is None else ["--pictures", pictures]
    arguments += ["--truth-service"] if truth_service else []
    arguments += [] if card is None else ["--card-file", str(card)]
    arguments += [] if junit is None else [f"--junitxml={junit.resolve()}"]
    link = link or ("hosted" if listen is None and starts_python(command) else "realtime")
    arguments += ["--link", link] + ([] if listen is None else ["--listen", str(listen)])
    if find_spec("xdist") is not None and listen is None:
        arguments += ["-n", str(PROCESSES if link == "hosted" else REAL_TIME_PROCESSES)]
    # -P: a file of the program's folder must not be taken for a module of ours. -c: nor its settings for pytest.
    # The report card says what failed, so pytest need not (-qq, -rE).
    words = [sys.executable, "-P", "-m", "pytest", "-c", os.devnull, "--rootdir", "."]
    words += ["-qq", "-rE", "--no-header", "--tb=no"]
    path = os.pathsep.join([str(_packages()), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"PYTHONPATH": path}
    code = subprocess.run([*words, *arguments], env=environment, check=False).returncode
    raise typer.Exit(EXIT_CODES.get(code, REFUSED))


def _packages() -> Path:
    """The folder that holds the packages, the suite's among them: of the installation or of the checkout."""
    return Path(__file__).resolve().parents[1]
