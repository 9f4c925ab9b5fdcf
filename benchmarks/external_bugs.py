"""The share of mistakes in external programs that `twin test` finds, and how small it makes what it found.

    python benchmarks/external_bugs.py [--only NAME ...] [--jobs 1] [--find-only] [--json FILE]
    python benchmarks/external_bugs.py --prove [--wire]

Each program is one of the sound ones with a change of a few lines (`external/`). `--prove` runs the scenario written by
hand for each mistake: the program breaks a rule, and the sound one does not; with `--wire` in real time over the
embedded broker. Otherwise each program is tested as its author would test it, with the profile quick, until a family of
faults breaks a rule, and the sound ones to the end: what is found in one of these stays in scenario-failures. Exit 1 if
a mistake is not found, or one is in a sound program. The smallest scenario of each mistake is then run in real time
over the embedded broker, until it breaks a rule there, three times at the most.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = ROOT / "benchmarks"
sys.path[:0] = [str(ROOT), str(BENCHMARKS)]

from external import MISTAKES, SOUND, command_of, write_program  # noqa: E402
from external.stopwatch import FOLDER  # noqa: E402
from external.truth_service import truth_service  # noqa: E402
from rich.progress import Progress  # noqa: E402

from twin import load_scenario, simulate  # noqa: E402
from twin.links.external_controller import ExternalController  # noqa: E402

TRIES = 3
"""Runs in real time until one shows the mistake: the machine may be slow, and some mistakes depend on chance."""

AT_ONCE = 4
"""Runs in real time side by side: mostly they wait."""

PLACE = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(BENCHMARKS)])}

STOPPED = 130
"""Exit code of `twin test` when pytest stops at the first failure."""

ALLOWED = {"lost"}
"""A rule that a scenario with a signal to end does not ask; no mistake breaks this one alone."""

HEAD = f"{'program':26}  {'style':14}  found  {'family':11}  {'rule':18}  scenarios  seconds  items  faults  needs"


@dataclass
class Hunt:
    """What `twin test` said of one program. `scenarios` and `seconds` are until the first one that broke a rule.

    `items` and `faults` are the size of the smallest one, `needed` that of the one written by hand. `wire` is the run
    in real time that broke a rule, too; 0 if none did, None if there was none.
    """

    name: str
    style: str
    found: bool = False
    family: str = ""
    rule: str = ""
    scenarios: int = 0
    seconds: float = 0.0
    items: int = 0
    faults: int = 0
    needed: tuple[int, int] = (0, 0)
    wire: int | None = None
    runs: int = 0
    took_s: float = 0.0

    @property
    def row(self):
        """The result as a row of the table."""
        size = f"{self.items:5}  {self.faults:6}  {self.needed[0]}, {self.needed[1]}"
        return (
            f"{self.name:26}  {self.style:14}  {'yes' if self.found else 'NO':5}  {self.family:11}  {self.rule:18}  "
            f"{self.scenarios:9}  {self.seconds:7.1f}  {size}"
        )


def hunt(name, style, program, keep, *, first, shrink):
    """Test a program; `first`: only until one family breaks a rule. Its scenarios stay in the folder `keep`."""
    result = Hunt(name, style)
    with tempfile.TemporaryDirectory() as folder:
        addopts = "-x" if first else ""
        environment = PLACE | {FOLDER: folder, "PYTEST_PLUGINS": "external.stopwatch", "PYTEST_ADDOPTS": addopts}
        words = [sys.executable, "-m", "twin", "test", command_of(program), *([] if shrink else ["--no-shrink"])]
        began_s = time.time()
        done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        result.took_s = time.time() - began_s
        rows = [json.loads(line) for path in Path(folder).glob("*.jsonl") for line in path.open(encoding="utf-8")]
        if (failures := Path(folder) / "scenario-failures").exists():
            shutil.copytree(failures, keep / name, dirs_exist_ok=True)
    rows.sort(key=lambda row: row["ended_s"])
    if not rows or done.returncode not in (0, 1, STOPPED):
        sys.exit(f"{name}: {done.stdout}{done.stderr}")
    result.runs = len(rows)
    broken = [row for row in rows if row["broken"]]
    if broken:
        smallest = min(broken, key=lambda row: (row["items"], row["faults"]))
        result.found, result.scenarios = True, rows.index(broken[0]) + 1
        result.seconds = broken[0]["ended_s"] - began_s
        result.family, result.rule = smallest["property"].removeprefix("known-line-"), smallest["broken"][0]
        result.items, result.faults = smallest["items"], smallest["faults"]
    return result


def on_the_wire(name, program, keep):
    """The first of `TRIES` runs in real time in which a mistake's smallest scenario breaks a rule; 0 if none does."""
    scenarios = [path / "scenario.json" for path in keep.joinpath(name).iterdir() if path.is_dir()]
    smallest = min(scenarios, key=lambda path: size_of(load_scenario(path)))
    words = [sys.executable, "-m", "twin", "run", str(smallest), "--link", "realtime"]
    for run in range(1, TRIES + 1):
        with tempfile.TemporaryDirectory() as folder:
            played = [*words, "--controller", command_of(program), "--save", f"{folder}/run"]
            done = subprocess.run(played, cwd=folder, env=PLACE, capture_output=True, text=True, check=False)
        if done.returncode == 1:
            return run
        if done.returncode:
            sys.exit(f"{name}: {done.stdout}{done.stderr}")
    return 0


def size_of(scenario):
    """By which one scenario is smaller than another."""
    return scenario.item_count, len(scenario.faults)


def confirm_all(hunts, programs, keep, bar):
    """Run in real time what was found."""
    found = [one for one in hunts if one.found]
    task = bar.add_task("on the wire", total=len(found))

    def confirm_one(one):
        one.wire = on_the_wire(one.name, programs[one.name], keep)
        bar.advance(task)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(confirm_one, found))
    for one in found:
        if not one.wire:
            bar.console.print(f"{one.name}: seen in virtual time only", highlight=False)


def hunt_all(mistakes, arguments):
    """Test the sound programs and those with a mistake, print the tables, and return the exit code."""
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder, Progress(transient=True) as bar:
        sound = [] if arguments.only else list(SOUND.items())
        task = bar.add_task("programs", total=len(sound) + len(mistakes))
        programs = {each.name: write_program(each, Path(folder)) for each in mistakes}
        keep = Path(folder) / "kept"

        def hunt_one(each):
            if isinstance(each, tuple):
                name, shrink = f"sound_{each[0]}", not arguments.find_only
                result = hunt(name, each[0], each[1], keep, first=False, shrink=shrink)
                if result.found:  # Somebody will want to see what.
                    shutil.copytree(keep / name, Path("scenario-failures") / name, dirs_exist_ok=True)
            else:
                shrink = not arguments.find_only
                result = hunt(each.name, each.style, programs[each.name], keep, first=True, shrink=shrink)
                result.needed = (each.scenario.item_count, len(each.scenario.faults))
            bar.advance(task)
            bar.console.print(result.row, highlight=False, soft_wrap=True)
            return result

        with ThreadPoolExecutor(arguments.jobs) as pool:
            results = list(pool.map(hunt_one, [*sound, *mistakes]))
        clean, hunts = results[: len(sound)], results[len(sound) :]
        if not arguments.find_only:
            confirm_all(hunts, programs, keep, bar)
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in results], indent=1))
    return summarise(clean, hunts)


def summarise(clean, hunts):
    """Print what all results have in common; return the exit code."""
    found = [one for one in hunts if one.found]
    print(f"found {len(found)} of {len(hunts)}")
    if found:
        medians = {
            column: statistics.median(getattr(one, column) for one in found)
            for column in ("scenarios", "seconds", "items", "faults")
        }
        print(f"broken on the wire, too: {sum(one.wire is not None and one.wire > 0 for one in found)}")
        print("medians: " + ", ".join(f"{value:.3g} {column}" for column, value in medians.items()))
    if clean:
        faulty = [one.name for one in clean if one.found]
        print(f"sound programs: {len(clean)}; with a finding: {', '.join(faulty) or 'none'}")
        each_s = sum(one.took_s for one in clean) / sum(one.runs for one in clean)
        print(f"for reference, the sound ones took {each_s:.2f} s a scenario, {clean[0].took_s:.0f} s for the first")
    return int(len(found) < len(hunts) or any(one.found for one in clean))


def broken_rules(scenario, command, link="hosted"):
    """The rules that a program breaks in a scenario."""
    run = simulate(scenario, link=link, controller=ExternalController(command))
    return {found.check for found in run.violations} - ALLOWED


def prove(mistake, program, service):
    """Whether a mistake's own scenario shows it, and what there is to say about it.

    With the address of a `service` also in real time: it breaks the same rule there, and the sound program does not.
    """
    sound = SOUND[mistake.style]
    rules = broken_rules(mistake.scenario, command_of(program))
    if not rules or broken_rules(mistake.scenario, command_of(sound)):
        return False, f"hosted it breaks {sorted(rules)}"
    rule = sorted(rules)[0]
    if service is None:
        return True, f"hosted it breaks {rule}"
    for path, expected in ((program, True), (sound, False)):
        for _ in range(TRIES):
            if (rule in broken_rules(mistake.scenario, command_of(path, service), "realtime")) == expected:
                break
        else:
            return False, f"{path.name} {'never' if expected else 'always'} breaks {rule} on the wire"
    return True, f"hosted and on the wire it breaks {rule}"


def prove_all(mistakes, arguments):
    """Run each mistake's own scenario, and print what it broke; return the exit code."""
    with tempfile.TemporaryDirectory() as folder, truth_service() as address, Progress(transient=True) as bar:
        task = bar.add_task("mistakes", total=len(mistakes))

        def prove_one(mistake):
            program = write_program(mistake, Path(folder))
            proved, words = prove(mistake, program, address if arguments.wire else None)
            bar.advance(task)
            row = f"{mistake.name:26}  {'proved' if proved else 'NOT PROVED'}: {words} ({mistake.kind})"
            bar.console.print(row, highlight=False, soft_wrap=True)
            return proved

        with ThreadPoolExecutor(arguments.jobs) as pool:
            proved = list(pool.map(prove_one, mistakes)).count(True)
    print(f"proved {proved} of {len(mistakes)}{' on the wire' if arguments.wire else ''}")
    return int(proved < len(mistakes))


def main():
    """Prove the mistakes, or look for them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=[one.name for one in MISTAKES], metavar="NAME")
    parser.add_argument("--jobs", type=int, default=1, help="programs that are tested side by side")
    parser.add_argument("--find-only", action="store_true", help="don't make smaller what was found")
    parser.add_argument("--prove", action="store_true", help="run the scenarios written by hand")
    parser.add_argument("--wire", action="store_true", help="with --prove: in real time over the embedded broker")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.wire and not arguments.prove:
        parser.error("--wire must be given with --prove")
    mistakes = [one for one in MISTAKES if not arguments.only or one.name in arguments.only]
    sys.exit((prove_all if arguments.prove else hunt_all)(mistakes, arguments))


if __name__ == "__main__":
    main()
