"""The command `twin`: run, serve, test, replay, report, check, doctor, campaign, demo.

Exit codes: 0 all well, 1 violations or a failed check, 2 bad usage or input, 130 interrupted, so without a verdict.
"""

from classifier.command import command_app
from twin.commands import campaign, check, demo, doctor, replay, report, run, serve, suite
from twin.commands.options import examples

app = command_app(
    "twin", "The digital twin of a sorting line that is controlled over MQTT.", pretty_exceptions=True,
    epilog="Exit codes: 0 all well, 1 violations or a failed check, 2 bad usage or input, 130 interrupted.",
)  # fmt: skip


app.command(
    epilog=examples(
        "twin run --items 20 --seed 7", "twin run --items 20 --recognizer oracle --link memory",
        "twin run scenario.json --trace trace.jsonl", "twin run --layout line.toml --save kept",
    )
)(run.run)  # fmt: skip
app.command(
    epilog=examples(
        "twin serve --items 20", "twin serve --port 1883 --speed 4 --save kept",
        "TWIN_PASSWORD=secret twin serve --host 0.0.0.0 --username line",
    )
)(serve.serve)  # fmt: skip
app.command(epilog=examples("twin replay scenario.json", "twin replay kept"))(replay.replay)
app.command(epilog=examples("twin check trace.jsonl"))(check.check)
app.command(
    epilog=examples("twin doctor --broker 127.0.0.1:21883", "twin doctor --broker line.example:8883 --tls --listen 30")
)(doctor.doctor)  # fmt: skip
app.command("test", epilog=examples('twin test "python my_controller.py {host} {port}"'))(suite.run_suite)
app.command(
    "report", epilog=examples("twin report kept -o report.html", "twin report before after -o both.html")
)(report.write_runs)  # fmt: skip
app.command("campaign", epilog=campaign.EPILOG)(campaign.campaign)
app.command("demo", epilog=examples("twin demo", "twin demo --no-browser"))(demo.show_demo)


def main() -> None:
    """The console script."""
    app()
