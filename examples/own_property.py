"""A property of one's own: whatever the camera does, the line is empty in the end and no item is in a wrong bin.

Hypothesis draws lines, items and camera faults, and looks for a scenario in which that is not so; if there is one, it
shows the smallest. Prints nothing but pytest's own lines, "1 passed" in the last.

    pytest examples/own_property.py
"""

from hypothesis import given, settings

from scenarios import scenarios
from twin import Scenario, faults, simulate, trace

CAMERA_FAULTS = (faults.NoImage, faults.LateImage, faults.ImageTwice, faults.SpoiltImage)


@settings(max_examples=30, deadline=None)
@given(scenarios(kinds=CAMERA_FAULTS, most_items=5))
def test_a_bad_camera_leaves_no_item_behind_and_sorts_none_wrongly(scenario: Scenario) -> None:
    """A run's trace holds all that happened; its last record says what is left on the belt."""
    run = simulate(scenario)
    ended = run.trace[-1]
    assert isinstance(ended, trace.Ended)
    assert ended.on_belt == ()
    assert "wrong_bin" not in {violation.check for violation in run.violations}
