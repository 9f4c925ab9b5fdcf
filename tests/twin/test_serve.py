"""`twin serve`, with a controller that shares no code with ours."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.broker, pytest.mark.slow]
REFERENCE_FLOW = Path(__file__).parents[1] / "programs" / "reference_flow.py"
ITEMS = 3


def serving(*options):
    return subprocess.Popen(
        [sys.executable, "-m", "twin", "serve", "--port", "0", *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def address(server):
    """The address that the line prints before anything connects."""
    for line in server.stdout:
        if found := re.search(r"--broker (\S+):(\d+)", line):
            return found.groups()
    raise AssertionError(f"no address; exit code {server.wait()}")


def test_the_reference_flow_in_plain_paho_gets_every_item_into_its_bin(tmp_path):
    summary = tmp_path / "summary.json"
    with serving("--items", str(ITEMS), "--seed", "1", "--summary", str(summary)) as server:
        host, port = address(server)
        with subprocess.Popen([sys.executable, str(REFERENCE_FLOW), host, port]) as client:
            told = server.communicate(timeout=300)[0]
            client.kill()
    assert server.returncode == 0, told
    said = json.loads(summary.read_text())
    assert (said["items"], said["correct"], said["violations"]) == (ITEMS, ITEMS, [])
    assert "violations: none" in told
