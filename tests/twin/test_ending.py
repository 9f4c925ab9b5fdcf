"""When a run is over, where something is thrown on a belt that had been empty, and lies there for ever."""

from types import SimpleNamespace

import pytest

from twin import ItemDraw, Scenario, trace
from twin.ending import Ending
from twin.faults import ForeignObject
from twin.item import FOREIGN
from twin.timeline import Timeline

LINE = SimpleNamespace(at_rest=False, loader=SimpleNamespace(next_available_s=None), row=())
"""A line that never comes to rest, with nothing left in its stack: no controller of ours leaves one like that."""


@pytest.mark.parametrize(("patient", "reason"), [(False, "stalled"), (True, None)])
def test_patience_with_a_thing_that_lies_still_is_as_great_as_with_an_item(patient, reason):
    timeline = Timeline()
    thrown = ForeignObject(from_s=9.0, until_s=9.0)
    ending = Ending(timeline, Scenario(items=ItemDraw(count=1), faults=(thrown,)), LINE, patient=patient)
    ending.see(trace.Loaded(1.0, 1, "ripe", 0.08, None))
    ending.see(trace.Binned(5.0, 1, 2))
    ending.see(trace.Loaded(9.0, 2, FOREIGN, 0.08, None))
    timeline.run(until=1000.0)
    assert (ending.over, ending.reason) == (reason is not None, reason)
