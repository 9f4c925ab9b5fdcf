"""The page of a campaign: what it found, what it covered, how fast."""

import re

from twin.campaign.folder import Finding
from twin.campaign.ledger import Ledger
from twin.campaign.page import HEIGHT_PX, WIDTH_PX, campaign_page
from twin.campaign.plan import Plan
from twin.campaign.unit import UnitResult

FOUND = Finding(
    rule="wrong_bin", faults="gateghost", phase="at gate 1", count=3, first_unit=1, first_place=2, items=2,
    fault_count=1, sentence="12.0 s <b>wrong</b>", file="findings/01.json", report="findings/01.html",
    again="twin run x/findings/01.json --controller 'python \"my.py\"'",
)  # fmt: skip


def page(progress=(), found=(), **more):
    ledger = Ledger(Plan(scenarios=160, families=("gates",), search=False, code="1+ab"))
    for number in range(16):
        ledger.resume(UnitResult(
            number=number, scenarios=10, failures=(), counts={}, coverage={"gateghost|at gate 1|1": 2}, closest=(),
            digest=str(number),
        ))  # fmt: skip
    return campaign_page(ledger, found, [], 3, progress, **more)


def test_a_group_has_its_command_and_its_drawing():
    text = page(found=[FOUND])
    assert "12.0 s &lt;b&gt;wrong&lt;/b&gt;" in text
    assert "<code>twin run x/findings/01.json --controller &#x27;python &quot;my.py&quot;&#x27;</code>" in text
    assert '<a href="findings/01.html">drawn</a>' in text


def test_the_speed_over_time_is_that_of_each_slot():
    text = page([(0.0, 0), (2.0, 40), (4.0, 60), (8.0, 160)])
    assert "20 scenarios a second in the mean" in text
    _, chart = re.findall(r'<polyline points="([^"]*)"', text)
    slots = [tuple(map(float, point.split(","))) for point in chart.split()]
    assert len(slots) == 3
    # The slots of 8/3 s have 40, 20 and 100 scenarios; the last is the highest.
    assert [round(1 - y / HEIGHT_PX, 2) for _, y in slots] == [0.4, 0.2, 1.0]
    assert slots[-1][0] == WIDTH_PX


def test_the_page_of_an_interrupted_campaign_says_how_far_it_came():
    text = page(whole=False)
    assert "Interrupted after 160 of 160 scenarios" in text
    assert "No scenario broke a rule up to then." in text
    assert "Interrupted" not in page()


def test_a_campaign_without_progress_has_no_speed():
    assert "Scenarios a second" not in page([(0.0, 160)])
