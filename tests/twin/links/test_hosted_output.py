"""What a hosted program writes is kept with the line's time."""

import pytest
from support.hosting import controller

from twin import ExternalController, ItemDraw, Scenario, simulate


def test_what_a_program_writes_while_nothing_else_happens_has_its_time():
    program = ExternalController(f"{controller('reports.py')} {{host}} {{port}}")
    run = simulate(Scenario(items=ItemDraw(count=1)), link="hosted", controller=program)
    lines = [line for line in run.output_lines if line.text.endswith("goes on")]
    assert len(lines) > 10
    for line in lines:
        assert line.t_s == pytest.approx(float(line.text.split()[0]), abs=0.05)
