"""Options and profiles of the suite, and the situations that it must reach."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, Verbosity, settings

from scenarios.confirmation import Confirmer
from scenarios.failures import FOLDER, GRAVEST
from scenarios.gathering import Receiver, Sender, found_by, take_over
from scenarios.harness import Harness
from scenarios.known_line import FAMILIES, property_of
from scenarios.options import (
    EXAMPLES,
    MOST_SHRINKS,
    camera_shown,
    check_files,
    check_options,
    controller_of,
    examples_of,
    layout_of,
    recognizer_of,
    usual_link,
)
from scenarios.situations import SITUATIONS
from twin.report.screen import counted

PROPERTY_FILES: Final = 10
"""A run of fewer files is not the whole suite, and need not reach every situation."""

FAULTLESS: Final = "test_sorting.py"

CARD_FORMAT: Final = 1

HARNESS: Final = pytest.StashKey[Harness]()
WHOLE: Final = pytest.StashKey[bool]()
INTERRUPTED: Final = pytest.StashKey[bool]()
"""Whether somebody interrupted the suite, or the runs in real time after it."""

ASKED: Final = pytest.StashKey[bool]()
"""Whether every property of an external controller was to be asked."""


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
        metavar="oracle|rendered|DIR",
        help="what the camera shows: blank pictures, rendered ones, or those of a folder with a sub-folder for each "
        "class [default: oracle; rendered to a --controller without {service}]",
    )
    group.addoption(
        "--truth-service", action="store_true", help="the recognition service answers from the truth, as at {service}"
    )
    group.addoption(
        "--layout",
        type=Path,
        metavar="FILE",
        help="layout (TOML) of the --controller's line [default: the default line]",
    )
    group.addoption(
        "--compute-ms", type=float, metavar="MS",
        help="hosted: how long each line of the program takes that computes for long [default: as long as is measured]",
    )  # fmt: skip
    group.addoption("--broker", metavar="HOST:PORT", help="a broker to use instead of the embedded one")
    group.addoption(
        "--listen", type=int, metavar="PORT", help="port of the twin's broker, for a program that has it in its text"
    )
    group.addoption("--card", action="store_true", help="print a report card: families of faults, and rules kept")
    group.addoption("--whole", action="store_true", help="fail if a family was not asked, whatever was selected")
    group.addoption("--card-file", type=Path, metavar="FILE", help="write the report card to this JSON file")
    group.addoption(
        "--find-only", action="store_true", help="report a failing scenario without shrinking or confirming it"
    )
    group.addoption("--speed", type=float, help="factor of the speed of real time [default: 1]")


def pytest_configure(config: pytest.Config) -> None:
    """Choose Hypothesis's profile, and make the harness."""
    config.addinivalue_line("markers", "external: what any controller of the default line must do; runs only for those")
    config.addinivalue_line("markers", "long: has a stack of items that does not shrink; runs last")
    command = config.getoption("--controller")
    link = config.getoption("--link") or usual_link(config)
    check_options(config, link)
    if not hasattr(config, "workerinput"):  # One of several processes writes them.
        check_files(config)
    find_only = config.getoption("--find-only")
    usual = settings.get_profile(settings.get_current_profile_name())
    phases = (Phase.explicit, Phase.generate, Phase.target) if find_only or command is not None else tuple(Phase)
    settings.register_profile(
        "suite", max_examples=examples_of(config, link), deadline=None, phases=phases,
        # A program gets other scenarios each time, also where Hypothesis would draw the same ones: under `CI`.
        derandomize=usual.derandomize and command is None, print_blob=command is None,
        verbosity=Verbosity.normal if command is None else Verbosity.quiet,
        suppress_health_check=[
            HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
        ],
    )  # fmt: skip
    settings.load_profile("suite")
    config.stash[HARNESS] = harness = Harness(
        link=link, controller=controller_of(config),
        broker=config.getoption("--broker"), speed=config.getoption("--speed"),
        recognizer=recognizer_of(config), camera=camera_shown(config), layout=layout_of(config),
        most_shrinks=0 if find_only else MOST_SHRINKS.get(link, 0), listen=config.getoption("--listen"),
    )  # fmt: skip
    one_of_several = hasattr(config, "workerinput")
    config.pluginmanager.register(Sender(harness) if one_of_several else Receiver(harness), "gathering")


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
    every = config.getoption("--whole") or (len(properties) >= len(FAMILIES) and not part)
    config.stash[ASKED] = external and every


def _place(item: pytest.Item) -> int:
    """Sort key: properties without faults first, those with a long stack last."""
    if item.get_closest_marker("long") is not None:
        return 2
    return int(item.path.name != FAULTLESS)


@pytest.fixture
def line(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """The harness, with the link and the controller of the options."""
    harness = request.config.stash[HARNESS]
    harness.test = request.node.nodeid
    yield harness
    harness.save_failing()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker process of pytest-xdist has ended: add what its last reports did not have."""
    output = getattr(node, "workeroutput", {})
    take_over(node.config.stash[HARNESS], output)
    for key, name in ((WHOLE, "whole"), (ASKED, "asked")):
        node.config.stash[key] = node.config.stash.get(key, False) or output.get(name, False)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Iterator[None]:
    """A whole suite that did not reach every situation has failed. The card's file comes after what is printed."""
    _finish(session, exitstatus)
    yield
    try:
        _write_card(session.config)
    except OSError as error:
        path = session.config.getoption("--card-file")
        terminal: Any = session.config.pluginmanager.get_plugin("terminalreporter")
        terminal.write_line(f"{path}: {error.strerror or error}; choose a file that can be written", red=True)
        session.exitstatus = pytest.ExitCode.USAGE_ERROR


def _finish(session: pytest.Session, exitstatus: int) -> None:
    """Pass on what one of several processes has found; otherwise confirm failures, and judge the suite."""
    config = session.config
    if hasattr(config, "workeroutput"):  # One of several processes; the controlling process decides.
        whole, asked = config.stash.get(WHOLE, False), config.stash.get(ASKED, False)
        config.workeroutput.update(whole=whole, asked=asked, **found_by(config.stash[HARNESS]))
        return
    config.stash[INTERRUPTED] = exitstatus == pytest.ExitCode.INTERRUPTED
    if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        try:
            _confirm(config)
        except KeyboardInterrupt:  # What was found is shown all the same.
            config.stash[INTERRUPTED] = True
            session.exitstatus = pytest.ExitCode.INTERRUPTED
            return
    if exitstatus == 0 and (_problems(session.config) or _unreached(session.config)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _confirm(config: pytest.Config) -> None:
    """Run what broke a rule in virtual time again in real time, and say in the failures' reports what came of it."""
    harness = config.stash[HARNESS]
    if harness.link != "hosted" or not harness.failures or config.getoption("--find-only"):
        return
    terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
    failures = counted(len(harness.failures), "failure")
    terminal.write("\n")  # The dots before it have no line's end.
    terminal.write_line(f"{failures} run again in real time, over a real broker")
    for name, found in Confirmer(config.getoption("--controller")).confirm(harness.failures).items():
        failure = harness.failures[name]
        harness.card.confirm(name.partition("/")[0], found, failure)
        for report in terminal.stats.get("failed", ()):
            if report.nodeid == failure.test:
                report.sections.append(("On the wire", found.text))


def _write_card(config: pytest.Config) -> None:
    """Write the report card as data."""
    path, harness = config.getoption("--card-file"), config.stash[HARNESS]
    if path is not None and not hasattr(config, "workeroutput"):
        families = {family: harness.card.rows.get(property_of(family)) for family in FAMILIES}
        card = {
            "format": CARD_FORMAT, "link": harness.link, "controller": config.getoption("--controller"),
            "interrupted": config.stash[INTERRUPTED], "scenarios": harness.runs, "families": families,
        }  # fmt: skip
        text = msgspec.json.encode(card)
        path.write_bytes(msgspec.json.format(text, indent=1) + b"\n")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the number of scenarios run, and the situations not reached."""
    harness = config.stash[HARNESS]
    terminalreporter.write_line(f"{harness.runs} scenarios run on the {harness.link} link")
    if harness.writes:
        terminalreporter.write_line(
            f"one at a time, since a file in its folder changed while the program ran: {harness.writes}"
        )
    if config.getoption("--card"):
        _print_card(terminalreporter, harness)
    for problem in (*_problems(config), *(f"never reached: {name}" for name in _unreached(config))):
        terminalreporter.write_line(problem, red=True)


def _print_card(terminal: pytest.TerminalReporter, harness: Harness) -> None:
    """Print the report card, what it comes to, where to look on, and what failed for another reason than a rule."""
    for text in ("", *harness.card.lines(_families()), ""):
        terminal.write_line(text)
    by_rule = {failure.test for failure in harness.failures.values()}
    others = [report for report in terminal.getreports("failed") if report.nodeid not in by_rule]
    interrupted = terminal.config.stash[INTERRUPTED]
    if interrupted:
        begun = f"{harness.card.begun(_families())} of {len(FAMILIES)} families"
        terminal.write_line(f"Interrupted: no verdict. Asked up to then: {begun}.", bold=True, yellow=True)
    if harness.card.broken or not interrupted:
        colour = {"red" if harness.card.broken or others else "green": True}
        terminal.write_line(harness.card.conclusion(_families()), bold=True, **colour)
    if harness.failures:
        gravest = max(harness.failures.values(), key=lambda failure: GRAVEST in failure.rules)
        terminal.write_line(f"smallest scenarios: {FOLDER.resolve()}")
        folder = gravest.folder.as_posix()
        terminal.write_line(f"one of them, step by step: twin replay {folder}; drawn: {folder}/report.html")
    for report in others:
        lines: list[str] = report.longreprtext.splitlines() or ["failed"]
        terminal.write_line(f"{report.nodeid}: {lines[-1].removeprefix('E').strip()}", red=True)


def _problems(config: pytest.Config) -> list[str]:
    """Why a suite that was to ask an external controller everything has not done so."""
    card, interrupted = config.stash[HARNESS].card, config.stash[INTERRUPTED]
    return card.problems(_families()) if config.stash.get(ASKED, False) and not interrupted else []


def _families() -> dict[str, str]:
    """The families of faults, by the names of their properties."""
    return {property_of(family): family for family in FAMILIES}


def _unreached(config: pytest.Config) -> list[str]:
    """The situations that a whole suite has not reached."""
    whole, reached = config.stash.get(WHOLE, False), config.stash[HARNESS].reached
    return [name for name in SITUATIONS if name not in reached] if whole and not config.stash[INTERRUPTED] else []
