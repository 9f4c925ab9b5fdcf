"""What a failing property leaves: the scenario, and the run in a folder, drawn."""

import msgspec
import pytest

from controller import Controller
from scenarios.failures import FOLDER
from scenarios.harness import Harness
from twin import Item, Scenario


def mixes_up_bins(settings):
    return Controller(msgspec.structs.replace(settings, bins={"ripe": 3, "half_ripe": 3, "raw": 4}))


def test_the_last_failing_run_of_a_property_is_saved_with_its_report(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = Harness(controller=mixes_up_bins)
    for seed in (1, 2):
        with pytest.raises(AssertionError, match=r"scenario-failures/two-bins-[0-9a-f]{6}/report\.html"):
            line.holds(Scenario(seed=seed, items=(Item(),)), "Two bins", steer=False)
    line.save_failing()
    (folder,) = (path for path in FOLDER.iterdir() if path.is_dir())
    assert {path.name for path in folder.iterdir()} == {
        "scenario.json", "trace.jsonl", "summary.json", "run.json", "report.html", "beliefs.jsonl",
    }  # fmt: skip
    assert '"seed":2' in (folder / "report.html").read_text(encoding="utf-8")
    assert folder.with_suffix(".json").exists()
    line.save_failing()
    assert folder.exists()
