"""Which command lines start Python, so that the link hosted may run them."""

import pytest

from twin.links.external_controller import starts_python


@pytest.mark.parametrize(
    "command",
    [
        "python c.py", "/usr/bin/python3.12 c.py", "'/home/max muster/venv/bin/python3' c.py {host}", "py -3 c.py",
        "pypy3 c.py", "PYTHON.EXE c.py", "pythonw c.pyw", "./c.py", "c.PYW",
    ],
)  # fmt: skip
def test_a_command_line_of_python_is_known(command):
    assert starts_python(command)


@pytest.mark.parametrize("command", ["", "node c.js", "./run.sh", "python-config", "'python c.py", "pyright c.py"])
def test_any_other_is_not(command):
    assert not starts_python(command)
