"""The plant's side of a run in real time."""

from functools import partial
from queue import SimpleQueue
from random import Random
from types import SimpleNamespace

from twin import trace
from twin.broker.observation import Observation
from twin.links.opening import Live
from twin.links.pacing import Pacer
from twin.links.real_time_port import RealTimePort
from twin.links.retained import RetainedMessages
from twin.plant.fault_injector import FaultInjector
from twin.plant.message import Message
from twin.scenario.faults import ControllerKilled
from twin.scenario.scenario import Scenario
from twin.timeline import Timeline

EVENTS = [Observation("FS_Ctl", event) for event in ("connected", "taken over", "connected")]


class QuickInbox:
    """An inbox on which the next arrivals land at the very moment at which somebody takes the first."""

    def __init__(self):
        self._arrived, self._coming = SimpleQueue(), list(EVENTS)
        self._arrived.put(self._coming.pop(0))

    def get(self, timeout):
        first = self._arrived.get(timeout=timeout)
        while self._coming:
            self.put(self._coming.pop(0))
        return first

    def put(self, arrival):
        self._arrived.put(arrival)


def test_what_arrives_while_the_twin_waits_keeps_its_order():
    timeline, scenario, records = Timeline(), Scenario(), []
    faults = FaultInjector(timeline, scenario, Random(1), records.append)
    retained = RetainedMessages(timeline, faults, lambda part: None, records.append)
    program = SimpleNamespace(started=False, exit=lambda: None)
    live = Live(None, QuickInbox(), None, program)
    port = RealTimePort(timeline, live, scenario, faults, records.append, records.append, retained)
    port.await_controller()
    Pacer(timeline, live.inbox, port.take, 1.0).run(lambda: len(records) >= len(EVENTS))
    assert [record.event for record in records] == [event.event for event in EVENTS]


def test_what_reaches_nobody_while_the_controller_is_away_is_lost_by_the_fault():
    away = ControllerKilled(from_s=5.0, until_s=8.0)
    timeline, scenario, records = Timeline(), Scenario(faults=(away,)), []
    faults = FaultInjector(timeline, scenario, Random(1), records.append)
    retained = RetainedMessages(timeline, faults, lambda part: None, records.append)
    program = SimpleNamespace(started=True, kill=lambda: None, start=lambda: None)
    published = SimpleNamespace(publish=lambda topic, payload: None)
    port = RealTimePort(
        timeline, Live(published, None, None, program), scenario, faults, records.append, records.append, retained
    )
    blocked = Message(b'{"first_switch":true}', "gate 1", "blocked", item=3)
    picture = Message(b'{"image":""}', "camera", "digest", item=4)
    for at_s, message in ((2.0, blocked), (6.0, blocked), (7.0, picture), (9.0, blocked), (11.0, blocked)):
        timeline.call_at(at_s, partial(port.arrive, message))
    for at_s, event in ((1.0, "connected"), (1.0, "subscribed"), (5.0, "lost"), (10.0, "connected")):
        timeline.call_at(at_s, partial(port.take, Observation("FS_Ctl", event, "bb" if event == "subscribed" else "")))
    timeline.run(until=12.0)
    facts = [(r.t_s, r.what, r.part, r.item) for r in records if isinstance(r, trace.Disturbed) and r.item is not None]
    assert facts == [
        (6.0, "edge_lost", "gate 1", 3), (7.0, "picture_lost", "camera", 4), (9.0, "edge_lost", "gate 1", 3),
    ]  # fmt: skip
    assert [record.t_s for record in records if isinstance(record, trace.Feedback)] == [2.0, 11.0]


def test_a_program_that_nobody_cuts_off_and_does_not_listen_loses_its_messages_by_itself():
    timeline, scenario, records = Timeline(), Scenario(), []
    faults = FaultInjector(timeline, scenario, Random(1), records.append)
    retained = RetainedMessages(timeline, faults, lambda part: None, records.append)
    published = SimpleNamespace(publish=lambda topic, payload: None)
    live = Live(published, None, None, SimpleNamespace(started=True))
    port = RealTimePort(timeline, live, scenario, faults, records.append, records.append, retained)
    port.take(Observation("FS_Ctl", "connected"))
    port.arrive(Message(b'{"first_switch":true}', "gate 1", "blocked", item=3))
    assert [type(record) for record in records] == [trace.Connection, trace.Feedback]
