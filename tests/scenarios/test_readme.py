"""The suite's README: its example property runs, and its commands are valid."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "scenarios" / "README.md"
LONGEST = 20


def example():
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    return code


def test_the_example_fits_on_a_screen():
    assert len([line for line in example().splitlines() if line]) <= LONGEST


def test_the_example_runs_and_passes(tmp_path):
    path = tmp_path / "test_example.py"
    path.write_text(example(), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(ROOT / "pyproject.toml"), f"--rootdir={ROOT}", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path, check=False)
    assert "1 passed" in result.stdout, result.stdout + result.stderr


def test_the_command_lines_in_the_readme_have_valid_options():
    options = set(re.findall(r"pytest scenarios/[^`|]*?(--[a-z-]+)", README.read_text(encoding="utf-8")))
    conftest = (ROOT / "scenarios" / "conftest.py").read_text(encoding="utf-8")
    for option in options - {"--hypothesis-show-statistics"}:
        assert f'"{option}"' in conftest, option
