"""The plant's side of a run in real time."""

from queue import SimpleQueue
from random import Random
from types import SimpleNamespace

from twin.broker.observation import Observation
from twin.links.opening import Live
from twin.links.pacing import Pacer
from twin.links.real_time_port import RealTimePort
from twin.links.retained import RetainedMessages
from twin.plant.fault_injector import FaultInjector
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
