"""How a hosted program begins and ends is as on a real system: what it imports, its process, its output, its files."""

import shutil
import sys

import pytest
from support.hosting import NoRecognizer, controller, hosted

from twin import ItemDraw, Scenario, simulate, trace
from twin.links.external_controller import ExternalController
from twin.links.hosted.hosts import Hosts
from twin.links.hosted.link import HostedLink
from twin.links.hosted.process import python_command
from twin.scenario.faults import ControllerKilled

SHOWS = (
    "import cv2, time; began = time.monotonic(); cv2.imshow('x', None); cv2.waitKey(1000); "
    "print(round(time.monotonic() - began))"
)


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A folder of libraries that the program finds."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def test_a_library_that_was_only_looked_for_is_virtual():
    assert hosted("-c", f"import importlib.util; assert importlib.util.find_spec('cv2'); {SHOWS}").output == "1\n"


def test_a_library_that_failed_at_first_or_is_loaded_anew_is_virtual(library):
    (library / "cv2.py").write_text("import failing\nwaitKey = imshow = None")
    fails = "import sys, types\ntry:\n    import cv2\nexcept ImportError:\n    sys.modules['failing'] = types\n"
    assert hosted("-c", fails + SHOWS).output == "1\n"
    reloads = f"import sys; sys.modules['failing'] = sys; import cv2, importlib; importlib.reload(cv2); {SHOWS}"
    assert hosted("-c", reloads).output == "1\n"


def test_a_library_is_virtual_whatever_was_imported_before_the_host_began(library):
    (library / "sitecustomize.py").write_text("import numpy.random")
    assert hosted("-c", f"import sys; assert 'sitecustomize' in sys.modules; {SHOWS}").output == "1\n"


def test_a_module_that_is_the_program_has_no_names_but_its_own(library):
    (library / "named.py").write_text("print([name for name in globals() if name[:2] != '__'], __file__)")
    assert hosted("-m", "named").output == f"[] {library / 'named.py'}\n"


def test_a_program_that_is_killed_and_started_again_is_another_process(tmp_path):
    killed = Scenario(seed=5, items=ItemDraw(count=2), faults=(ControllerKilled(from_s=10, until_s=14),))
    program = ExternalController(f"{controller('real_guard.py')} {(tmp_path / 'pid').as_posix()}")
    outputs = []
    for _ in range(2):
        (tmp_path / "pid").unlink(missing_ok=True)
        played = simulate(killed, link="hosted", controller=program)
        assert not any(isinstance(record, trace.Exited) for record in played.trace)
        outputs.append([line.split()[3] for line in played.output.splitlines() if line.startswith("the last one")])
    assert outputs == [["4208,", "4242,"], ["4242,"]]  # The first was of the run that measures.


def drawn(hosts, seed):
    """What a program prints."""
    link = HostedLink(hosts, NoRecognizer(), seed=seed)
    try:
        link.start(0.0)
        return link.output
    finally:
        link.close()


def test_numpys_chance_is_the_seeds_whether_it_was_imported_beforehand_or_not():
    hosts = Hosts(python_command([sys.executable, "-c", "import numpy; print(numpy.random.random())"]))
    first, waited, again, other = (drawn(hosts, seed) for seed in (1, 1, 1, 2))
    assert first == waited == again != other
    later = Hosts(python_command([sys.executable, "-c", "import csv, numpy; print(numpy.random.random())"]))
    assert drawn(later, 1) == first


def test_env_may_split_the_first_line_of_a_script(tmp_path):
    script = tmp_path / "script"
    python = shutil.which("python3")
    for first, found in (
        ("/usr/bin/env -S python3 -u", (python, "-u")),
        ("/usr/bin/env --split-string python3", (python,)),
        ("/usr/bin/env python3", (python,)),
        (f"{python} -u", (python, "-u")),
    ):
        script.write_text(f"#!{first}\nprint('ok')\n")
        script.chmod(0o755)
        assert python_command([str(script), "--fast"]) == (found, (str(script), "--fast"))


def test_its_output_is_in_utf_8_whatever_the_locale(monkeypatch):
    for name, value in {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}.items():
        monkeypatch.setenv(name, value)
    code = r"import sys; print('\u20ac'); print('\u00e4', file=sys.stderr); sys.stderr.write('\udc80')"
    assert sorted(hosted("-c", code).output.splitlines()) == ["\\udc80", "\u00e4", "\u20ac"]


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        ("pass", True), ("sys.exit(3)", True), ("1/0", True), ("os._exit(0)", False),
        ("os.kill(os.getpid(), 9)", False),
    ],
)  # fmt: skip
def test_what_an_open_file_holds_is_written_at_the_end_unless_it_is_killed(end, kept, tmp_path):
    path = (tmp_path / "log.txt").as_posix()
    code = f"import os, sys; text, raw = open('{path}', 'w'), open('{path}.raw', 'wb')"
    hosted("-c", f"{code}; text.write('sorted'); raw.write(b'sorted'); {end}")
    for name in ("log.txt", "log.txt.raw"):
        assert (tmp_path / name).read_text() == ("sorted" if kept else "")


def test_its_local_time_is_the_same_on_every_machine(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    program = hosted("-c", "import datetime, time; print(datetime.datetime.now().hour, time.localtime().tm_hour)")
    assert program.output == "22 22\n"
