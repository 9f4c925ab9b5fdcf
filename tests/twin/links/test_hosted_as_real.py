"""What a hosted program meets is as on a real system: signals, dates, locks, sockets, pipes, and how it ends."""

import ast
import signal
import sys

import pytest
from support.hosting import PROGRAMS, NoRecognizer, hosted

from twin.errors import HostingError
from twin.links.hosted.hosts import Hosts
from twin.links.hosted.link import HostedLink
from twin.links.hosted.process import python_command

FILES = ("real_signals", "real_sockets", "real_values")


def functions():
    """Each of the programs' functions that stands for a test: those that take nothing."""
    trees = {file: ast.parse((PROGRAMS / f"{file}.py").read_text(encoding="utf-8")) for file in FILES}
    found = [(file, node) for file in FILES for node in trees[file].body if isinstance(node, ast.FunctionDef)]
    return [(file, node.name) for file, node in found if not node.args.args]


@pytest.mark.parametrize(("file", "name"), functions())
def test_it_is_as_in_reality(file, name):
    program = hosted(PROGRAMS / f"{file}.py", name)
    assert program.code == 0, program.output
    assert program.output.endswith("ok\n")
    assert "Traceback" not in program.output


@pytest.mark.parametrize(
    ("number", "first"),
    [
        ("SIGKILL", ""), ("SIGSEGV", ""), ("SIGVTALRM", ""), ("SIGRTMIN", ""), ("SIGPIPE", "SIGPIPE"),
        ("SIGINT", "SIGINT"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "sender", ["os.kill(os.getpid(), {})", "threading.Timer(1, os.kill, (os.getpid(), {})).start()"]
)
def test_a_signal_ends_a_program_that_does_not_handle_it(number, first, sender):
    default = f"signal.signal(signal.{first}, signal.SIG_DFL); " if first else ""
    code = f"import os, signal, threading; {default}{sender.format(f'signal.{number}')}; threading.Event().wait(5)"
    assert hosted("-c", code).code == -getattr(signal, number)


NAMES = """import socket
address = socket.gethostbyname("broker.example")
assert socket.gethostbyname_ex("broker.example") == socket.gethostbyaddr(address) == ("broker.example", [], [address])
assert socket.getnameinfo((address, 1883), socket.NI_NUMERICSERV) == ("broker.example", "1883")
assert socket.getfqdn(address) == socket.getfqdn("broker.example") == "broker.example"
assert (socket.getfqdn(), socket.getfqdn("10.9.9.9")) == ("localhost", "10.9.9.9")
assert socket.getnameinfo(("10.9.9.9", 59999), 0) == ("10.9.9.9", "59999")
for error, call in (
    (socket.herror, lambda: socket.gethostbyaddr("10.9.9.9")),
    (socket.gaierror, lambda: socket.getnameinfo(("10.9.9.9", 1), socket.NI_NAMEREQD)),
):
    try:
        call()
    except error:
        print("unknown")
"""


def test_all_that_asks_for_a_host_agrees():
    """On a real system it depends on the network which names there are."""
    program = hosted("-c", NAMES)
    assert program.output == "unknown\nunknown\n"


def test_who_waits_for_bytes_of_the_keyboard_waits_for_input():
    with pytest.raises(HostingError, match="it waits for input before it connects"):
        hosted("-c", "import sys; sys.stdin.buffer.readline()")


@pytest.mark.parametrize(("way", "code"), [("_exit", 3), ("abort", -6)])
def test_a_program_ends_by_an_attribute_of_a_class(way, code):
    end = "3" if way == "_exit" else ""
    assert hosted("-c", f"import os\nclass Leave: now = os.{way}\nLeave().now({end})").code == code


@pytest.mark.parametrize(
    "name", ["dates_by_any_name", "a_date_of_ones_own", "the_time_of_dates", "attributes_of_a_class"]
)
def test_it_is_as_in_reality_in_each_python(other_python, name):
    program = hosted(PROGRAMS / "real_values.py", name, python=other_python)
    assert program.code == 0, program.output


def test_dates_that_were_asked_for_before_the_host_began_are_virtual(other_python, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import datetime; datetime.datetime.now(); datetime.datetime.utcnow()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    code = "import datetime, sys; assert 'sitecustomize' in sys.modules; print(datetime.datetime.now().year)"
    assert hosted("-c", code, python=other_python).output == "2023\n"


IDLE = """
import os, threading, time
began_s = time.monotonic()

def end():
    time.sleep(5)
    print(round(time.monotonic() - began_s, 2), flush=True)
    os._exit(7)

threading.Thread(target=end).start()
"""
LOOPS = {
    "one line": "while True: pass",
    "an ellipsis": "while True: ...",
    "two lines": "while True:\n    pass",
    "in a function": "def wait():\n    while True: pass\nwait()",
    "in a try": "try:\n    while True: pass\nexcept KeyboardInterrupt:\n    pass",
}


@pytest.mark.parametrize("loop", LOOPS.values(), ids=list(LOOPS))
def test_a_main_thread_may_do_nothing_for_ever(loop, other_python, tmp_path):
    """To keep the program alive, as many do. In Python 3.10 and 3.11 such a loop on one line begins no further line."""
    (tmp_path / "idle.py").write_text(IDLE + loop)
    program = hosted(tmp_path / "idle.py", python=other_python)
    assert program.code == 7
    assert program.output.startswith("5.0")


LOCKED = """
import sys, threading, time
lock = threading.{kind}()
box = []
began_s = time.monotonic()

def put():
    time.sleep(1)
    with lock:
        box.append(round(time.monotonic() - began_s, 2))

threading.Thread(target=put).start()
for _ in range(int(sys.argv[1])):
    pass
while True:
    with lock:
        if box:
            break
print(box[0])
"""


@pytest.mark.parametrize("kind", ["Lock", "RLock", "Condition"])
@pytest.mark.parametrize("ahead", range(3))
def test_a_loop_that_polls_under_a_lock_lets_others_have_it(kind, ahead, tmp_path):
    """Whatever the rhythm of its turns: they all ended while it held the lock, and nobody else ever got it."""
    (tmp_path / "polls.py").write_text(LOCKED.format(kind=kind))
    assert hosted(tmp_path / "polls.py", ahead).output.startswith("1.0")


REFUSED = """
import socket, time
one = socket.socket()
while one.connect_ex(("broker.example", 1883)):
    time.sleep(1)
one.sendall(b"\\x10\\x0d\\x00\\x04MQTT\\x04\\x02\\x00\\x3c\\x00\\x01x")
print(one.recv(4))
"""


def test_a_socket_that_was_refused_can_connect_anew():
    link = HostedLink(Hosts(python_command([sys.executable, "-c", REFUSED])), NoRecognizer())
    try:
        link.cut_off(goodbye=False)
        now_s = link.start(0.0).at_s
        link.let_in()
        link.exchange(now_s + 2, now_s + 3)
        assert "b' \\x02\\x00\\x00'" in link.output
    finally:
        link.close()
