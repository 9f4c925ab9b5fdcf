"""Options override a scenario file, and the report says so. Options that do not fit the file give one line."""

import msgspec
import pytest
from typer.testing import CliRunner

from twin import Item, ItemDraw, Layout, Scenario, settings_for, simulate, trace
from twin.cli import app
from twin.scenario.faults import GateStuck
from twin.scenario.scenario import encode_scenario

runner = CliRunner()
DRAWN = Scenario(
    seed=4, items=ItemDraw(count=3, classes=("raw",)), controller=settings_for(Layout(), items=3, in_flight=2)
)
LISTED = Scenario(items=(Item(),))
SHORT_LINE = "gates_m = [0.5]\nrods_m = [0.58]\nend_m = 1.0\n"
LONG_LINE = "gates_m = [0.5, 1.0, 1.5, 2.0]\nend_m = 2.5\n"


def twin(folder, scenario, *options):
    """The result of `twin run` with a scenario's file, and the scenario in its trace (None if it was refused)."""
    path, records = folder / "scenario.json", folder / "trace.jsonl"
    path.write_bytes(encode_scenario(scenario))
    words = ["run", path, "--link", "memory", "--trace", records, *options]
    result = runner.invoke(app, [str(word) for word in words])
    return result, next(iter(trace.read_trace(records))).scenario if result.exit_code != 2 else None


def test_items_and_seed_override_the_file_and_the_report_says_so(tmp_path):
    result, ran = twin(tmp_path, DRAWN, "--items", 5, "--seed", 1)
    assert result.exit_code == 0, result.output
    first, second, *_ = result.output.splitlines()
    assert first.endswith("scenario.json with --items 5, --seed 1")
    assert second == "seed 1, 5 items, link memory"
    assert (ran.seed, ran.items, ran.controller.items) == (1, ItemDraw(count=5, classes=("raw",)), 5)
    assert ran.controller.in_flight == 2


def test_without_options_the_file_runs_unchanged(tmp_path):
    result, ran = twin(tmp_path, DRAWN)
    assert result.output.splitlines()[0].endswith("scenario.json")
    assert ran == DRAWN


def test_an_option_given_with_its_default_value_overrides_the_file(tmp_path):
    _, ran = twin(tmp_path, DRAWN, "--seed", 1, "--in-flight", "auto")
    assert (ran.seed, ran.controller.in_flight) == (1, "auto")


def test_items_do_not_limit_a_controller_that_has_no_limit(tmp_path):
    endless = msgspec.structs.replace(DRAWN, controller=settings_for(Layout()))
    _, ran = twin(tmp_path, endless, "--items", 5)
    assert ran.controller.items is None


def test_a_layout_overrides_that_of_the_file_and_sets_the_gates(tmp_path):
    line = tmp_path / "line.toml"
    line.write_text(LONG_LINE)
    result, ran = twin(tmp_path, DRAWN, "--layout", line)
    assert result.exit_code == 0, result.output
    assert f"with --layout {line}" in "".join(result.output.splitlines())
    assert (len(ran.layout.gates_m), ran.controller.gates, ran.controller.bins) == (4, 4, DRAWN.controller.bins)


def test_a_recognizer_overrides_that_of_the_file(tmp_path):
    pictured = msgspec.structs.replace(
        DRAWN, recognizer=msgspec.structs.replace(DRAWN.recognizer, source="images", latency_s=0.1)
    )
    _, ran = twin(tmp_path, pictured, "--recognizer", "oracle")
    assert (ran.recognizer.source, ran.recognizer.latency_s) == ("oracle", 0.1)


REFUSED = {
    "items that are listed": (
        LISTED, "", ["--items", 3], "with --items 3: --items must be left out if the file lists its items;",
    ),
    "bins without a rod": (
        Scenario(items=(Item(),), controller=settings_for(Layout(), bins={"half_ripe": 4})), SHORT_LINE, [],
        "bins.half_ripe must be 2 to 2",
    ),
    "a fault on a gate that the layout lacks": (
        Scenario(
            items=(Item(),), faults=(GateStuck(gate=3),), controller=settings_for(Layout(), bins={"ripe": 2})
        ),
        SHORT_LINE, [], "faults[0].gate must be 1 to 1, the layout's gates",
    ),
    "a number that is none": (
        DRAWN, "", ["--in-flight", "many"], "--in-flight must be auto or an integer of 1 or more, got 'many'",
    ),
    "a number out of range": (DRAWN, "", ["--in-flight", "0"], "in_flight must be auto or 1 or more, got 0"),
    "a recognizer that is none": (DRAWN, "", ["--recognizer", "resnet51"], "recognizer must be resnet, "),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_an_option_that_does_not_fit_the_file_gives_one_line(case, tmp_path):
    scenario, layout, options, words = REFUSED[case]
    line = tmp_path / "line.toml"
    line.write_text(layout)
    result, _ = twin(tmp_path, scenario, *options, *(["--layout", line] if layout else []))
    assert (result.exit_code, result.stdout) == (2, "")
    (error_line,) = result.stderr.splitlines()
    assert words in error_line


def test_bins_that_were_those_of_the_file_s_line_are_those_of_the_other_line(tmp_path):
    line = tmp_path / "line.toml"
    line.write_text("gates_m = [0.5, 1.0]\nrods_m = [0.58, 1.08]\n")
    _, ran = twin(tmp_path, DRAWN, "--layout", line)
    assert dict(ran.controller.bins) == {"ripe": 2, "half_ripe": 3}
    two_rods = msgspec.structs.replace(DRAWN, layout=ran.layout, controller=ran.controller)
    line.write_text("")
    _, again = twin(tmp_path, two_rods, "--layout", line)
    assert again.controller.bins == DRAWN.controller.bins
    own = msgspec.structs.replace(DRAWN.controller, bins={"ripe": 3, "raw": 2})
    line.write_text("gates_m = [0.5, 1.0]\nrods_m = [0.58, 1.08]\n")
    _, kept = twin(tmp_path, msgspec.structs.replace(DRAWN, controller=own), "--layout", line)
    assert dict(kept.controller.bins) == {"ripe": 3, "raw": 2}


def test_a_line_with_slow_strokes_is_sorted_as_its_settings_give_them_time(tmp_path):
    slow = Layout(loader_stroke_s=2.0, rod_stroke_s=1.0)
    assert simulate(Scenario(layout=slow, items=ItemDraw(count=4), controller=settings_for(slow, items=4))).ok
    (tmp_path / "slow.toml").write_text("loader_stroke_s = 2.0\nrod_stroke_s = 1.0\n")
    result, ran = twin(tmp_path, DRAWN, "--layout", tmp_path / "slow.toml")
    assert result.exit_code == 0, result.output
    assert (ran.controller.loader_stroke_s, ran.controller.rod_stroke_s) == (2.0, 1.0)
