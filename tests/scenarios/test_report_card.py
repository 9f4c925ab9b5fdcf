"""`twin test`: from a program to its report card."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.programs import PYTHON

from controller import Controller
from scenarios.confirmation import Confirmation
from scenarios.failures import Failure
from scenarios.report_card import ReportCard
from twin import ItemDraw, Scenario, simulate
from twin.scenario.faults import NoImage

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "examples" / "controllers"
ADDRESSES = "{host} {port} {service}"
# The seed makes these tests repeat: which rare scenario a program does not stand is for the benchmarks to look for.
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "--hypothesis-seed=0"}


OUT_OF_ORDER = """
from scenarios.harness import Harness

stands = Harness.stands

def breaks(harness, data, family):
    if family == "gates":
        raise RuntimeError("a gate is out of order")
    stands(harness, data, family)

Harness.stands = breaks
"""


def twin_test(program, folder, *options, plugins=None):
    words = [sys.executable, "-P", "-m", "twin", "test", f"{PYTHON} {program} {ADDRESSES}", *options]
    environment = ENVIRONMENT
    if plugins is not None:
        environment = ENVIRONMENT | {
            "PYTHONPATH": os.pathsep.join([ENVIRONMENT["PYTHONPATH"], str(plugins)]),
            "PYTEST_ADDOPTS": f"{ENVIRONMENT['PYTEST_ADDOPTS']} -p out_of_order",
        }
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True,
        timeout=600, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_a_program_with_a_mistake_gets_its_card_in_its_own_folder(tmp_path):
    shutil.copy(PROGRAMS / "one_queue.py", tmp_path / "controller.py")
    done = twin_test("controller.py", tmp_path, "--no-shrink")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN: " in done.stdout
    assert list((tmp_path / "scenario-failures").glob("known-line-*.json"))
    *_, conclusion, files, look = done.stdout.splitlines()
    assert conclusion.startswith("Rules are broken in ")
    assert str(tmp_path / "scenario-failures") in files
    assert (tmp_path / look.rpartition("drawn: ")[2]).is_file()
    replay = look.partition("twin ")[2].partition(";")[0].split()
    shown = subprocess.run(
        [sys.executable, "-P", "-m", "twin", *replay], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert shown.returncode == 1, shown.stdout + shown.stderr


@pytest.mark.slow
def test_what_fails_for_another_reason_than_a_rule_is_named(tmp_path):
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "out_of_order.py").write_text(OUT_OF_ORDER)
    done = twin_test((PROGRAMS / "one_queue.py").as_posix(), tmp_path, "--no-shrink", plugins=plugins)
    assert done.returncode == 1
    assert "test_a_faulty_gate_breaks_no_rule_on_its_line: RuntimeError: a gate is out of order" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("program", ["sound_one_at_a_time", "sound_windows", "sound_asyncio"])
def test_a_sound_program_breaks_no_rule(program, tmp_path):
    done = twin_test((PROGRAMS / f"{program}.py").as_posix(), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BROKEN" not in done.stdout


def test_a_program_that_cannot_be_found_is_refused(tmp_path):
    done = subprocess.run(
        [sys.executable, "-P", "-m", "twin", "test", "no-such-program {host} {port}"], cwd=tmp_path,
        env=ENVIRONMENT, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--controller must start with a program that can be found" in done.stdout + done.stderr


def test_a_program_whose_file_is_not_there_is_refused(tmp_path):
    done = twin_test("no_such_file.py", tmp_path)
    assert done.returncode == 2
    assert "--controller: no_such_file.py: No such file or directory" in done.stdout + done.stderr


def test_the_card_comes_to_one_sentence():
    families = {"known-line-rods": "rods", "known-line-gates": "gates"}
    card = ReportCard()
    assert card.conclusion(families) == "No rule is broken: 0 of 2 families kept, 2 not asked."
    card.add("known-line-rods", simulate(Scenario(items=ItemDraw(count=3))))
    assert card.conclusion(families) == "No rule is broken: 1 of 2 families kept, 1 not asked."
    card.add("known-line-gates", simulate(Scenario(items=ItemDraw(count=3))))
    assert card.conclusion(families) == "No rule is broken: 2 of 2 families kept."
    card.add("known-line-rods", simulate(Scenario(items=ItemDraw(count=3)), controller=BreaksAtTheThirdItem))
    assert card.conclusion(families) == "Rules are broken in 1 of 2 families."


def test_all_that_a_row_shows_of_a_failure_is_of_the_one_that_was_run_in_real_time():
    card = ReportCard()
    card.add("known-line-rods", simulate(Scenario(items=ItemDraw(count=3)), controller=BreaksAtTheThirdItem))

    def confirm(state, path, *rules):
        failure = Failure(
            path=path, test="", rules=rules, words=f"what {path} shows", items=7, faults=2, acted=True, restarted=False
        )
        card.confirm("known-line-rods", Confirmation(state=state, run=1, why="no reason"), failure)

    def shown():
        return "\n".join(list(card.lines({"known-line-rods": "rods"}))[2:])

    confirm("virtual time only", "first.json", "needless_reject")
    assert "7 items, 2 faults: what first.json shows" in shown()
    assert "broken in other scenarios: crash" in shown()
    confirm("confirmed", "second.json", "needless_reject")
    confirm("virtual time only", "third.json", "wrong_bin")
    assert "7 items, 2 faults: what second.json shows" in shown()
    assert "first" not in shown()
    confirm("confirmed", "fourth.json", "wrong_bin", "crash")
    assert "what fourth.json shows" in shown()
    assert "second" not in shown()


class BreaksAtTheThirdItem(Controller):
    """Raises once it has loaded two items."""

    loaded = 0

    def _load(self, now_s):
        self.loaded += 1
        if self.loaded > 2:
            raise RuntimeError("a third item")
        super()._load(now_s)


def test_a_card_shows_the_smallest_scenario_that_broke_a_rule():
    card, other = ReportCard(), ReportCard()
    for count in (5, 3, 4):
        card.add("known-line-rods", simulate(Scenario(items=ItemDraw(count=count)), controller=BreaksAtTheThirdItem))
    other.add("known-line-rods", simulate(Scenario(items=ItemDraw(count=2)), controller=BreaksAtTheThirdItem))
    card.merge(other.rows)
    head, row, smallest, missing = card.lines({"known-line-rods": "rods", "known-line-belt": "belt"})
    assert head.split() == ["family", "scenarios", "asked", "faults", "with", "effect", "rules"]
    assert row.split()[:6] == ["rods", "4", "4", "0", "0", "BROKEN:"]
    assert "2 items, 0 faults: " in smallest
    assert missing.split() == ["belt", "-", "-", "-", "-", "not", "asked"]


def test_a_card_does_not_show_a_scenario_that_is_in_no_file():
    """One that breaks another rule only while a failure is made smaller counts, but nobody can look at it."""
    card = ReportCard()
    run = simulate(Scenario(items=ItemDraw(count=3)), controller=BreaksAtTheThirdItem)
    card.add("known-line-rods", run, shown=False)
    _, row, *more = card.lines({"known-line-rods": "rods"})
    assert "BROKEN: crash" in row
    assert more == []


def test_a_card_says_what_was_not_asked_and_what_is_void():
    card, families = ReportCard(), {"a": "camera", "b": "gates", "c": "belt"}
    items = ItemDraw(count=1)
    card.add("a", simulate(Scenario(items=items, faults=(NoImage(from_s=0.0, until_s=20.0),))))
    card.add("b", simulate(Scenario(items=items, faults=(NoImage(from_s=500.0, until_s=501.0),))))
    card.add_void("c")
    rows = [line.split(maxsplit=5) for line in card.lines(families)][1:]
    assert [row[5] for row in rows] == ["kept", "not asked: no fault had an effect", "not asked: all 1 runs are void"]
    assert card.problems(families) == [
        "not asked: gates", "not asked: belt",
        "1 of 3 runs are void: this machine is too slow, or too busy, for real time",
    ]  # fmt: skip


def test_a_question_that_cannot_be_put_to_a_program_is_no_problem():
    card, families = ReportCard(), {"a": "recognizer"}
    card.add_moot("a", "it asks nobody")
    (row,) = list(card.lines(families))[1:]
    assert row.split(maxsplit=5)[5] == "not asked: it asks nobody"
    assert card.problems(families) == []
