"""Options and profiles of the suite, and the situations that it must reach."""

import shlex
import shutil
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from hypothesis import HealthCheck, Phase, settings

from controller.address import parse_address
from controller.core.controller import Controller
from controller.errors import ControllerError
from scenarios.harness import FAILURES, Harness
from scenarios.known_line import FAMILIES
from scenarios.situations import SITUATIONS
from twin.errors import TwinError
from twin.links.external_controller import ExternalController
from twin.run import LinkName

EXAMPLES: Final = {"quick": 60, "thorough": 800}
EXAMPLES_A_MINUTE: Final = 150
"""Examples of each property per minute on one core, from which `--minutes` computes their number."""

HOSTED_EXAMPLES: Final = {"quick": 50, "thorough": 300}
HOSTED_EXAMPLES_A_MINUTE: Final = 20

HOSTED_SHRINKS: Final = 40
"""So many runs make a failure smaller."""

EXAMPLES_IN_LOCKSTEP: Final = 10
EXAMPLES_IN_REAL_TIME: Final = 2
PROPERTY_FILES: Final = 10
"""A run of fewer files is not the whole suite, and need not reach every situation."""

SLOWEST: Final = 0.01
FASTEST: Final = 1000.0
LONGEST_MINUTES: Final = 100_000.0

FAULTLESS: Final = "test_sorting.py"

HARNESS: Final = pytest.StashKey[Harness]()
WHOLE: Final = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's options."""
    group = parser.getgroup("scenarios")
    group.addoption("--profile", choices=[*EXAMPLES, "soak"], default="quick", help="number of examples")
    group.addoption("--minutes", type=float, default=60.0, help="approximate length of a soak")
    group.addoption(
        "--link",
        choices=["memory", "hosted", "lockstep", "realtime"],
        help="the link, and with it the clock [default: memory; hosted for a Python program; realtime for any other]",
    )
    group.addoption(
        "--controller",
        metavar="COMMAND",
        help="command of an external controller to test, with {host}, {port} and, hosted, {service} in it",
    )
    group.addoption(
        "--pictures",
        choices=["oracle", "images"],
        help="what the camera sends [default: oracle; images to a --controller without {service}]",
    )
    group.addoption("--broker", metavar="HOST:PORT", help="a broker to use instead of the embedded one")
    group.addoption("--card", action="store_true", help="print a report card: families of faults, and rules kept")
    group.addoption("--find-only", action="store_true", help="report a failing scenario without shrinking it")
    group.addoption("--speed", type=float, help="factor of the speed of real time [default: 1]")


def pytest_configure(config: pytest.Config) -> None:
    """Choose Hypothesis's profile, and make the harness."""
    config.addinivalue_line("markers", "external: what any controller of the default line must do; runs only for those")
    config.addinivalue_line("markers", "long: has a stack of items that does not shrink; runs last")
    command = config.getoption("--controller")
    link = config.getoption("--link") or _usual_link(config)
    _check_options(config, link)
    no_shrinking = link == "realtime" or config.getoption("--find-only")
    phases = (Phase.explicit, Phase.generate, Phase.target) if no_shrinking else tuple(Phase)
    settings.register_profile(
        "suite", max_examples=_examples(config, link), deadline=None, print_blob=True, phases=phases,
        suppress_health_check=[
            HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
        ],
    )  # fmt: skip
    settings.load_profile("suite")
    config.stash[HARNESS] = Harness(
        link=link, controller=Controller if command is None else ExternalController(command),
        broker=config.getoption("--broker"), speed=config.getoption("--speed"),
        pictures=config.getoption("--pictures") or _usual_pictures(command),
        most_shrinks=0 if no_shrinking else HOSTED_SHRINKS,
    )  # fmt: skip


def _usual_pictures(command: str | None) -> Literal["oracle", "images"]:
    """What the camera sends: a picture for a recognizer of the controller's own; else the oracle's answer is enough."""
    return "oracle" if command is None or "{service}" in command else "images"


def _usual_link(config: pytest.Config) -> LinkName:
    """The link if none is asked for: a Python program is hosted, unless an option needs the wall clock."""
    command = config.getoption("--controller")
    if command is None:
        return "memory"
    program = Path(command.split(maxsplit=1)[0] if command.split() else "")
    wall_clock = config.getoption("--broker") is not None or config.getoption("--speed") is not None
    hosted = (program.stem.startswith("python") or program.suffix == ".py") and not wall_clock
    return "hosted" if hosted else "realtime"


def _check_options(config: pytest.Config, link: str) -> None:
    """Raise `UsageError` for an invalid option, or one that would be ignored."""
    for option, least, most in (("--speed", SLOWEST, FASTEST), ("--minutes", 0.0, LONGEST_MINUTES)):
        value = config.getoption(option)
        if value is not None and not least <= value <= most:  # No comparison holds for nan.
            raise pytest.UsageError(f"{option} must be {least:g} to {most:g}, got {value}")
    broker, command = config.getoption("--broker"), config.getoption("--controller")
    if link in ("memory", "hosted") and (command is None) != (link == "memory"):
        must = "given with --link hosted" if command is None else "left out with --link memory"
        raise pytest.UsageError(f"--controller must be {must}, got {command!r}")
    try:
        if broker is not None:
            parse_address(broker)
        if command is not None:
            _check_controller(command, link)
    except (TwinError, ControllerError) as error:
        raise pytest.UsageError(str(error)) from None
    if broker is not None and link in ("memory", "hosted"):
        raise pytest.UsageError(f"--broker must be left out with --link {link}, got {broker!r}")
    if config.getoption("--speed") is not None and link != "realtime":
        raise pytest.UsageError(f"--speed must be left out without --link realtime, got {config.getoption('--speed')}")


def _check_controller(command: str, link: str) -> None:
    """Raise `TwinError` for a command that could not be started."""
    service = "http://127.0.0.1:1" if link == "hosted" else None
    if not ExternalController(command).at("127.0.0.1", 1, service).started:
        raise TwinError(f"--controller must be a command line with {{host}} and {{port}} in it, got {command!r}")
    name = shlex.split(command)[0]
    if shutil.which(name) is None:
        raise TwinError(f"--controller must start with a program that can be found, got {command!r}")


def _examples(config: pytest.Config, link: str) -> int:
    if link in ("lockstep", "realtime"):
        return EXAMPLES_IN_LOCKSTEP if link == "lockstep" else EXAMPLES_IN_REAL_TIME
    hosted = link == "hosted"
    counts, a_minute = (HOSTED_EXAMPLES, HOSTED_EXAMPLES_A_MINUTE) if hosted else (EXAMPLES, EXAMPLES_A_MINUTE)
    return counts.get(config.getoption("--profile")) or max(1, round(a_minute * config.getoption("--minutes")))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the properties with the smallest scenarios first, and only those that this controller must keep.

    A controller of one known line must keep the properties marked `external`. Ours, and those that take part in the
    grant protocol, must keep all others.
    """
    items.sort(key=_place)
    link = config.stash[HARNESS].link
    properties = [item for item in items if item.path.parent.name == "scenarios"]
    external = link in ("hosted", "realtime") and config.getoption("--controller") is not None
    left_out = [item for item in properties if ("external" in item.keywords) != external]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    properties = [item for item in properties if item not in left_out]
    files = {item.path.name for item in properties}
    part = config.getoption("keyword") or config.getoption("collectonly")
    config.stash[WHOLE] = link == "memory" and len(files) >= PROPERTY_FILES and not part


def _place(item: pytest.Item) -> int:
    """Sort key: properties without faults first, those with a long stack last."""
    if item.get_closest_marker("long") is not None:
        return 2
    return int(item.path.name != FAULTLESS)


@pytest.fixture
def line(request: pytest.FixtureRequest) -> Harness:
    """The harness, with the link and the controller of the options."""
    return request.config.stash[HARNESS]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker process of pytest-xdist has ended: add its runs and situations."""
    output, harness = getattr(node, "workeroutput", {}), node.config.stash[HARNESS]
    harness.runs += output.get("runs", 0)
    harness.reached |= set(output.get("reached", ()))
    harness.card.merge(output.get("card", {}))
    node.config.stash[WHOLE] = node.config.stash.get(WHOLE, False) or output.get("whole", False)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A whole suite that did not reach every situation has failed."""
    if hasattr(session.config, "workeroutput"):  # One of several processes; the controlling process decides.
        harness, whole = session.config.stash[HARNESS], session.config.stash.get(WHOLE, False)
        session.config.workeroutput.update(
            runs=harness.runs, reached=sorted(harness.reached), whole=whole, card=harness.card.rows
        )  # fmt: skip
        return
    if exitstatus == 0 and session.config.stash.get(WHOLE, False) and _unreached(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the number of scenarios run, and the situations not reached."""
    harness = config.stash[HARNESS]
    terminalreporter.write_line(f"{harness.runs} scenarios run on the {harness.link} link")
    if config.getoption("--card"):
        families = {f"known-line-{family}": family for family in FAMILIES}
        found = [f"smallest scenarios: {FAILURES.resolve()}"] if harness.card.broken else []
        for text in ("", *harness.card.lines(families), *found):
            terminalreporter.write_line(text)
    if config.stash.get(WHOLE, False):
        for name in _unreached(config):
            terminalreporter.write_line(f"never reached: {name}", red=True)


def _unreached(config: pytest.Config) -> list[str]:
    return [name for name in SITUATIONS if name not in config.stash[HARNESS].reached]
