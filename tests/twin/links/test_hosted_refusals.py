"""What can't be hosted is refused by name, with what to do instead."""

import subprocess
import sys

import pytest
from support.hosting import PROGRAMS, hosted

from twin import Scenario, simulate
from twin.errors import HostingError, ParticipantError, TwinError
from twin.links.external_controller import ExternalController
from twin.links.hosted.process import HOST

AWAITS_CLICK = """import tkinter
root = tkinter.Tk()
tkinter.Button(root, text="start").pack()

def tick():
    root.after(100, tick)

tick()
root.mainloop()
"""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("awaits_input", "it waits for input before it connects.*let it begin by itself.*awaits_input.py, line 3"),
        ("asks_elsewhere", "it speaks to the broker or the recognition service only, got HTTP GET example.org/weather"),
        ("foreign_thread", "a thread that Python did not start calls the program"),
        ("quiet_foreign_thread", "a thread that Python did not start calls the program"),
        ("forks", "it starts another process .*--link realtime"),
        ("speaks_tls", "TLS"),
        ("starts_a_process", "it starts another process.*--link realtime.*starts_a_process.py, line 8"),
    ],
)
def test_what_cannot_be_hosted_is_refused_by_name(name, why):
    with pytest.raises(HostingError, match=f"--controller can't be hosted: .*{why}"):
        hosted(PROGRAMS / "refused" / f"{name}.py")


def test_a_window_that_waits_for_a_click_before_it_connects_is_refused(tmp_path):
    pytest.importorskip("tkinter")
    (tmp_path / "program.py").write_text(AWAITS_CLICK, encoding="utf-8")
    with pytest.raises(HostingError, match=r"its window waits for a click before it connects.*program.py, line 9"):
        hosted(tmp_path / "program.py")


@pytest.mark.parametrize(
    ("name", "where"), [("waits_by_itself", "line 5"), ("waits_again_and_again", "line [67]")]
)  # fmt: skip
def test_one_that_waits_by_itself_is_ended_and_where(name, where, monkeypatch):
    monkeypatch.setattr("twin.links.hosted.process.STALL_S", 1.0)
    with pytest.raises(ParticipantError, match=rf"no progress for 1 s of real time .*{name}.py, {where}"):
        hosted(PROGRAMS / "refused" / f"{name}.py")


SPAWNS = """import multiprocessing
from concurrent.futures import ProcessPoolExecutor

if __name__ == "__main__":
    context = multiprocessing.get_context("{method}")
    {start}
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
@pytest.mark.parametrize(
    "start", ["context.Process(target=print).start()", "ProcessPoolExecutor(1, context).submit(print).result()"]
)
def test_a_process_of_multiprocessing_is_refused(method, start, tmp_path):
    (tmp_path / "program.py").write_text(SPAWNS.format(method=method, start=start), encoding="utf-8")
    with pytest.raises(HostingError, match=r"it starts another process.*program\.py, line 6"):
        hosted(tmp_path / "program.py")


def test_a_module_of_the_programs_own_may_start_a_process_no_more_than_others(tmp_path):
    """Also if it is called as one of the standard library that may."""
    (tmp_path / "util.py").write_text("import subprocess\nsubprocess.run(['true'])\n", encoding="utf-8")
    (tmp_path / "program.py").write_text("import util\n", encoding="utf-8")
    with pytest.raises(HostingError, match=r"it starts another process.*util\.py, line 2"):
        hosted(tmp_path / "program.py")


CONNECTS = """import select, socket, threading, time
CONNECT = b"\\x10\\x0d\\x00\\x04MQTT\\x04\\x02\\x00\\x3c\\x00\\x01x"
one = socket.create_connection(('mail.example', 25))
"""


@pytest.mark.parametrize(
    "wait",
    [
        "one.recv(10)",
        "one.settimeout(5); one.makefile().readline()",
        "select.select([one], [], [])",
        "while True: select.select([one], [], [], 1)",
    ],
)
def test_a_server_that_speaks_first_is_refused_by_its_name(wait):
    with pytest.raises(HostingError, match=r"it waits for mail.example:25 to speak first;.*MQTT or HTTP.*line 4"):
        hosted("-c", CONNECTS + wait)


@pytest.mark.parametrize(
    "wait",
    [
        "one.settimeout(4); one.recv(10)",
        "select.select([one], [], [], 4); raise TimeoutError",
        "threading.Timer(4, one.sendall, [CONNECT]).start(); assert one.recv(9) == b' \\2\\0\\0'; raise TimeoutError",
        "time.sleep(10); raise TimeoutError",
    ],
)
def test_a_server_may_be_silent_for_a_while(wait):
    program = hosted("-c", CONNECTS + wait)
    assert "speak first" not in program.reason
    assert "time" in program.reason.lower()


@pytest.mark.parametrize("command", ["node controller.js", "sh controller.sh"])
def test_a_program_in_another_language_is_refused_with_what_to_do(command):
    with pytest.raises(TwinError, match=r"must be a Python program on the link hosted .*--link realtime|No such file"):
        simulate(Scenario(), link="hosted", controller=ExternalController(command))


def test_our_own_controller_is_refused_on_the_link():
    with pytest.raises(TwinError, match="controller must be a Python program's command line"):
        simulate(Scenario(), link="hosted")


@pytest.mark.parametrize(
    ("library", "why"),
    [
        ("uvloop", "whose event loop waits outside Python"),
        ("PyQt5", "whose windows wait outside Python"),
        ("ttkbootstrap", "whose windows need a screen"),
    ],
)
def test_a_library_that_waits_elsewhere_or_needs_a_screen_is_refused(library, why, tmp_path):
    (tmp_path / f"{library}.py").write_text("def install(): pass\n", encoding="utf-8")
    (tmp_path / "program.py").write_text(f"import {library}\n{library}.install()\n", encoding="utf-8")
    with pytest.raises(HostingError, match=f"it uses {library}, {why}; use --link realtime"):
        hosted(tmp_path / "program.py")


def test_a_version_of_python_that_the_host_does_not_know_is_refused():
    pretend = f"import sys, runpy; sys.version_info = (3, 99, 0); runpy.run_path({str(HOST)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True, check=False)
    must = "the program's Python must be 3.8 to 3.13 to be hosted, got 3.99: use another, or --link realtime"
    assert done.stderr.strip() == must
