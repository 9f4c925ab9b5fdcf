"""A program that writes files runs alone in its folder."""

import shutil
import subprocess
import sys
from pathlib import Path

from support.programs import PYTHON

from scenarios.harness import Harness
from scenarios.written_files import alone_in, folders_of, times_of, written
from twin import ExternalController

WORKER = Path(__file__).parents[1] / "programs" / "hosted" / "worker_threads.py"
KEEPS_PICTURES = """
import os, runpy, sys
os.makedirs("shots", exist_ok=True)
with open("shots/now.png", "wb"):
    pass
os.remove("shots/now.png")
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

PLAYS = "import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
ENTERS = """
import sys
from pathlib import Path
from scenarios.written_files import alone_in
print("waits", flush=True)
with alone_in(Path(sys.argv[1])), Path(sys.argv[1], "order").open("a") as file:
    file.write("second")
"""


def harness_of(text, folder):
    (folder / "program.py").write_text(text, encoding="utf-8")
    shutil.copy(WORKER, folder / "sorts.py")
    command = f"{PYTHON} program.py sorts.py {{host}} {{port}} {{service}}"
    return Harness(link="hosted", controller=ExternalController(command))


def test_a_program_that_writes_files_is_noticed_when_its_pace_is_learned(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    writing = harness_of(KEEPS_PICTURES, tmp_path)
    writing.pace()
    assert Path(writing.writes).name == "shots"


def test_a_program_that_writes_no_files_is_not_held_up(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    silent = harness_of(PLAYS, tmp_path)
    silent.pace()
    assert silent.writes == ""


def test_files_below_the_working_folder_and_the_programs_own_are_looked_at(tmp_path, monkeypatch):
    here, other = tmp_path / "here", tmp_path / "other"
    for folder in (here, other):
        folder.mkdir()
    monkeypatch.chdir(here)
    folders = folders_of(f"python {(other / 'program.py').as_posix()} {{host}}")
    assert folders == (here, other)
    before = times_of(folders)
    (here / "__pycache__").mkdir()
    assert written(before, times_of(folders)) == ""
    (other / "log.csv").write_text("1", encoding="utf-8")
    assert written(before, times_of(folders)) == str(other / "log.csv")


def test_two_processes_are_not_in_one_folder_at_once(tmp_path):
    with alone_in(tmp_path):
        process = subprocess.Popen([sys.executable, "-c", ENTERS, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "waits\n"
        (tmp_path / "order").write_text("first ", encoding="utf-8")
    process.communicate(timeout=60)
    assert (tmp_path / "order").read_text(encoding="utf-8") == "first second"
