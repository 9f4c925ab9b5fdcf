"""The plant's own connection to a broker that somebody named wrongly."""

import pytest
from typer.testing import CliRunner

from twin.cli import app


@pytest.mark.parametrize("link", ["realtime", "lockstep"])
@pytest.mark.parametrize("host", ["a..b", "\udcff", "a" * 64])
def test_a_broker_whose_name_is_none_is_one_line(link, host):
    words = ["run", "--recognizer", "oracle", "--items", "1", "--link", link, "--broker", f"{host}:1883"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("twin: broker ")
    assert result.stderr.count("\n") == 1
