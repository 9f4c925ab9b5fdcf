"""Failing scenarios: their files, what a failure says, and what is known of it when the suite ends."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from shutil import rmtree
from typing import Final, NamedTuple

import msgspec

from controller.address import address_text, is_loopback
from twin import Run, Scenario, trace
from twin.links.output_log import OutputLine
from twin.report.headline import headline
from twin.report.narration import Step, steps
from twin.report.reported import command_text
from twin.scenario.faults import ControllerKilled, Fault, fault_name
from twin.scenario.scenario import encode_scenario
from twin.verdict.checks import Violation

FOLDER: Final = Path("scenario-failures")
"""Folder for failing scenarios, shrunk, and for their runs."""

GRAVEST: Final = "wrong_bin"
"""The rule whose failures are shown, and kept while a scenario is made smaller, rather than others'."""

MOST_RULES: Final = 5
BEFORE_S: Final = 8.0
AFTER_S: Final = 1.0
MOST_WORDS: Final = 6
MOST_STEPS: Final = 24
"""Of the steps before a violation so many are shown, and a quarter as many after it."""

NAME_DIGITS: Final = 6
_PLACEHOLDERS: Final = {"mqtt": "{port}", "http": "{service}"}


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario that broke `rules`, other than those that are `allowed` to be: its file, the test that found it.

    `words` say what happened first; the scenario has so many `items` and `faults`. `acted`: whether a fault had an
    effect. `restarted`: whether the program was started again. `ports`: where a hosted program looked for the broker
    (`mqtt`) and the recognition service (`http`) without having been told; `elsewhere` is the address of such a place
    on another machine. `alone`: two runs side by side get in each other's way.
    """

    path: str
    test: str
    rules: tuple[str, ...]
    words: str
    items: int
    faults: int
    allowed: tuple[str, ...] = ()
    acted: bool
    restarted: bool
    ports: Mapping[str, int] = {}
    elsewhere: str = ""
    alone: bool = False

    @property
    def folder(self) -> Path:
        """The folder of the run that failed."""
        return Path(self.path).with_suffix("")


class FailedRun(NamedTuple):
    """A run that failed a property: the violations that count, all that is `wrong` in words, the rules `allowed`."""

    run: Run
    violations: Sequence[Violation]
    wrong: Sequence[str]
    allowed: tuple[str, ...] = ()


def failure_of(found: FailedRun, name: str, test: str, earlier: Failure | None) -> Failure:
    """Write a failing scenario, in the place of an `earlier` one.

    Hypothesis runs the smallest scenario last, so that one stays.
    """
    run = found.run
    FOLDER.mkdir(exist_ok=True)
    text = encode_scenario(run.scenario)
    digest = hashlib.blake2b(text, digest_size=NAME_DIGITS // 2).hexdigest()
    path = FOLDER / f"{re.sub(r'[^a-z0-9_]+', '-', name.lower())}-{digest}.json"
    own = _own_addresses(run)
    failure = Failure(
        path=path.as_posix(), test=test, rules=tuple(dict.fromkeys(each.check for each in found.violations)),
        words=words_of(run, found.violations) if found.violations else found.wrong[0],
        items=run.scenario.item_count, faults=len(run.scenario.faults), allowed=found.allowed,
        acted=any(isinstance(record, trace.Disturbed) for record in run.trace),
        restarted=any(isinstance(fault, ControllerKilled) for fault in run.scenario.faults),
        ports={kind: port for kind, (_, port) in own.items()},
        elsewhere=next((address_text(*at) for at in own.values() if not is_loopback(at[0])), ""),
    )  # fmt: skip
    for old in (earlier, failure):
        if old is not None:
            Path(old.path).unlink(missing_ok=True)
            rmtree(old.folder, ignore_errors=True)
    path.write_bytes(text)
    return failure


def failure_text(found: FailedRun, failure: Failure) -> str:
    """What happened, in words of the line; the records around it, with what the program wrote; the scenario."""
    run, violations, wrong, _ = found
    first = min(violations, key=lambda each: each.t_s, default=None)
    records = run.trace
    around_s = records[-1].t_s if first is None else first.t_s
    return "\n".join([
        failure.words, *wrong[:MOST_RULES],
        *([f"... and {len(wrong) - MOST_RULES} more"] if len(wrong) > MOST_RULES else []),
        "", *_last_words(run.output_lines, around_s),
        *_around(steps(records, violations, run.output_lines), around_s), "",
        *_scenario_lines(run.scenario),
        *_again(run, failure),
    ])  # fmt: skip


def words_of(run: Run, violations: Sequence[Violation]) -> str:
    """What happened first, in words of the line."""
    return headline(run.scenario, run.trace, min(violations, key=lambda each: each.t_s))


def _around(narrated: Iterable[Step], t_s: float) -> list[str]:
    """The steps just before and after a time."""
    near = [step for step in narrated if t_s - BEFORE_S <= step.t_s <= t_s + AFTER_S]
    later = sum(step.t_s > t_s for step in near)
    return [
        f"{step.t_s:10.3f} s  {step.subject} {step.action}{''.join(f'   <-- {words}' for words in step.violations)}"
        for step in near[max(0, len(near) - later - MOST_STEPS) : len(near) - later + MOST_STEPS // 4]
    ]


def _last_words(output_lines: Sequence[OutputLine], t_s: float) -> list[str]:
    """What a program wrote last before the steps that are shown: mostly why it went wrong."""
    before = [line for line in output_lines if line.t_s < t_s - BEFORE_S][-MOST_WORDS:]
    return [*(f"{line.t_s:10.3f} s  program writes: {line.text}" for line in before), *(["..."] if before else [])]


def _scenario_lines(scenario: Scenario) -> list[str]:
    """A scenario in a few lines."""
    items = ", ".join(
        f"{item.item_class} {item.length_m * 1000:.0f} mm" for item in islice(scenario.stack(), MOST_STEPS)
    )
    schedule = f", schedule {scenario.schedule}" if scenario.schedule else ""
    stop = [] if scenario.stop_s is None else [f"told to end at {scenario.stop_s:g} s"]
    return [f"scenario: seed {scenario.seed}{schedule}, items {items}", *map(_fault_line, scenario.faults), *stop]


def _fault_line(fault: Fault) -> str:
    fields = msgspec.to_builtins(fault)
    name, from_s, until_s = (fields.pop(key) for key in ("fault", "from_s", "until_s"))
    rest = "".join(f", {key} {value}" for key, value in fields.items())
    return f"fault: {fault_name(name)} from {from_s} to {until_s} s{rest}"


def _again(run: Run, failure: Failure) -> list[str]:
    """How to look at a failure, and how to play it again."""
    folder = failure.folder.as_posix()
    if run.controller is None:
        return [f"step by step: {command_text(['twin', 'replay', failure.path])}; drawn: {folder}/report.html"]
    words = ["twin", "run", failure.path, "--link", run.link, "--controller", run.controller, *run.again]
    played = command_text(["twin", "replay", folder])
    return [f"step by step, as it was: {played}; drawn: {folder}/report.html", f"again: {command_text(words)}"]


def _own_addresses(run: Run) -> dict[str, tuple[str, int]]:
    """The addresses that a hosted program has in its text."""
    command = run.controller or ""
    return {kind: at for kind, at in run.addresses.items() if _PLACEHOLDERS[kind] not in command}
