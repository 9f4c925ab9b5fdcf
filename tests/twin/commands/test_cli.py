"""The command `twin`: its output, files and exit codes. Bad input gives one line and exit code 2."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.programs import STOPS, stoppable
from typer.testing import CliRunner

from twin import Item, Scenario, trace
from twin.cli import app
from twin.scenario.scenario import encode_scenario

runner = CliRunner()
FULL_DISK = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
BEGAN = trace.Began(0.0, Scenario())
ENDED = trace.Ended(20.0, "sorted", (), False, (), False)


def twin(*arguments):
    return runner.invoke(app, [str(argument) for argument in arguments])


@pytest.mark.broker
def test_run_sorts_all_items_and_writes_summary_and_trace(tmp_path):
    summary, records = tmp_path / "summary.json", tmp_path / "trace.jsonl"
    result = twin("run", "--items", 5, "--recognizer", "oracle", "--summary", summary, "--trace", records)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("seed 1, 5 items, link lockstep")
    assert "violations: none" in result.output
    figures = json.loads(summary.read_bytes())
    assert list(figures) == [
        "seed", "items", "bins", "correct", "rejected", "violations", "sim_s", "wall_s", "speedup", "items_per_min",
        "digest", "recognizer", "controller",
    ]  # fmt: skip
    assert figures["items"] == figures["correct"] == 5
    assert list(figures["bins"]) == ["2", "3", "4", "reject"]
    assert set(figures["recognizer"]) == {"accuracy", "misread", "p50_ms", "p99_ms"}
    assert set(figures["controller"]["gate_to_command_ms"]) == {"p50", "p99"}
    assert twin("check", records).exit_code == 0


def test_run_and_replay_take_a_scenario_file(tmp_path):
    path = tmp_path / "scenario.json"
    path.write_bytes(encode_scenario(Scenario(seed=5, items=(Item(item_class="raw"),))))
    assert twin("run", path, "--link", "memory").exit_code == 0
    replayed = twin("replay", path)
    assert replayed.exit_code == 0
    assert "falls into bin 4" in replayed.output


def test_a_layout_file_sets_the_line(tmp_path):
    path = tmp_path / "line.toml"
    path.write_text("gates_m = [0.5]\nrods_m = [0.58]\nend_m = 1.0\n")
    result = twin("run", "--items", 6, "--recognizer", "oracle", "--link", "memory", "--layout", path)
    assert result.exit_code == 0, result.output
    assert "reject" in result.output


def recorded(folder, records):
    path = folder / "trace.jsonl"
    with trace.Trace(path=path) as kept:
        for record in records:
            kept.add(record)
    return path


def test_check_finds_what_is_wrong_in_a_trace(tmp_path):
    records = [
        trace.Began(0.0, Scenario(items=(Item(item_class="ripe"),))), trace.Loaded(1.0, 1, "ripe", 0.08, None),
        trace.Binned(9.0, 1, 4), ENDED,
    ]  # fmt: skip
    result = twin("check", recorded(tmp_path, records))
    assert result.exit_code == 1
    assert "wrong_bin" in result.output


def test_check_shows_text_that_looks_like_markup_literally(tmp_path):
    refused = trace.Refused(1.0, "unknown command: key '[/x]'")
    result = twin("check", recorded(tmp_path, [BEGAN, refused, ENDED]))
    assert result.exit_code == 1, result.exception
    assert "the plant refused a command: unknown command: key '[/x]'" in " ".join(result.output.split())


def test_check_shows_each_violated_rule_and_the_number_of_violations(tmp_path):
    refused = [trace.Refused(float(number), "again") for number in range(1500)]
    output = twin("check", recorded(tmp_path, [BEGAN, *refused, trace.Binned(1600.0, 1, 4), ENDED])).output
    assert output.startswith("violations: 1501\n")
    assert "wrong_bin: item 1" in output
    assert output.endswith("  ... and 1481 more\n")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


BAD_FILES = {
    "broken.json": (b'{"seed": 1', ["broken.json"]),
    "unknown.json": (b'{"sede": 1}', ["sede"]),
    "negative.json": (b'{"items": [{"length_m": -1}]}', ["length_m", "-1", "above 0"]),
    "absurd.json": (b'{"layout": {"belt_speed_m_per_s": 1e9}}', ["belt_speed_m_per_s", "20"]),
    "order.json": (b'{"layout": {"gates_m": [1.0, 0.5, 1.5]}}', ["rods_m[0]", "gates_m[0]"]),
    "binary.json": (b"\xff\xfe\x00", ["binary.json"]),
    "infinite.json": (b'{"layout": {"end_m": 1e999}}', ["infinite.json"]),
    "bins.json": (b'{"controller": {"bins": {"ripe": 9}}}', ["bins.ripe", "9"]),
    "type.json": (b'{"items": "many"}', ["items"]),
    "array.json": (b"[]", ["array.json"]),
}
BAD_LAYOUTS = {
    "broken.toml": ("gates_m = [", ["broken.toml"]),
    "unknown.toml": ("gate_m = [1.0]", ["gate_m", "gates_m"]),
    "order.toml": ("gates_m = [1.0, 0.5, 1.5]", ["gates_m"]),
    "negative.toml": ("belt_speed_m_per_s = -0.1", ["belt_speed_m_per_s", "-0.1"]),
    "none.toml": ("gates_m = []\nrods_m = []", ["gates_m", "1 to 16"]),
    "many.toml": (f"gates_m = {[0.5 + i / 10 for i in range(17)]}", ["gates_m", "1 to 16"]),
}


def one_line(result):
    assert result.exit_code == 2, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_scenario_gives_one_line_with_the_cause(name, tmp_path):
    text, words = BAD_FILES[name]
    path = tmp_path / name
    path.write_bytes(text)
    line = one_line(twin("run", path, "--link", "memory"))
    assert all(word in line for word in words), line


@pytest.mark.parametrize("name", BAD_LAYOUTS)
def test_a_bad_layout_gives_one_line_with_the_cause(name, tmp_path):
    text, words = BAD_LAYOUTS[name]
    path = tmp_path / name
    path.write_text(text)
    line = one_line(twin("run", "--items", 1, "--recognizer", "oracle", "--link", "memory", "--layout", path))
    assert all(word in line for word in words), line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "no/such/scenario.json"], ["scenario.json"]),
        (["run", "--in-flight", "0", "--link", "memory"], ["in_flight", "0"]),
        (["run", "--in-flight", "many", "--link", "memory"], ["in-flight", "many"]),
        (["run", "--broker", "nowhere", "--recognizer", "oracle"], ["--broker", "nowhere", "HOST:PORT"]),
        (["run", "--broker", "::1:1", "--recognizer", "oracle"], ["--broker must be", "[IPv6]:PORT", "'::1:1'"]),
        (
            ["run", "--broker", "h:1", "--recognizer", "oracle", "--link", "memory"],
            ["--broker must be left out", "h:1"],
        ),
        (["run", "--truth-service"], ["--truth-service must be given with --controller"]),
        (["run", "--service-port", "9", "--link", "memory"], ["--service-port must be given with --controller"]),
        (["run", "--listen", "9", "--link", "memory"], ["--listen must be given with --link lockstep or realtime"]),
        (
            ["run", "--pictures", "no/such/folder", "--link", "memory"],
            ["--pictures must be a folder", "no/such/folder"],
        ),
        (["doctor", "--broker", "host"], ["--broker must be HOST:PORT or [IPv6]:PORT", "got 'host'"]),
        (["run", "--recognizer", "oracle", "--link", "memory", "--trace", "no/such/folder/t"], ["folder"]),
        (["run", "--summary", "no/such/folder/s"], ["--summary", "folder", "can be written"]),
        (["run", "--summary", "/"], ["--summary", repr(str(Path("/"))), "can be written"]),
        (["run", "--summary", "s" * 1000], ["--summary", "ssss", "can be written"]),
        (["serve", "--summary", "no/such/folder/s"], ["--summary", "folder", "can be written"]),
        (["check", "no/such/trace"], ["such"]),
        (["replay", "no/such/file"], ["such"]),
    ],
)
def test_a_bad_argument_gives_one_line_with_the_cause(arguments, words):
    line = one_line(twin(*arguments))
    assert all(word in line for word in words), line


@pytest.mark.parametrize("option", ["--summary", "--trace"])
def test_a_file_that_cannot_be_written_is_refused_before_the_run(option, tmp_path):
    result = twin("run", "--items", 5, "--recognizer", "oracle", "--link", "memory", option, tmp_path)
    assert tmp_path.name in one_line(result)
    assert result.stdout == ""


def test_a_refused_run_creates_no_file_and_changes_none(tmp_path):
    new, old = tmp_path / "new.json", tmp_path / "old.json"
    old.write_text("an older summary")
    for path in (new, old):
        one_line(twin("run", "no/such/scenario.json", "--summary", path, "--trace", path))
    assert not new.exists()
    assert old.read_text() == "an older summary"


@FULL_DISK
def test_the_table_is_shown_even_if_the_summary_cannot_be_written():
    result = twin("run", "--items", 1, "--recognizer", "oracle", "--link", "memory", "--summary", "/dev/full")
    assert "/dev/full" in one_line(result)
    assert "violations: none" in result.stdout


ORACLE_IN_MEMORY = [sys.executable, "-m", "twin", "run", "--recognizer", "oracle", "--link", "memory"]


def test_a_closed_pipe_changes_neither_summary_nor_exit_code(tmp_path):
    summary = tmp_path / "summary.json"
    reader, writer = os.pipe()
    os.close(reader)
    command = [*ORACLE_IN_MEMORY, "--items", "3", "--summary", str(summary)]
    result = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writer)
    assert (result.returncode, result.stderr) == (0, b"")
    assert json.loads(summary.read_bytes())["correct"] == 3


def test_a_character_that_the_encoding_lacks_is_escaped(tmp_path):
    path = tmp_path / "scenario.json"
    path.write_bytes(encode_scenario(Scenario(items=(Item(item_class="桃"),))))
    command = [sys.executable, "-m", "twin", "replay", str(path)]
    environment = os.environ | {"PYTHONIOENCODING": "cp1252"}
    result = subprocess.run(command, capture_output=True, timeout=60, check=False, env=environment)
    assert (result.returncode, result.stderr) == (0, b"")
    assert rb"item 1 (\u6843, " in result.stdout


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="reads the trace while it is written, from a named pipe")
@pytest.mark.parametrize("number", STOPS)
def test_an_interrupted_run_writes_trace_and_summary_without_a_verdict(number, tmp_path):
    summary, records = tmp_path / "summary.json", tmp_path / "trace.jsonl"
    os.mkfifo(records)
    command = [*ORACLE_IN_MEMORY, "--items", "100000", "--summary", str(summary), "--trace", str(records)]
    with stoppable(command, stdout=subprocess.PIPE, text=True) as process, records.open() as lines:
        next(lines)
        process.send_signal(number)
        *_, last = lines
        output = process.communicate(timeout=60)[0]
    assert json.loads(last)["reason"] == "interrupted"
    assert json.loads(summary.read_bytes())["violations"] == []
    assert "interrupted: no verdict" in output
    assert "violations: none" not in output
    assert process.returncode == 130


@pytest.mark.parametrize("command", ["run", "serve", "replay", "check", "doctor"])
def test_the_help_of_a_command_shows_an_example(command):
    result = twin(command, "-h")
    assert result.exit_code == 0
    assert result.output == twin(command, "--help").output
    assert f"twin {command} " in result.output.partition("Examples:")[2]


def test_a_negative_number_of_items_is_bad_usage():
    assert twin("run", "--items", -1).exit_code == 2


@pytest.mark.parametrize(("command", "text"), [
    (["check"], '{"kind":' + "[" * 100_000),
    (["run", "--items", 1, "--link", "memory", "--recognizer", "oracle", "--layout"], "a=" + "[" * 10_000),
])  # fmt: skip
def test_a_deeply_nested_file_gives_one_line(command, text, tmp_path):
    path = tmp_path / "deep"
    path.write_text(text)
    assert "recursion" in one_line(twin(*command, path))


def test_a_file_of_another_kind_is_named_with_its_command(tmp_path):
    scenario, summary, records = tmp_path / "scenario.json", tmp_path / "summary.json", tmp_path / "trace.jsonl"
    scenario.write_bytes(encode_scenario(Scenario(items=(Item(),))))
    assert twin("run", scenario, "--link", "memory", "--summary", summary, "--trace", records).exit_code == 0
    assert (
        one_line(twin("check", scenario))
        == f"twin: {scenario} is a scenario, not a trace; use it with `twin run` or `twin replay`"
    )
    assert one_line(twin("check", summary)).startswith(f"twin: {summary} is a summary, not a trace; ")
    for command in ("run", "replay"):
        trace_line = one_line(twin(command, records))
        assert trace_line == f"twin: {records} is a trace, not a scenario; use it with `twin check` or `twin report`"
        assert one_line(twin(command, summary)).startswith(f"twin: {summary} is a summary, not a scenario; ")


def test_a_bad_line_of_a_trace_is_reported_with_its_number(tmp_path):
    path = tmp_path / "trace.jsonl"
    path.write_bytes(b'{"kind":"edge","t_s":1.0,"gate":1,"blocked":true}\n')
    assert "line 1" in one_line(twin("check", path))


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([], "it is empty"),
        ([BEGAN], "line 1, the last, is `began`"),
        ([BEGAN, trace.Refused(1.0, "again")], "line 2, the last, is `refused`"),
    ],
)
def test_a_truncated_trace_is_refused_as_incomplete(records, words, tmp_path):
    line = one_line(twin("check", recorded(tmp_path, records)))
    assert "trace.jsonl: incomplete" in line
    assert words in line


def test_an_invalid_command_in_a_trace_is_reported_with_its_line(tmp_path):
    line = one_line(twin("check", recorded(tmp_path, [BEGAN, trace.Commanded(1.0, "x"), ENDED])))
    assert "trace.jsonl, line 2: payload must be a command as on the wire, got 'x' (not a JSON object" in line


@pytest.mark.broker
def test_a_port_in_use_gives_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = one_line(twin("serve", "--port", port, "--items", 1))
    assert f"127.0.0.1:{port}" in line


@pytest.mark.broker
@pytest.mark.parametrize("link", ["lockstep", "realtime"])
def test_a_missing_broker_gives_one_line_and_keeps_an_older_trace(link, tmp_path):
    at, older = f"127.0.0.1:{free_port()}", recorded(tmp_path, [BEGAN, ENDED])
    before = older.read_bytes()
    run = ["run", "--items", 1, "--recognizer", "oracle", "--link", link]
    assert at in one_line(twin(*run, "--broker", at, "--trace", older))
    assert older.read_bytes() == before


@FULL_DISK
@pytest.mark.parametrize("items", [1, 1000])
def test_a_full_disk_gives_one_line(items):
    """With few records closing the file fails, with many records writing one of them."""
    run = ["run", "--items", items, "--recognizer", "oracle", "--link", "memory"]
    line = one_line(twin(*run, "--trace", "/dev/full"))
    assert "/dev/full: No space left on device" in line
