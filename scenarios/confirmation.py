"""Runs what was found in virtual time again in real time, over a real broker, with the same program."""

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import rmtree
from typing import Final, Literal

import msgspec

from scenarios.failures import Failure
from twin import TwinError, trace
from twin.saved.output_file import OUTPUT_FILE, read_output
from twin.saved.run_files import RUN_FILE, SUMMARY_FILE, TRACE_FILE, RunInfo
from twin.trace import read_trace

TRIES: Final = 3
ON_THE_WIRE: Final = "on-the-wire"
"""Folder of the last run in real time, in that of the failed run."""

AT_ONCE: Final = 4
"""Runs side by side: mostly they wait."""

LONGEST_S: Final = 900.0
"""A run in real time that takes longer is ended: a scenario of a few items takes one or two minutes."""

MOST_LATE_MS: Final = 50.0
"""A run with later events than that proves nothing: the machine held the line up."""

_CRASH: Final = "crash"
"""The rule that a program breaks which ends by itself. One that does so on the wire alone, as for want of a screen,
shows there nothing of what was found."""

State = Literal["confirmed", "another rule", "virtual time only", "not run"]


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a failure in real time: in which run of `TRIES` it was `confirmed`, or broke other `rules` only.

    `why`: why it was not confirmed, as far as the twin can tell.
    """

    state: State
    run: int = 0
    rules: tuple[str, ...] = ()
    why: str = ""

    @property
    def text(self) -> str:
        """In words."""
        if self.state == "confirmed":
            return f"confirmed on the wire (run {self.run} of {TRIES})"
        if self.state == "another rule":
            return f"on the wire it broke {', '.join(self.rules)} instead (run {self.run} of {TRIES})"
        if self.state == "virtual time only":
            return f"seen in virtual time only: {self.why}"
        return f"not run on the wire: {self.why}"


class Confirmer:
    """Runs failures of the program of a `command` in real time, each up to `TRIES` times.

    Each run is one of `twin run`, in a process of its own, whose files stay beside the failure's. Programs that have a
    port in their text, or write files, are run one at a time.
    """

    def __init__(self, command: str) -> None:
        self._command = command
        self._running: set[subprocess.Popen[str]] = set()
        self._ended = False

    def confirm(self, failures: Mapping[str, Failure]) -> dict[str, Confirmation]:
        """What came of each failure, by name. A scenario that several have found is run for one of them."""
        texts = {name: Path(failure.path).read_bytes() for name, failure in failures.items()}
        distinct = {texts[name]: failure for name, failure in failures.items()}
        alone = any(failure.ports or failure.alone for failure in failures.values())
        with ThreadPoolExecutor(1 if alone else AT_ONCE) as pool:
            try:
                outcomes = dict(zip(distinct, pool.map(self._confirm, distinct.values()), strict=True))
                return {name: outcomes[text] for name, text in texts.items()}
            except BaseException:
                self._ended = True
                for process in list(self._running):
                    process.terminate()
                raise

    def _confirm(self, failure: Failure) -> Confirmation:
        if failure.elsewhere:
            return Confirmation(
                state="not run", why=f"{failure.elsewhere}, in the program's text, is on another machine"
            )
        late_ms, idle, done = 0.0, 0, 0
        for run in range(1, TRIES + 1):
            outcome = self._run(failure)
            if isinstance(outcome, str):
                return Confirmation(state="not run", why=outcome)
            if outcome.late_ms > MOST_LATE_MS:
                late_ms = max(late_ms, outcome.late_ms)
                continue
            rules = tuple(rule for rule in outcome.rules if rule not in failure.allowed)
            if set(rules) & set(failure.rules):
                return Confirmation(state="confirmed", run=run)
            if _CRASH in rules:
                return Confirmation(state="not run", why=f"the program crashed there: {outcome.last_words}")
            if rules:
                return Confirmation(state="another rule", run=run, rules=rules)
            done += 1
            idle += failure.acted and not outcome.acted
        if not done:
            why = f"in each of {TRIES} runs the machine was late, by up to {late_ms:.0f} ms; run it on an idle machine"
            return Confirmation(state="not run", why=why)
        return Confirmation(state="virtual time only", why=_reason(done, idle, failure))

    def _run(self, failure: Failure) -> "WireRun | str":
        """One run; a text if there was none."""
        folder = failure.folder / ON_THE_WIRE
        rmtree(folder, ignore_errors=True)
        words = [sys.executable, "-P", "-m", "twin", "run", failure.path, "--link", "realtime"]
        words += ["--controller", self._command, "--save", str(folder)]
        for option, kind in (("--listen", "mqtt"), ("--service-port", "http")):
            words += [option, str(failure.ports[kind])] if kind in failure.ports else []
        if self._ended:
            return "interrupted"
        packages = str(Path(__file__).resolve().parents[1])
        path = os.pathsep.join([packages, *filter(None, [os.environ.get("PYTHONPATH")])])
        with subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path}
        ) as process:
            self._running.add(process)
            if self._ended:  # Meanwhile.
                process.terminate()
            try:
                printed = process.communicate(timeout=LONGEST_S)[1].strip()
            except subprocess.TimeoutExpired:
                process.terminate()
                return f"it did not end within {LONGEST_S:g} s"
            finally:
                self._running.discard(process)
        if process.returncode not in (0, 1):
            return printed.rpartition("\n")[2].removeprefix("twin: ") or f"twin run ended with {process.returncode}"
        try:
            return _outcome(folder)
        except (OSError, TwinError) as error:
            return f"its files cannot be read: {error}"


class WireRun(msgspec.Struct, frozen=True):
    """Which rules a run broke, whether a fault had an effect, how late its events were; the program's last words."""

    rules: tuple[str, ...]
    acted: bool
    late_ms: float
    last_words: str


def _outcome(folder: Path) -> WireRun:
    summary = msgspec.json.decode((folder / SUMMARY_FILE).read_bytes())
    info = msgspec.json.decode((folder / RUN_FILE).read_bytes(), type=RunInfo)
    acted = any(isinstance(record, trace.Disturbed) for record in read_trace(folder / TRACE_FILE))
    rules = tuple(dict.fromkeys(found["check"] for found in summary["violations"]))
    return WireRun(rules, acted, info.lateness_ms.longest or 0.0, _last_words(folder / OUTPUT_FILE))


def _last_words(output: Path) -> str:
    """The last line that a program wrote."""
    words = (line.text.strip() for line in reversed(read_output(output)))
    return next(filter(None, words), "it wrote nothing")


def _reason(done: int, idle: int, failure: Failure) -> str:
    """Why a failure of virtual time may not show in real time."""
    kept = f"{done} runs in real time kept every rule"
    if idle == done:
        return f"{kept}; the faults had no effect there, since other things happened at their times"
    if failure.restarted:
        return f"{kept}; in virtual time the program starts in no time, in real time it is back later"
    return (
        f"{kept}; it may need an order of threads, or an instant, that real time seldom has, or that the program's "
        "computing takes no time"
    )
