"""The folder of a campaign, as another campaign reads it."""

import pytest

from twin import Item, Scenario
from twin.campaign.folder import CampaignFolder
from twin.campaign.plan import Plan
from twin.errors import FileError
from twin.scenario.scenario import decode_scenario, encode_scenario

PLAN = Plan(scenarios=16, families=("rods",), code="1")


@pytest.fixture
def folder(tmp_path):
    kept = CampaignFolder(str(tmp_path / "night"))
    kept.begin(PLAN, resume=False)
    return kept


def test_what_a_campaign_found_can_be_tried_first_by_another(folder):
    assert folder.failures() == ()
    found = [Scenario(seed=seed, items=(Item(item_class="ripe"),)) for seed in (2, 1)]
    for number, scenario in enumerate(found, start=1):
        folder.write(f"findings/{number:02}-wrong-bin.json", encode_scenario(scenario))
        folder.write(f"findings/{number:02}-wrong-bin.html", b"<html>")
    assert [decode_scenario(text.encode()) for text in folder.failures()] == found


def test_a_folder_without_a_campaign_is_one_clear_line(tmp_path):
    with pytest.raises(FileError, match=r"--before must be the folder of a campaign, got .* \(it has none\)"):
        CampaignFolder(str(tmp_path)).failures()


def test_a_finding_that_is_no_scenario_is_one_clear_line(folder):
    folder.write("findings/01-wrong-bin.json", b'{"seed": "one"}')
    with pytest.raises(FileError, match=r"01-wrong-bin\.json must be a scenario, got another file"):
        folder.failures()
