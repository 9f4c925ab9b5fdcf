"""The command `twin test`: the suite of scenarios against a program, from the program's own folder.

The suite runs as pytest runs it, in processes of its own, so that nothing in the program's folder gets in its way.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from twin.commands.exit_codes import INTERRUPTED, REFUSED, VIOLATED
from twin.commands.options import ComputeMs, LayoutFile, ListenPort, Pictures, TruthService

EXIT_CODES: Final = {0: 0, 1: VIOLATED, 2: INTERRUPTED}
"""Exit codes of `twin` by those of pytest. Others mean that the command could not be understood."""

PROCESSES: Final = 2
"""Processes that run scenarios side by side, where pytest-xdist is installed."""

STOP_S: Final = 60.0
"""How long an interrupted suite may take to end its programs, and to write what it has found."""

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
    breaks one is in the folder scenario-failures. If you interrupt it, the report card has what was found up to then.
    """
    from twin.links.external_controller import starts_python

    arguments = [str(_packages() / "scenarios"), "--controller", command, "--profile", profile, "--card", "--whole"]
    arguments += [] if shrink else ["--find-only"]
    arguments += [] if compute_ms is None else ["--compute-ms", f"{compute_ms:g}"]
    arguments += [] if layout is None else ["--layout", str(layout)]
    arguments += [] if pictures is None else ["--pictures", pictures]
    arguments += ["--truth-service"] if truth_service else []
    arguments += [] if card is None else ["--card-file", str(card)]
    arguments += [] if junit is None else [f"--junitxml={junit.resolve()}"]
    link = link or ("hosted" if listen is None and starts_python(command) else "realtime")
    arguments += ["--link", link] + ([] if listen is None else ["--listen", str(listen)])
    fixed = listen is not None or (link == "realtime" and truth_service and "{service}" not in command)
    if find_spec("xdist") is not None and not fixed:  # Of two processes only one could have the port.
        arguments += ["-n", str(PROCESSES if link == "hosted" else REAL_TIME_PROCESSES)]
    # -P: a file of the program's folder must not be taken for a module of ours. -c: nor its settings for pytest.
    # The report card says what failed, so pytest need not (-qq, -rE).
    words = [sys.executable, "-P", "-m", "pytest", "-c", os.devnull, "--rootdir", "."]
    words += ["-qq", "-rE", "--no-header", "--tb=no"]
    path = os.pathsep.join([str(_packages()), *filter(None, [os.environ.get("PYTHONPATH")])])
    code = _ended([*words, *arguments], os.environ | {"PYTHONPATH": path})
    raise typer.Exit(EXIT_CODES.get(code, REFUSED))


def _ended(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command to its end, and return its exit code. Whatever signal ends this process interrupts it first.

    It is in a process group of its own, so that Ctrl-C in a terminal reaches it once, by way of this process.
    """
    group = None if sys.platform == "win32" else 0
    with subprocess.Popen(words, env=environment, process_group=group) as suite, _passing_on(suite):
        try:
            return suite.wait()
        except KeyboardInterrupt:
            try:
                return suite.wait(STOP_S)
            except subprocess.TimeoutExpired:
                _send(suite, None)
                return 2


@contextmanager
def _passing_on(suite: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Interrupt the suite, once, if this process is to end; let it pause while this process does."""

    def interrupt(_number: int, _frame: object) -> None:
        for number in ends:
            signal.signal(number, signal.SIG_IGN)
        _send(suite, signal.SIGINT)
        raise KeyboardInterrupt

    names = ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP", "SIGQUIT")
    ends = [signal.Signals[name] for name in names if name in signal.Signals.__members__]
    ends = [number for number in ends if signal.getsignal(number) is not signal.SIG_IGN]  # As nohup has SIGHUP.
    handlers: dict[int, Callable[[int, object], None]] = dict.fromkeys(ends, interrupt)
    if sys.platform != "win32":
        handlers[signal.SIGTSTP] = lambda *_: _pause(suite)
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _pause(suite: "subprocess.Popen[bytes]") -> None:
    """Stop the suite and this process, until somebody lets this process go on: Ctrl-Z and `fg`."""
    if sys.platform != "win32":
        _send(suite, signal.SIGSTOP)
        os.kill(os.getpid(), signal.SIGSTOP)
        _send(suite, signal.SIGCONT)


def _send(suite: "subprocess.Popen[bytes]", number: signal.Signals | None) -> None:
    """Send a signal to the suite's processes; None kills them. On Windows Ctrl-C has reached them already."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.killpg(suite.pid, signal.SIGKILL if number is None else number)
    elif number is None:
        suite.kill()


def _packages() -> Path:
    """The folder that holds the packages, the suite's among them: of the installation or of the checkout."""
    return Path(__file__).resolve().parents[2]
