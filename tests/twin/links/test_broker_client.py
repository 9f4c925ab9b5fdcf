"""The twin's client of a broker, with a host name that is impossible."""

import pytest
from typer.testing import CliRunner

from twin.cli import app


@pytest.mark.parametrize("link", ["realtime", "lockstep"])
@pytest.mark.parametrize("host", ["a..b", "\udcff", "a" * 64])
def test_an_impossible_broker_name_is_an_error_of_one_line(link, host):
    words = ["run", "--recognizer", "oracle", "--items", "1", "--link", link, "--broker", f"{host}:1883"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("twin: broker ")
    assert result.stderr.count("\n") == 1
