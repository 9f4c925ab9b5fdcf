"""The files of the user's own program, packed and unpacked."""

import shlex
import sys
from pathlib import Path

import pytest

from twin import Item, Scenario, settings_for, simulate
from twin.campaign.program_files import packed
from twin.errors import ArgumentError
from twin.scenario.layout import Layout

QUEUE = Path(__file__).parents[3] / "examples" / "controllers" / "one_queue.py"


@pytest.fixture
def own(tmp_path):
    """A folder with a program of its own, and its command line from the folder above."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "my.py").write_text(QUEUE.read_text())
    return folder


def command(path):
    return shlex.join([sys.executable, str(path), "{host}", "{port}", "{service}"])


def test_what_changes_meanwhile_is_no_part_of_the_program(own):
    before = packed(command(own / "my.py"))
    changing = (
        ".hypothesis/db", "night/campaign.json", "night/units.jsonl", "nohup.out", "__pycache__/m.pyc",
        "scenario-failures/known-line-gates.json", "kept/trace.jsonl", "kept/report.html",
    )  # fmt: skip
    for name in changing:
        path = own / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("changes")
    assert packed(command(own / "my.py")) == before
    (own / "labels.json").write_text("[]")
    assert packed(command(own / "my.py")).digests != before.digests


@pytest.mark.parametrize(
    ("line", "must"), [("python 'x", "No closing quotation"), ("", "that starts a Python program")]
)
def test_a_command_line_that_is_none_is_one_clear_line(line, must):
    with pytest.raises(ArgumentError, match=rf"controller must be a command line .*{must}"):
        packed(line)


def test_a_program_that_starts_in_its_folder_finds_its_files_there(own, monkeypatch):
    program = own / "my.py"
    program.write_text(program.read_text().replace("import base64", 'import base64\nopen("settings.json").close()'))
    (own / "settings.json").write_text("{}")
    monkeypatch.chdir(own)
    files = packed(command("my.py"))
    monkeypatch.chdir(own.parent)  # As a worker has another folder.
    assert files.starts_inside
    assert not ran(files.unpacked(())).violations
    assert not packed(command(program)).starts_inside


def test_lines_that_compute_are_measured_once_for_all_workers(own):
    program = own / "my.py"
    line = "    def passed(self, gate):\n"
    program.write_text(program.read_text().replace(line, line + "        sum(range(6_000_000))\n"))
    files = packed(command(program))
    first = files.unpacked()
    ran(first)
    ((path, number, took_s),) = files.computing(first)
    assert path == "{folder}/my.py"
    assert program.read_text().splitlines()[number - 1].strip() == "sum(range(6_000_000))"
    there = files.unpacked(((path, number, 0.25),))
    assert not there.hosts().measures
    assert [one[1:] for one in ran(there).computing] == [(number, 0.25)]
    assert took_s > 0


def ran(program):
    layout, items = Layout(), (Item(item_class="ripe"),)
    scenario = Scenario(layout=layout, items=items, controller=settings_for(layout, items=1))
    return simulate(scenario, controller=program, link="hosted")
