"""Drafts: faults are aimed at items, take effect, and stay with their items when a failure is made smaller."""

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from controller import Controller
from controller.core.events import Recognised
from controller.wire import Rod
from scenarios.draft import Aim, Draft
from scenarios.failures import FOLDER
from scenarios.harness import Harness
from scenarios.known_line import FAMILIES, check_line, known_line_drafts
from scenarios.pace import REHEARSAL, REHEARSALS, Pace, pace_of
from scenarios.strategies import GARBAGE
from twin import Item, Layout, Scenario, faults, simulate, trace
from twin.errors import ArgumentError
from twin.scenario.scenario import load_scenario
from twin.trace import Stroke

DRAWING = settings(
    max_examples=25, deadline=None, database=None, phases=(Phase.generate,), derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
PACE = Pace(start_s=10.0, item_s={"ripe": 4.0, "half_ripe": 6.0, "raw": 9.0}, unanswered_s=13.0, unseen_s=5.0)
CAMERA_S = 0.25 / 0.18


def stack(*classes):
    return tuple(Item(item_class=item_class) for item_class in classes)


def test_a_pace_is_learned_from_a_run():
    pace = pace_of(*map(simulate, REHEARSALS))
    loads = [record.t_s for record in simulate(REHEARSAL).trace if isinstance(record, trace.Loaded)]
    assert pace.start_s == loads[0]
    assert pace.loaded_s(REHEARSAL.items, len(REHEARSAL.items) - 1) == pytest.approx(loads[-1])


def test_a_program_that_loads_nothing_has_the_usual_pace():
    class Idle(Controller):
        def _load(self, now_s):
            pass

    idle = simulate(Scenario(items=stack("raw")), controller=Idle)
    assert pace_of(*[idle] * len(REHEARSALS)) == Pace()


def test_a_fault_acts_while_its_item_is_at_its_place():
    draft = Draft(
        scenario=Scenario(items=stack("ripe", "raw", "ripe")),
        aims=((faults.NoImage(), Aim(item=2, at_m=0.25, before_s=0.5, lasts_s=1.0)),),
    )
    (fault,) = draft.at(PACE).faults
    assert fault.from_s == pytest.approx(10.0 + 4.0 + 9.0 + CAMERA_S - 0.5, abs=0.05)
    assert fault.until_s - fault.from_s == pytest.approx(1.0)


def test_an_old_message_lies_at_the_broker_from_the_beginning():
    """Aimed at an item it would come when everybody has subscribed: nobody would ever get it."""
    old = faults.RetainedMessage(message="clear", from_s=0.0, until_s=30.0)
    draft = Draft(scenario=Scenario(items=stack("ripe")), aims=((old, Aim(item=0, at_m=0.25)),))
    assert draft.at(PACE).faults == (old,)


def test_a_loss_at_the_very_beginning_is_kept():
    loss = faults.BrokerDown()
    draft = Draft(scenario=Scenario(items=stack("ripe")), aims=((loss, Aim(item=0, at_m=0.0)),))
    (fault,) = draft.at(msgspec.structs.replace(PACE, start_s=0.2)).faults
    assert 0.0 < fault.from_s < 0.2


@given(known_line_drafts("broker", Layout()))
@DRAWING
def test_no_fault_of_the_broker_is_drawn_for_nothing(draft):
    assert draft.at(PACE).faults
    assert all(fault.from_s == 0.0 for fault in draft.at(PACE).faults if isinstance(fault, faults.RetainedMessage))


def test_messages_of_an_item_that_are_late_come_when_the_next_one_is_at_its_place():
    draft = Draft(
        scenario=Scenario(items=stack("ripe", "raw")),
        aims=((faults.LinkDelay(delay_s=1.0), Aim(item=0, at_m=0.25, next_m=0.25)),),
    )
    for silent_s, delay_s in ((4.1, 4.1), (16.0, 5.0)):  # The second one waits until all of it must have come.
        (fault,) = draft.at(msgspec.structs.replace(PACE, silent_s=silent_s)).faults
        assert fault.delay_s == pytest.approx(delay_s)


def test_a_late_answer_comes_when_the_next_item_is_at_its_place():
    draft = Draft(
        scenario=Scenario(items=stack("ripe", "raw")),
        aims=((faults.RecognizerSlow(delay_s=1.0), Aim(item=0, at_m=0.25, next_m=0.34)),),
    )
    (fault,) = draft.at(PACE).faults
    assert fault.delay_s == pytest.approx(13.0 + (0.34 - 0.25) / 0.18)


def test_a_late_picture_comes_when_the_next_item_is_at_its_place():
    draft = Draft(
        scenario=Scenario(items=stack("ripe", "raw")),
        aims=((faults.LateImage(delay_s=1.0), Aim(item=0, at_m=0.25, next_m=0.16)),),
    )
    (fault,) = draft.at(PACE).faults
    assert fault.delay_s == pytest.approx(5.0 - 0.09 / 0.18)


@pytest.mark.parametrize(("family", "kind"), [("camera", faults.LateImage), ("recognizer", faults.RecognizerSlow)])
def test_what_is_late_often_comes_while_the_next_item_awaits_its_own(family, kind):
    aimed = [aim for fault, aim in drawn_aims(family) if isinstance(fault, kind)]
    assert sum(aim.next_m is not None for aim in aimed) >= 0.2 * len(aimed) > 0


def test_a_slow_answer_often_comes_just_after_its_item_has_left_the_gate_before_its_rod():
    after_s = {"ripe": 0.25 / 0.18, "half_ripe": 0.75 / 0.18, "raw": 1.25 / 0.18}
    slow, soon_after = 0, 0
    for items, fault, aim in drawn_faults("recognizer"):
        if isinstance(fault, faults.RecognizerSlow) and aim.next_m is None:
            past_s = fault.delay_s - after_s[items[aim.item % len(items)].item_class]
            slow, soon_after = slow + 1, soon_after + (0.1 < past_s < 3.0)
    assert soon_after >= 0.3 * slow > 0


def test_a_program_that_stands_all_garbage_but_one_kind_meets_it_in_a_few_scenarios():
    found = [fault.payload for _, fault, _ in drawn_faults("wire") if isinstance(fault, faults.Garbage)]
    assert min(found.count(payload) for payload in GARBAGE) >= 5


def drawn_faults(family, count=200):
    """Each fault of some drafts, with the stack and where it is aimed."""
    found = []

    @settings(DRAWING, max_examples=count)
    @given(known_line_drafts(family, Layout()))
    def draw(draft):
        found.extend((tuple(draft.scenario.stack()), fault, aim) for fault, aim in draft.aims)

    draw()
    return found


def drawn_aims(family):
    return [(fault, aim) for _, fault, aim in drawn_faults(family)]


def test_a_fault_stays_with_its_item_when_others_go():
    draft = Draft(
        scenario=Scenario(items=stack("ripe", "raw", "half_ripe", "ripe")),
        aims=((faults.NoImage(), Aim(item=2, at_m=0.25)),),
    )
    aimed = {
        tuple(item.item_class for item in smaller.scenario.stack()): smaller.aims[0][1].item
        for smaller in draft.smaller()
        if smaller.aims
    }
    kept = {classes: item for classes, item in aimed.items() if "half_ripe" in classes and len(classes) < 4}
    assert kept
    assert {classes[item % len(classes)] for classes, item in kept.items()} == {"half_ripe"}


@pytest.mark.parametrize("family", [family for family, kinds in FAMILIES.items() if kinds])
def test_most_drawn_faults_take_effect(family):
    pace, acted = pace_of(*map(simulate, REHEARSALS)), []

    @DRAWING
    @given(known_line_drafts(family, Layout()))
    def draw(draft):
        run = simulate(draft.at(pace))
        acted.append(any(isinstance(record, trace.Disturbed) for record in run.trace))

    draw()
    assert sum(acted) >= 0.5 * len(acted), f"{sum(acted)} of {len(acted)}"


def test_a_signal_to_end_is_of_either_kind_and_often_comes_during_a_push():
    pace, signals, pushing = pace_of(*map(simulate, REHEARSALS)), [], []

    @DRAWING
    @given(known_line_drafts("stop", Layout()))
    def draw(draft):
        scenario = draft.at(pace)
        signals.append(scenario.stop_signal)
        moves = simulate(msgspec.structs.replace(scenario, stop_s=None)).trace
        strokes = [each for each in moves if isinstance(each, trace.RodMoves) and each.t_s <= scenario.stop_s]
        last = {each.rod: each.stroke for each in strokes}
        pushing.append(any(stroke != Stroke.IN for stroke in last.values()))

    draw()
    assert set(signals) == {"SIGTERM", "SIGINT"}
    assert pushing.count(True) >= 0.25 * len(pushing), pushing


class ForgetsTheThirdRod(Controller):
    """Never pushes rod 3."""

    def handle(self, event, now_s):
        return tuple(
            command for command in super().handle(event, now_s)
            if not (isinstance(command, Rod) and command.number == 3)
        )  # fmt: skip


def test_a_failure_is_made_as_small_as_its_mistake(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    harness = Harness(controller=ForgetsTheThirdRod, most_shrinks=40)
    draft = Draft(
        scenario=Scenario(items=stack("ripe", "half_ripe", "raw", "half_ripe", "ripe"), seed=7, schedule=3),
        aims=((faults.GateBounce(gate=3), Aim(item=0, at_m=1.5)), (faults.NoImage(), Aim(item=4, at_m=0.25))),
    )
    with pytest.raises(AssertionError, match="needless_reject"):
        harness.keeps(draft, "some property")
    (path,) = (tmp_path / FOLDER).glob("*.json")
    scenario = load_scenario(path)
    assert [item.item_class for item in scenario.items] == ["half_ripe"]
    assert not scenario.faults
    assert (scenario.seed, scenario.schedule) == (0, 0)


class SortsAllAsTheFirst(ForgetsTheThirdRod):
    """Takes the first answer for every item's; and never pushes rod 3, so that one item alone breaks a lesser rule."""

    label = ""

    def handle(self, event, now_s):
        if isinstance(event, Recognised):
            self.label = self.label or event.label
            event = msgspec.structs.replace(event, label=self.label)
        return super().handle(event, now_s)


def test_a_failure_that_is_made_smaller_goes_on_to_break_the_gravest_rule(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    harness = Harness(controller=SortsAllAsTheFirst, most_shrinks=40)
    draft = Draft(scenario=Scenario(items=stack("raw", "half_ripe", "half_ripe")))
    with pytest.raises(AssertionError, match="wrong_bin"):
        harness.keeps(draft, "some property")
    (path,) = (tmp_path / FOLDER).glob("*.json")
    assert [item.item_class for item in load_scenario(path).items] == ["raw", "half_ripe"]
    assert "wrong_bin" in harness.failures["some property"].rules


def test_without_shrinking_a_failure_stays_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    harness = Harness(controller=ForgetsTheThirdRod)
    with pytest.raises(AssertionError):
        harness.keeps(Draft(scenario=Scenario(items=stack("ripe", "half_ripe"))), "some property")
    assert load_scenario(next((tmp_path / FOLDER).glob("*.json"))).item_count == 2
    assert harness.runs == 1


LINES = {
    "a long and slow line": (
        Layout(gates_m=(6.0, 10.0, 13.0), rods_m=(6.1, 10.1, 13.1), end_m=14.0, camera_m=0.5, belt_speed_m_per_s=0.2),
        Pace(unseen_s=40.0),
    ),
    "a program that waits for long": (Layout(), Pace(unseen_s=65.0, unanswered_s=200.0)),
    "a camera at the loader": (Layout(camera_m=0.03), Pace()),
}


@pytest.mark.parametrize("family", ["recognizer", "camera", "items", "wire"])
@pytest.mark.parametrize("line", LINES)
def test_scenarios_can_be_drawn_for_any_line_and_pace(line, family):
    layout, pace = LINES[line]

    @DRAWING
    @given(known_line_drafts(family, layout))
    def draws(draft):
        assert draft.at(pace).faults

    draws()


def test_a_line_without_a_rod_is_refused():
    with pytest.raises(ArgumentError, match="layout must be a line with a rod or more"):
        check_line(Layout(rods_m=()))
