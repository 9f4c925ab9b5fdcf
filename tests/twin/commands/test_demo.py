"""`twin demo`: our controller at work, with the page's address, until the stack is empty."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
@pytest.mark.broker
@pytest.mark.realtime
def test_the_demo_gives_the_pages_address_and_sorts_its_items(tmp_path):
    done = subprocess.run(
        [sys.executable, "-P", "-m", "twin", "demo", "--items", "1", "--no-browser"], cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "dumb"}, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "http://127.0.0.1:" in done.stdout
    assert "&tour" in done.stdout
    assert "1 items sorted" in done.stdout
