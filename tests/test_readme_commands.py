"""Every command of the README, run as it stands; shorter where it needs a line, only parsed where it needs torch.

The Chinese README has the same commands in the same order, so that each is run for both.
"""

import html
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from classifier import cli as classifier_cli
from controller import cli as controller_cli
from twin import cli as twin_cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
PROGRAMS = {"twin": twin_cli.app, "controller": controller_cli.app, "classifier": classifier_cli.app}
LINE = "127.0.0.1:21883"
OTHER_ROUNDING = 3
"""So many items may come into another bin with the model on another processor."""

RUN = (
    "twin replay scenarios/regressions/second-item-much-longer.json",
    "twin run scenarios/regressions/second-item-much-longer.json",
    "twin run --items 20 --seed 7 --summary summary.json --trace trace.jsonl",
    "twin check trace.jsonl",
    "twin run --items 20 --save kept",
    "classifier split pictures --out data",
    "classifier eval --data data",
    "classifier eval --data data --model model/model-int8.onnx",
)
"""Run as they stand, in this order, in one folder."""

ON_A_LINE = (
    "twin serve --port 21883 --items 20",
    "controller run --broker 127.0.0.1:21883 --items 20",
    "twin doctor --broker 127.0.0.1:21883",
    "classifier collect --broker 127.0.0.1:21883 --out pictures --by-look",
)
"""Run together on a free port, with fewer items."""

SHORTENED = (
    "pytest scenarios/",
    'pytest scenarios/ --controller "python examples/controllers/sound_windows.py {host} {port} {service}"',
)
"""The suite is run by `tox -e scenarios`; here its options are understood, and a few of its tests run."""

TESTS_A_PROGRAM = 'twin test "python examples/controllers/one_queue.py {host} {port} {service}"'
"""Finds the program's mistakes, so that it does not end well (`tests/scenarios/test_report_card.py`)."""

PARSED = (
    "classifier train --data data --out model --init classifier/weights/resnet18-fp16.safetensors",
    "controller run --broker 127.0.0.1:21883 --in-flight 1 --items 20",
    "classifier serve --model model/model-int8.onnx",
    "controller run --broker 127.0.0.1:21883 --in-flight 1 --recognizer http://127.0.0.1:8088",
    "controller run --broker 127.0.0.1:21883 --in-flight auto",
    "classifier serve",
)
"""The real simulator's, and what needs torch: their options are understood."""

NOT_RUN = (
    ". .venv/bin/activate",
    'pip install -q -e ".[train]"',
    "tox",
    "tox -e fuzz -- -max_total_time=60",
    "tox -e bench",
)


def commands(readme=README):
    """The indented lines outside fences, in their order."""
    prose = re.sub(r"^```.*?^```$", "", readme, flags=re.DOTALL | re.MULTILINE)
    return [line.strip() for line in prose.splitlines() if re.match(r" {4,}\S", line)]


def after(marker, readme=README):
    return re.search(rf"<!-- {marker} -->\n\n    (.+)\n", readme).group(1)


def words_of(command):
    """The command as this interpreter's own, paths of the checkout made absolute."""
    program, *words = shlex.split(command)
    start = [sys.executable] if program == "python" else [sys.executable, "-m", program]
    return start + [str(ROOT / word) if "/" in word and (ROOT / word).exists() else word for word in words]


def environment():
    """The README's commands are given where `.venv/bin/activate` was."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    return os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "TERM": "dumb", "COLUMNS": "100"}


def finished(command, folder, *more):
    done = subprocess.run(
        [*words_of(command), *more], cwd=folder, env=environment(), capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with pictures as `classifier collect` leaves them once they are put right, and a model of one's own."""
    folder = tmp_path_factory.mktemp("readme")
    finished("classifier synthesize --out drawn --images 40 --seed 3", folder)
    for image in (folder / "drawn").glob("*/*/*"):
        if "+" not in image.parent.name:
            place = folder / "pictures" / image.parent.name / f"{image.parts[-3]}-{image.name}"
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(image, place)
    (folder / "model").mkdir()
    shutil.copy(ROOT / "classifier" / "weights" / "resnet18-int8.onnx", folder / "model" / "model-int8.onnx")
    return folder


def test_every_command_is_looked_after():
    known = {*RUN, *ON_A_LINE, *SHORTENED, *PARSED, *NOT_RUN, TESTS_A_PROGRAM, after("main"), after("tests")}
    assert set(commands()) == known


def test_the_chinese_readme_has_the_same_commands():
    assert commands(CHINESE) == commands()
    assert {name: after(name, CHINESE) for name in ("main", "tests")} == {
        name: after(name) for name in ("main", "tests")
    }


def test_the_chinese_readme_has_the_same_messages_and_files():
    """Payloads of the wire, the layout's keys, and links to files."""
    for pattern in (r"`(\{[^`\s]+\})`", r"```toml\n(.*?)```"):
        assert re.findall(pattern, CHINESE, re.DOTALL) == re.findall(pattern, README, re.DOTALL)
    linked, of_english = (set(re.findall(r"\]\(([^)#]+)\)", text)) for text in (CHINESE, README))
    assert linked - {"README.md"} == of_english - {"README.zh-CN.md"}


@pytest.fixture(scope="module")
def main_run(tmp_path_factory):
    """What the main command says, and the folder that it ran in."""
    folder = tmp_path_factory.mktemp("main")
    command = after("main").rpartition("&& .venv/bin/")[2]
    assert command == "twin run --items 100"
    return finished(command, folder), folder


def test_the_main_command_ends_with_its_verdict_and_leaves_nothing_behind(main_run):
    printed, folder = main_run
    assert "violations: none" in printed
    assert list(folder.iterdir()) == []


def picture_lines():
    """The lines in the README's picture, without the command."""
    svg = (ROOT / "docs" / "run.svg").read_text(encoding="utf-8")
    rows = {}
    for y, text in re.findall(r'<text class="\S+-r\d+" x="[\d.]+" y="([\d.]+)"[^>]*>(.*?)</text>', svg):
        rows[float(y)] = rows.get(float(y), "") + html.unescape(text).replace("\xa0", " ")
    return [rows[y].rstrip() for y in sorted(rows)][1:]


def wording(line):
    """A line without its numbers and what their width makes of it."""
    return re.sub(r"\s+", " ", re.sub(r"#(, #)+", "#", re.sub(r"[0-9a-f]{32}|\d+(\.\d+)?", "#", line))).strip()


def test_the_picture_shows_what_the_main_command_says(main_run):
    """`python docs/run_picture.py` makes it anew. Another processor may round a few items into another row."""
    printed = [line for line in main_run[0].splitlines() if line]
    shown = [line for line in picture_lines() if line]
    assert [wording(line) for line in shown] == [wording(line) for line in printed]
    for ours, theirs in zip(shown, printed, strict=True):
        if ours.startswith(("│", "bins")):
            assert all(
                abs(int(one) - int(other)) <= OTHER_ROUNDING
                for one, other in zip(re.findall(r"\d+", ours), re.findall(r"\d+", theirs), strict=True)
            ), (ours, theirs)


def test_the_tests_command_runs_these_tests():
    assert after("tests").endswith(".venv/bin/pytest -q -n 2 --dist loadfile tests")


@pytest.mark.parametrize("command", RUN)
def test_a_command_runs_as_it_stands(command, folder):
    assert finished(command, folder)


@pytest.mark.parametrize("command", [*RUN, *ON_A_LINE, *PARSED])
def test_a_command_and_its_options_are_understood(command):
    program, subcommand, *words = shlex.split(command)
    group = typer.main.get_command(PROGRAMS[program])
    assert group.commands[subcommand].make_context(subcommand, words)


@pytest.mark.parametrize("command", SHORTENED)
def test_the_suite_understands_a_command(command, tmp_path):
    folder = ROOT if "examples/" in command else tmp_path  # A program is named by its path from the checkout.
    assert "scenarios" in finished(command, folder, "-q", "-k", "regressions or few_items_are_sorted")


@pytest.mark.slow
@pytest.mark.realtime
@pytest.mark.broker
def test_the_stand_in_a_controller_and_those_who_look_on(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        here = f"127.0.0.1:{free.getsockname()[1]}"
    serve, control, look, collect = (
        words_of(command.replace(LINE, here).replace("--port 21883", f"--port {here.split(':')[1]}"))
        for command in (text.replace("--items 20", "--items 1") for text in ON_A_LINE)
    )
    running = []

    def start(words):
        running.append(subprocess.Popen(words, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True))
        return running[-1]

    try:
        line = start(serve)
        assert "listens on" in line.stdout.readline()
        keeper, controller, doctor = start([*collect, "--images", "1"]), start(control), start([*look, "--listen", "2"])
        assert controller.wait(60) == 0
        assert keeper.wait(30) == 0
        assert "round trip" in doctor.communicate(timeout=30)[0]
        assert "1 items, seed 1" in line.communicate(timeout=30)[0]
    finally:
        for process in running:
            process.kill()
            process.communicate()
    assert len(list((tmp_path / "pictures").rglob("*.jp*g"))) == 1


@pytest.mark.parametrize("readme", [README, CHINESE], ids=["English", "Chinese"])
def test_no_address_but_the_own_machine_s_is_named(readme):
    assert set(re.findall(r"https?://[^\s/)`\"]+", readme)) == {"http://127.0.0.1:8088"}


@pytest.mark.parametrize("readme", [README, CHINESE], ids=["English", "Chinese"])
def test_links_point_to_files(readme):
    links = re.findall(r"\]\(([^)#]+)\)", readme)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
