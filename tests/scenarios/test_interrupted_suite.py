"""`twin test` that is interrupted: what was found up to then is shown and kept, and no process is left behind."""

import contextlib
import json
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.programs import PYTHON, STOPS, stoppable

from scenarios.harness import Harness
from scenarios.report_card import ReportCard

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "examples" / "controllers" / "one_queue.py"
PATIENCE_S = 240.0
ENDING_S = 20.0
LOOK_S = 0.2


def running(name):
    """Command lines with this name in them of processes that run now."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # It has just ended.
            lines.append(path.read_bytes())
    return [line for line in lines if name.encode() in line]


def left_running(name, pause):
    """The same, once they have had time to end."""
    tries = round(ENDING_S / LOOK_S)
    while running(name) and (tries := tries - 1):
        pause.wait(LOOK_S)
    return running(name)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="it looks at the processes of Linux")
@pytest.mark.parametrize("number", [*STOPS, getattr(signal, "SIGHUP", None)])
def test_what_was_found_before_an_interruption_is_kept(number, tmp_path):
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("the tests run where this signal is ignored, as below nohup, and so does what they start")
    program = tmp_path / "my_controller.py"
    shutil.copy(PROGRAM, program)
    card = tmp_path / "card.json"
    command = f"{PYTHON} {program} {{host}} {{port}} {{service}}"
    words = [sys.executable, "-P", "-m", "twin", "test", command, "--no-shrink", "--card", str(card)]
    pause, tries = threading.Event(), round(PATIENCE_S / LOOK_S)
    with (tmp_path / "output.txt").open("w") as printed:
        suite = stoppable(words, cwd=tmp_path, stdout=printed, stderr=subprocess.STDOUT, env={"PYTHONPATH": str(ROOT)})
        while not list(tmp_path.glob("scenario-failures/*/report.html")) and (tries := tries - 1):
            pause.wait(LOOK_S)
        suite.send_signal(number)
        assert suite.wait(PATIENCE_S) == 130
    output = (tmp_path / "output.txt").read_text()
    assert "Interrupted: no verdict. Asked up to then: " in output
    assert "BROKEN: " in output
    assert "No rule is broken" not in output
    kept = json.loads(card.read_bytes())
    assert kept["interrupted"]
    assert any(row and row["broken"] for row in kept["families"].values())
    assert left_running(str(program), pause) == []


def test_an_error_of_the_twin_s_own_is_on_the_card_and_is_no_rule_kept():
    families, card = {"known-line-rods": "rods", "known-line-gates": "gates"}, ReportCard()
    harness = Harness(card=card)
    with pytest.raises(ValueError, match="too long"), harness._recorded("known-line-rods"):
        raise ValueError("too long")
    with pytest.raises(AssertionError), harness._recorded("known-line-gates"):
        raise AssertionError("a rule is broken")
    (_, row, _) = card.lines(families)
    assert row.endswith("not finished: ValueError: too long")
    assert card.conclusion(families) == "No rule is broken: 0 of 2 families kept, 1 not finished, 1 not asked."
    assert card.problems(families)[0] == "not asked: rods"
