"""The folder of a campaign, as another campaign reads it."""

from pathlib import Path

import msgspec
import pytest

from twin import Item, Scenario
from twin.campaign.folder import CampaignFolder, Finding
from twin.campaign.plan import Plan
from twin.campaign.unit import Failure, Group, UnitResult
from twin.errors import FileError
from twin.scenario.scenario import decode_scenario, encode_scenario

PLAN = Plan(scenarios=16, families=("rods",), code="1")


@pytest.fixture
def folder(tmp_path):
    kept = CampaignFolder(str(tmp_path / "night"))
    kept.write_plan(PLAN)
    return kept


def found(number):
    return Finding(
        rule="wrong_bin", faults="roddead", phase="leaving", count=1, first_unit=0, first_place=0, items=1,
        fault_count=1, sentence="", file=f"findings/{number:02}-wrong-bin.json",
    )  # fmt: skip


def result(number, *failures):
    return UnitResult(
        number=number, scenarios=1, failures=failures, counts={}, coverage={}, closest=(), digest=str(number)
    )


def failure(rule, items):
    scenario = Scenario(items=(Item(item_class="ripe"),) * items)
    return Failure(
        group=Group(rule, "roddead", "leaving"), unit=0, place=0, scenario=encode_scenario(scenario).decode(),
        items=items, faults=0, sentence="",
    )  # fmt: skip


def test_what_a_campaign_found_can_be_tried_first_by_another(folder):
    assert folder.failures() == ()
    scenarios = [Scenario(seed=seed, items=(Item(item_class="ripe"),)) for seed in (2, 1)]
    for number, scenario in enumerate(scenarios, start=1):
        folder.write(f"findings/{number:02}-wrong-bin.json", encode_scenario(scenario))
        folder.write(f"findings/{number:02}-wrong-bin.html", b"<html>")
    folder.write("findings/03-of-an-interrupted-one.json", b"{}")
    folder.write_json("findings.json", [found(1), found(2)])
    assert [decode_scenario(text.encode()) for text in folder.failures()] == scenarios


def test_an_interrupted_campaign_has_what_its_units_found(folder):
    small, large, other = failure("wrong_bin", 1), failure("wrong_bin", 3), failure("lost", 2)
    for number, failures in enumerate([(large,), (small, other)]):
        folder.add_unit(result(number, *failures))
    assert folder.failures() == (other.scenario, small.scenario)


def test_what_a_campaign_found_at_its_start_is_taken_from_its_folder(folder):
    assert folder.begin(PLAN, resume=True) == (PLAN, [])
    measured = msgspec.structs.replace(PLAN, computing=(("{folder}/my.py", 7, 0.5),), clock_generation=64)
    folder.write_plan(measured)
    assert folder.begin(PLAN, resume=True) == (measured, [])
    with pytest.raises(FileError, match="has a campaign with another seed: 0, and not 1"):
        folder.begin(msgspec.structs.replace(PLAN, seed=1), resume=True)


@pytest.mark.parametrize(
    ("now", "what"),
    [
        ({"my.py": "a", "run.txt": "c"}, "'run.txt' in its folder is new;"),
        ({"my.py": "b", "run.txt": "c"}, "'my.py' in its folder was changed, and 1 more;"),
        ({}, "'my.py' in its folder is missing;"),
    ],
)
def test_the_file_that_makes_a_program_another_one_is_named(folder, now, what):
    folder.write_plan(msgspec.structs.replace(PLAN, program={"my.py": "a"}))
    with pytest.raises(FileError, match=f"has a campaign with another program: {what}"):
        folder.begin(msgspec.structs.replace(PLAN, program=now), resume=True)


def test_a_new_campaign_keeps_others_out_of_its_folder_from_the_first_and_gives_it_up_if_it_cannot_begin(tmp_path):
    new = CampaignFolder(str(tmp_path / "new"))
    assert new.begin(PLAN, resume=False) == (PLAN, [])
    with pytest.raises(FileError, match=r"--folder must be a new or empty folder, got .* in which another one begins"):
        CampaignFolder(str(tmp_path / "new")).begin(PLAN, resume=False)
    with pytest.raises(FileError, match="--resume must be left out for a folder without a campaign"):
        CampaignFolder(str(tmp_path / "new")).begin(PLAN, resume=True)
    new.give_up()
    assert not (tmp_path / "new").exists()
    new.begin(PLAN, resume=False)
    new.write_plan(PLAN)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["campaign.json"]


def test_a_folder_with_other_files_is_not_taken(tmp_path):
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(FileError, match=r"--folder must be a new or empty folder, got .* which is not empty"):
        CampaignFolder(str(tmp_path)).begin(PLAN, resume=False)
    assert (tmp_path / "report.html").read_text() == "mine"


def test_units_that_were_done_before_others_are_kept_over_an_interruption(folder):
    for number in (0, 1, 4, 3):
        folder.add_unit(result(number))
    _, known = folder.begin(PLAN, resume=True)
    assert [one.number for one in known] == [0, 1, 3, 4]
    assert [one.number for one in folder.begin(PLAN, resume=True)[1]] == [0, 1]  # The others are written in their turn.


def test_findings_of_before_are_not_those_of_a_campaign_that_goes_on(folder):
    folder.add_unit(result(0, failure("wrong_bin", 1)))
    folder.write_json("findings.json", [])
    folder.write("findings/01-old.json", b"{}")
    folder.begin(PLAN, resume=True)
    assert folder.failures() == ()  # It may go on, or fail to.
    folder.add_unit(result(1))
    assert len(folder.failures()) == 1
    assert not Path(folder.shown("findings")).exists()


def test_a_command_line_has_the_path_that_fsspec_writes_to(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    home = CampaignFolder("~/night")
    home.write_plan(PLAN)
    assert home.shown("campaign.json") == (tmp_path / "night" / "campaign.json").as_posix()
    monkeypatch.chdir(tmp_path)
    assert CampaignFolder("night").shown("campaign.json") == "night/campaign.json"


@pytest.mark.parametrize("url", ["night[1]", "file://{}/night[1]"])
def test_any_name_of_a_folder_will_do(tmp_path, monkeypatch, url):
    monkeypatch.chdir(tmp_path)
    folder = CampaignFolder(url.format(tmp_path))
    folder.write_plan(PLAN)
    folder.write("findings/01-wrong-bin.json", encode_scenario(Scenario()))
    folder.write_json("findings.json", [found(1)])
    assert folder.failures() == (encode_scenario(Scenario()).decode(),)
    assert (tmp_path / folder.shown("campaign.json")).exists()


def test_a_folder_without_a_campaign_is_one_clear_line(tmp_path):
    with pytest.raises(FileError, match=r"--before must be the folder of a campaign, got .* \(it has none\)"):
        CampaignFolder(str(tmp_path)).failures()


def test_findings_that_cannot_be_read_are_one_clear_line(folder):
    folder.write("findings.json", b"[{")
    with pytest.raises(FileError, match=r"findings\.json must be what a campaign found, got another file"):
        folder.failures()


def test_a_finding_that_is_no_scenario_is_one_clear_line(folder):
    folder.write("findings/01-wrong-bin.json", b'{"seed": "one"}')
    folder.write_json("findings.json", [found(1)])
    with pytest.raises(FileError, match=r"01-wrong-bin\.json must be a scenario, got another file"):
        folder.failures()


def test_a_campaign_of_another_version_is_called_that(folder):
    folder.write_json("campaign.json", {"format": 1, "scenarios": 16, "program": "of another type"})
    must = r"campaign.json must be a campaign of format 2, that of this version, got 1; choose another folder"
    with pytest.raises(FileError, match=must):
        folder.begin(PLAN, resume=True)


def test_a_program_that_starts_elsewhere_is_another_one(folder):
    with pytest.raises(FileError, match="another starts_inside: False, and not True"):
        folder.begin(msgspec.structs.replace(PLAN, starts_inside=True), resume=True)
