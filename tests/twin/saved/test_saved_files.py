"""Saved runs whose files are torn, cut short, of another version, or named in bytes that are no text."""

import json
import os
import shlex
import shutil
import sys

import pytest
from typer.testing import CliRunner

from twin import Item, Scenario, simulate
from twin.cli import app
from twin.links.external_controller import ExternalController
from twin.saved.saved_run import load_run

runner = CliRunner()
ONE = Scenario(seed=3, items=(Item(item_class="ripe"),))


def twin(*arguments):
    return runner.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "kept"
    simulate(ONE).save(folder)
    return folder


@pytest.fixture
def kept(original, tmp_path):
    return shutil.copytree(original, tmp_path / "kept")


@pytest.mark.parametrize("name", ["summary.json", "run.json"])
@pytest.mark.parametrize("command", ["replay", "check", "report"])
def test_a_torn_file_beside_the_trace_is_no_verdict(name, command, kept, tmp_path):
    (kept / name).write_bytes((kept / name).read_bytes()[:60])
    more = ["-o", tmp_path / "report.html"] if command == "report" else []
    result = twin(command, kept / "trace.jsonl" if command == "check" else kept, *more)
    assert result.exit_code == 2
    assert "violations: none" not in result.stdout
    (line,) = result.stderr.splitlines()
    assert f"{kept / name} must be what the run wrote there, got: " in line


def test_what_was_found_only_without_faults_is_not_lost_with_its_file(kept):
    summary = json.loads((kept / "summary.json").read_bytes())
    summary["violations"] = [{"check": "stalled", "t_s": 5.0, "item": None, "detail": "nothing moves"}]
    (kept / "summary.json").write_text(json.dumps(summary))
    assert twin("replay", kept).exit_code == 1
    (kept / "summary.json").write_text(json.dumps(summary)[:100])
    assert twin("replay", kept).exit_code == 2


def test_details_of_another_format_are_named(kept):
    details = json.loads((kept / "run.json").read_bytes()) | {"format": 99}
    (kept / "run.json").write_text(json.dumps(details))
    result = twin("replay", kept)
    assert result.exit_code == 2
    assert "run.json: format must be 1, got 99" in result.stderr


def test_of_a_run_that_was_killed_the_folder_is_replayed(kept):
    for name in ("scenario.json", "summary.json", "run.json", "report.html"):
        (kept / name).unlink()
    assert load_run(kept).reported.replay == f"twin replay {kept}"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a file's name is text")
def test_a_folder_s_name_may_hold_bytes_that_are_no_text(tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    simulate(ONE).save(folder)
    assert {"run.json", "summary.json", "report.html"} <= {path.name for path in folder.iterdir()}
    assert "caf\\\\udce9" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="names of files are text there")
def test_a_command_line_that_is_no_text_is_kept_with_escapes(tmp_path):
    name = os.fsdecode(b"p\xff.py")
    (tmp_path / name).write_text("")
    command = f"{shlex.quote(sys.executable)} {shlex.quote(str(tmp_path / name))}"
    run = simulate(ONE, controller=ExternalController(command), link="hosted")
    run.save(tmp_path / "kept")
    assert "p\\udcff.py" in json.loads((tmp_path / "kept" / "run.json").read_bytes())["controller"]
    assert (tmp_path / "kept" / "report.html").exists()
