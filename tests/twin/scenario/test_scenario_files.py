"""Bad scenario and trace files give one line that names field, value and what it must be, and exit code 2."""

import msgspec
import pytest
from typer.testing import CliRunner

from controller.configuration import read
from twin import Item, Scenario, load_layout, load_scenario, trace
from twin.cli import app
from twin.scenario.scenario import encode_scenario

runner = CliRunner()
GOOD = msgspec.json.decode(encode_scenario(Scenario(items=(Item(item_class="ripe"),))))


def changed(path, value):
    """A good scenario with another value at `path`: keys and indices, separated by dots."""
    document = msgspec.json.decode(msgspec.json.encode(GOOD))
    *parents, last = path.split(".")
    there = document
    for step in parents:
        there = there[int(step)] if isinstance(there, list) else there[step]
    if isinstance(there, list):
        there[int(last)] = value
    else:
        there[last] = value
    return document


def fault(**fields):
    return changed("faults", [fields])


BAD = {
    "an unknown key": (changed("sede", 1), ["must be one of format, seed, layout", "got 'sede'"]),
    "a key that is nearly one": (
        changed("layout.gates", [1.0]), ["layout must be", "(did you mean gates_m?), got 'gates'"],
    ),
    "an unknown key of an item": (
        changed("items.0.lenght_m", 0.1), ["items[0] must be one of class, length_m", "'lenght_m'"],
    ),
    "an unknown key of a fault": (
        fault(fault="roddead", rode=2), ["faults[0] must be one of rod, from_s, until_s", "'rode'"],
    ),
    "an unknown fault": (
        fault(fault="earthquake"), ["faults[0].fault must be", "got 'earthquake'", "gatebounce, gatestuck"],
    ),
    "a number that is a word": (
        changed("layout.gates_m", [0.5, "far"]), ["layout.gates_m[1] must be", "got 'far'", "a number"],
    ),
    "a source that is none": (
        changed("recognizer.source", "eye"), ["recognizer.source must be", "got 'eye'", "oracle, images"],
    ),
    "as many as nobody knows": (
        changed("controller.in_flight", "many"), ["in_flight must be", "got 'many'", "an integer or auto"],
    ),
    "a missing piece": (fault(until_s=5.0), ["faults[0]", "fault"]),
    "a negative length": (changed("items.0.length_m", -0.08), ["length_m must be", "got -0.08", "above 0"]),
    "a length of nothing": (changed("items.0.length_m", 0.0), ["length_m must be", "got 0.0", "above 0"]),
    "a class without a name": (changed("items.0.class", ""), ["class must be", "got ''", "1 to 64 characters"]),
    "gates out of order": (
        changed("layout.gates_m", [0.5, 1.5, 1.0]), ["rods_m[1] must be above gates_m[1] (1.5)", "got 1.08"],
    ),
    "a rod before its gate": (
        changed("layout.rods_m", [0.4, 1.08, 1.58]), ["rods_m[0] must be above gates_m[0]", "got 0.4"],
    ),
    "too many gates": (changed("layout.gates_m", [0.1 * n for n in range(3, 20)]), ["gates_m", "1 to 16"]),
    "a fault on a gate that isn't there": (
        fault(fault="gatebounce", gate=4), ["faults[0].gate must be", "got 4", "1 to 3", "the layout's gates"],
    ),
    "a fault on gate 0": (fault(fault="gateghost", gate=0), ["faults[0].gate must be", "got 0", "1 to 3"]),
    "a fault on a rod that isn't there": (fault(fault="roddead", rod=5), ["faults[0].rod must be", "got 5", "1 to 4"]),
    "a fault on an item that isn't there": (
        fault(fault="takenoff", item=2), ["faults[0].item must be", "got 2", "1 to 1"],
    ),
    "a fault behind the belt's end": (
        fault(fault="foreignobject", at_m=2.0), ["faults[0].at_m must be", "got 2.0", "end, 2.0"],
    ),
    "an item put back behind the belt's end": (
        fault(fault="takenoff", item=1, back_m=7.5), ["faults[0].back_m must be", "got 7.5", "end, 2.0"],
    ),
    "a fault that ends before it begins": (fault(fault="roddead", from_s=5.0, until_s=4.0), ["[5.0, 4.0]", "until_s"]),
    "a share above 1": (fault(fault="linkdrop", share=1.5), ["share must be", "got 1.5", "0.0 to 1.0"]),
    "a fault of the wrong type": (
        fault(fault="gatestuck", blocked="yes"), ["faults[0].blocked must be", "got 'yes'", "true or false"],
    ),
    "a seed below 0": (changed("seed", -1), ["seed must be", "got -1", "0 to"]),
    "a negative latency": (changed("link.latency_s", -0.001), ["link.latency_s must be", "got -0.001", "0.0 to"]),
    "a confidence above 1": (
        changed("recognizer.confidence_to", 1.5), ["recognizer.confidence_to must be", "got 1.5", "1.0"],
    ),
    "confidences the wrong way round": (
        changed("recognizer", {"confidence_from": 0.9, "confidence_to": 0.8}),
        ["confidence_from must be", "got 0.9", "at most 0.8"],
    ),
    "a controller with more gates": (changed("controller.gates", 4), ["controller.gates must be", "got 4", "3"]),
    "a bin behind the last gate": (changed("controller.bins", {"ripe": 7}), ["bins.ripe must be", "got 7", "2 to 4"]),
    "a bin without a rod": (changed("layout.rods_m", [0.58, 1.08]), ["controller.bins.raw must be", "got 4", "[2, 3]"]),
    "more items than can be": (
        changed("items", {"count": 10**9}), ["items.count must be", "got 1000000000", "0 to 10000000"],
    ),
    "lengths the wrong way round": (
        changed("items", {"count": 1, "length_m": [0.1, 0.05]}), ["items.length_m", "the shortest and the longest"],
    ),
    "lateral offsets that are none": (
        changed("items", {"count": 1, "lateral_m": [-2.0, 0.0]}), ["items.lateral_m", "-1 to 1"],
    ),
    "an item that is none": (
        changed("items.0.class", "foreign"), ["class must be", "got 'foreign'", "objects that are no items"],
    ),
    "a drawn class that is none": (
        changed("items", {"count": 1, "classes": ["raw", ""]}),
        ["items.classes[1] must be", "got ''", "1 to 64 characters"],
    ),
    "a bin that is a word": (
        changed("controller.bins", {"ripe": "2"}), ["controller.bins.ripe must be", "got '2'", "an integer"],
    ),
    "no classes": (changed("items", {"count": 1, "classes": []}), ["items.classes", "one class or more"]),
    "a list": ([1, 2], ["[1, 2]", "object"]),
}  # fmt: skip


def one_line(*arguments):
    """The one line of error with which a command refuses its input."""
    result = runner.invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.strip().splitlines()
    return line


@pytest.mark.parametrize("case", BAD)
def test_replay_refuses_a_bad_scenario_in_one_line_with_the_cause(case, tmp_path):
    document, words = BAD[case]
    path = tmp_path / "bad.json"
    path.write_bytes(msgspec.json.encode(document))
    line = one_line("replay", path)
    assert "bad.json" in line
    assert all(word in line for word in words), line


@pytest.mark.parametrize("case", BAD)
def test_check_refuses_a_trace_of_a_bad_scenario(case, tmp_path):
    document, words = BAD[case]
    path = tmp_path / "trace.jsonl"
    path.write_bytes(msgspec.json.encode({"kind": "began", "t_s": 0.0, "scenario": document}) + b"\n")
    line = one_line("check", path)
    assert "trace.jsonl, line 1" in line
    assert all(word in line for word in words), line


def test_a_huge_value_is_shortened_in_the_error(tmp_path):
    path = tmp_path / "bad.json"
    path.write_bytes(b'{"seed":' + msgspec.json.encode(list(range(10_000))) + b"}")
    line = one_line("replay", path)
    assert "got [0, 1, 2" in line
    assert len(line) < 1000


def test_a_huge_number_in_a_layout_gives_one_line(tmp_path):
    path = tmp_path / "line.toml"
    path.write_text("camera_n = 1" + "0" * 40, encoding="utf-8")
    assert "camera_n" in one_line("run", "--layout", path)


@pytest.mark.parametrize(
    "text",
    [
        b'{"sede":1,"\x8b":2}', b'{"sede":1e999}', b'{"seed":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"link":{"late":1},"link":{}}', b'{"link":{"late":1},"link":7}', b'{"faults":[{"fault":"rode"}],"faults":[]}',
    ],
    ids=range(6),
)  # fmt: skip
def test_an_unknown_key_is_reported_whatever_follows_it(text, tmp_path):
    path = tmp_path / "bad.json"
    path.write_bytes(text)
    assert "bad.json: " in one_line("replay", path)


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"null", b"\xff\xfe", b'{"kind":"edge"}', b'{"kind":"began","t_s":0}', b'{"kind":"quake","t_s":0}'],
)
def test_a_file_that_is_no_trace_is_refused(text, tmp_path):
    path = tmp_path / "trace.jsonl"
    path.write_bytes(text)
    result = runner.invoke(app, ["check", str(path)])
    if text:
        assert result.exit_code == 2
        assert "trace.jsonl, line 1" in result.stderr
    else:
        assert result.exit_code in (0, 2)


def test_a_bad_record_is_reported_with_its_line(tmp_path):
    path = tmp_path / "trace.jsonl"
    with trace.Trace(path=path) as kept:
        kept.add(trace.Began(0.0, Scenario()))
    path.write_bytes(path.read_bytes() + b'{"kind":"edge","t_s":1.0,"gate":1}\n')
    line = one_line("check", path)
    assert "line 2" in line
    assert "blocked" in line


def test_replay_of_a_good_scenario_succeeds(tmp_path):
    path = tmp_path / "good.json"
    path.write_bytes(msgspec.json.encode(GOOD))
    result = runner.invoke(app, ["replay", str(path)])
    assert result.exit_code == 0, result.output


def test_files_that_windows_editor_has_saved_are_read(tmp_path):
    """It puts a mark before the text."""
    scenario, layout, settings = (tmp_path / name for name in ("scenario.json", "line.toml", "settings.toml"))
    scenario.write_text('{"seed": 5}', encoding="utf-8-sig")
    layout.write_text("camera_m = 0.2\n", encoding="utf-8-sig")
    settings.write_text("gates = 2\n", encoding="utf-8-sig")
    assert load_scenario(scenario).seed == 5
    assert load_layout(layout).camera_m == 0.2
    assert read(settings) == {"gates": 2}
