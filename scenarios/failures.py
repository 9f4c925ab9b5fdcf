"""Failing scenarios: their files, what a failure says, and what is known of it when the suite ends."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import rmtree
from typing import Final

import msgspec

from twin import Run, trace
from twin.report.narration import narrate
from twin.scenario.faults import ControllerKilled
from twin.scenario.scenario import encode_scenario

FOLDER: Final = Path("scenario-failures")
"""Folder for failing scenarios, shrunk, and for their runs."""

TAIL_RECORDS: Final = 25
NAME_DIGITS: Final = 6
_PLACEHOLDERS: Final = {"mqtt": "{port}", "http": "{service}"}


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario that broke `rules`: its file, and the test that found it.

    `acted`: whether a fault had an effect. `restarted`: whether the program was started again. `ports`: where a hosted
    program looked for the broker (`mqtt`) and the recognition service (`http`) without having been told.
    """

    path: str
    test: str
    rules: tuple[str, ...]
    acted: bool
    restarted: bool
    ports: Mapping[str, int] = {}

    @property
    def folder(self) -> Path:
        """The folder of the run that failed."""
        return Path(self.path).with_suffix("")


def failure_of(run: Run, name: str, test: str, earlier: Failure | None) -> Failure:
    """Write a failing scenario, in the place of an `earlier` one.

    Hypothesis runs the smallest scenario last, so that one stays.
    """
    FOLDER.mkdir(exist_ok=True)
    text = encode_scenario(run.scenario)
    digest = hashlib.blake2b(text, digest_size=NAME_DIGITS // 2).hexdigest()
    path = FOLDER / f"{re.sub(r'[^a-z0-9_]+', '-', name.lower())}-{digest}.json"
    failure = Failure(
        path=path.as_posix(), test=test, rules=tuple(dict.fromkeys(found.check for found in run.violations)),
        acted=any(isinstance(record, trace.Disturbed) for record in run.trace),
        restarted=any(isinstance(fault, ControllerKilled) for fault in run.scenario.faults), ports=_own_ports(run),
    )  # fmt: skip
    for old in (earlier, failure):
        if old is not None:
            Path(old.path).unlink(missing_ok=True)
            rmtree(old.folder, ignore_errors=True)
    path.write_bytes(text)
    return failure


def failure_text(run: Run, wrong: Sequence[str], failure: Failure) -> str:
    """The violations, the whole scenario, and the end of the trace."""
    tail = list(run.trace)[-TAIL_RECORDS:]
    narration = [f"{record.t_s:10.3f} s  {' '.join(narrate(record))}" for record in tail]
    scenario = encode_scenario(run.scenario).decode()
    where = f"seed {run.scenario.seed}; twin replay {failure.path}; drawn: {failure.folder.as_posix()}/report.html"
    return "\n".join([*wrong, where, scenario, "...", *narration])


def _own_ports(run: Run) -> dict[str, int]:
    """The ports that a hosted program has in its text."""
    command = run.controller or ""
    return {kind: port for kind, (_, port) in run.addresses.items() if _PLACEHOLDERS[kind] not in command}
