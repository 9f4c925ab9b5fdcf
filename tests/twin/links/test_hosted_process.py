"""The process in which a program runs under a virtual clock, and the two streams to it."""

import json
import os
import platform
import subprocess
import sys
import threading

import pytest

from twin.errors import ParticipantError, TwinError
from twin.host import protocol
from twin.links.hosted import process
from twin.links.hosted.process import HostProcess, StartedProcess, python_command

LOOK_S = 0.01


@pytest.mark.skipif(sys.platform == "win32", reason="it asks a pipe how much there is to read")
def test_two_answers_that_came_at_once_are_both_read(tmp_path, monkeypatch):
    """As on a machine that has much else to do: the second must not be waited for, as it has come."""
    import fcntl
    import termios

    started = StartedProcess(python_command([sys.executable, "-c", "pass"]), tmp_path / "output.txt")
    try:
        protocol.write(started.orders, {"import": []})
        hello = {"protocol": protocol.VERSION, "python": platform.python_version(), "pid": started._process.pid}
        both = sum(4 + len(json.dumps(answer, separators=(",", ":"))) for answer in (hello, {"single": True}))
        pause, came = threading.Event(), 0
        while came < both:
            pause.wait(LOOK_S)
            came = int.from_bytes(fcntl.ioctl(started.answers, termios.FIONREAD, bytes(4)), sys.byteorder)
        monkeypatch.setattr(process, "STALL_S", 0.0)
        monkeypatch.setattr(process, "GRACE_S", 0.5)
        assert HostProcess(started, tmp_path / "output.txt").receive() == {"single": True}
    finally:
        started.kill()


def test_who_did_not_wait_for_an_answer_does_not_take_it_for_one_to_the_next_question(tmp_path):
    """A wait that is interrupted is given up, but the answer still comes: the twin crashed by that."""
    started = StartedProcess(python_command([sys.executable, "-c", "pass"]), tmp_path / "output.txt")
    try:
        host = HostProcess(started, tmp_path / "output.txt")
        host.run(seed=1, schedule=0, computing=())
        with pytest.raises(ParticipantError, match="the program has not answered yet"):
            host.advance(0.0, 1.0, [("findings",)])
        assert host.receive()["ended"]["code"] == 0
    finally:
        started.kill()


ORPHAN = """
import sys
from pathlib import Path
from twin.links.hosted.process import HostProcess, StartedProcess, python_command
output = Path(sys.argv[1])
started = StartedProcess(python_command([sys.executable, "-c", "while True: pass"]), output)
HostProcess(started, output).run(seed=1, schedule=0, computing=())
print(started._process.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a parent's end is seen by the parent's number")
def test_a_program_that_computes_ends_when_its_twin_was_killed(tmp_path):
    """It would take a processor for ever: nothing of it is to be seen but that the machine is slow."""
    words = [sys.executable, "-c", ORPHAN, str(tmp_path / "output.txt")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as twin:
        number = int(twin.stdout.readline())
        twin.kill()
    with pytest.raises(ProcessLookupError):  # noqa: PT012 - it ends soon, but not at once
        while True:
            os.kill(number, 0)
            threading.Event().wait(LOOK_S)


def test_a_program_that_is_not_there_is_refused_before_it_starts(tmp_path):
    (tmp_path / "there.py").write_text("")
    words = [sys.executable, "-u", "there.py"]
    assert python_command(words, tmp_path).program == ("there.py",)
    with pytest.raises(TwinError, match=r"^--controller: there.py: No such file or directory$"):
        python_command(words, tmp_path / "elsewhere")


def test_a_program_can_run_in_another_folder(tmp_path):
    (tmp_path / "settings.json").write_text("{}")
    output = tmp_path / "output.txt"
    started = StartedProcess(python_command([sys.executable, "-c", "open('settings.json')"]), output, tmp_path)
    try:
        host = HostProcess(started, output)
        host.run(seed=1, schedule=0, computing=())
        assert host.receive()["ended"]["code"] == 0
    finally:
        started.kill()
