"""What a program reads back from a screen that is not there, and waits for at it."""

import pytest
from support.hosting import PROGRAMS, hosted

from twin.errors import HostingError

VALUES = (
    "after", "scales", "fields", "spinners", "switches", "choices", "lists", "pages", "tables", "drawings", "measures",
)  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_a_widget_holds_what_the_program_gave_it(name):
    pytest.importorskip("tkinter")
    program = hosted(PROGRAMS / "tk_values.py", name)
    assert program.code == 0, program.output
    assert program.output == "ok\n"


@pytest.mark.parametrize(("name", "output"), [("ticks", ""), ("key", "thread 3.0\nsignal 5.0\n"), ("bars", "")])
def test_opencv_tells_the_lines_time_and_waits_for_a_key_in_a_window(name, output):
    pytest.importorskip("cv2")
    program = hosted(PROGRAMS / "opencv_waits.py", name)
    assert program.output == f"{output}ok\n"
    assert program.code == 0


def test_a_program_that_waits_for_a_key_in_a_window_before_it_connects_is_refused():
    pytest.importorskip("cv2")
    with pytest.raises(HostingError, match=r"waits for input before it connects.*opencv_waits.py, line \d+"):
        hosted(PROGRAMS / "opencv_waits.py", "nobody")


@pytest.mark.parametrize("name", ["animation", "pauses", "thread", "files", "embedded"])
def test_a_figure_is_kept_up_to_date_in_the_lines_time(name):
    program = hosted(PROGRAMS / "live_plot.py", name)
    assert program.code == 0, program.output
    assert program.output.endswith("ok\n")
    assert "Traceback" not in program.output


def test_a_figure_is_shown_until_a_signal_comes_and_a_mistake_in_its_timer_does_not_end_it():
    program = hosted(PROGRAMS / "live_plot.py", "ever")
    assert program.code == 0, program.output
    assert program.output.count("ZeroDivisionError") == 1


def test_a_figure_that_waits_for_somebody_to_close_it_before_the_program_connects_is_refused():
    with pytest.raises(HostingError, match=r"its window waits for a click before it connects"):
        hosted(PROGRAMS / "live_plot.py", "nobody")
