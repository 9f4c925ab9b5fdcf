"""Each kind of fault can be drawn."""

import pytest

from scenarios.strategies import ALL_FAULTS
from twin.report.drawn_faults import drawn_fault


@pytest.mark.parametrize("kind", ALL_FAULTS)
def test_each_fault_has_a_part_at_which_it_is_drawn(kind):
    parts = {"belt", "rod", "gate", "loader", "camera", "link", "recognizer", "item", "controller"}
    assert drawn_fault(kind(), 60.0).part in parts
