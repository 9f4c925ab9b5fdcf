"""The command `twin`: run, serve, test, replay, report, check, doctor, campaign, demo.

Exit codes: 0 all well, 1 violations or a failed check, 2 bad usage or input, 130 interrupted, so without a verdict.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from classifier.command import command_app
from twin import demo, report_command, run_command, serve_command, suite
from twin.campaign import command as campaign_command
from twin.options import examples
from twin.refusals import REFUSED, one_line_errors

if TYPE_CHECKING:
    from twin.report.reported import Verdict

VIOLATED: Final = 1

app = command_app(
    "twin", "The digital twin of a sorting line that is controlled over MQTT.", pretty_exceptions=True,
    epilog="Exit codes: 0 all well, 1 violations or a failed check, 2 bad usage or input, 130 interrupted.",
)  # fmt: skip


app.command(
    epilog=examples(
        "twin run --items 20 --seed 7", "twin run --items 20 --recognizer oracle --link memory",
        "twin run scenario.json --trace trace.jsonl", "twin run --layout line.toml --save kept",
    )
)(run_command.run)  # fmt: skip
app.command(
    epilog=examples(
        "twin serve --items 20", "twin serve --port 1883 --speed 4 --save kept",
        "TWIN_PASSWORD=secret twin serve --host 0.0.0.0 --username line",
    )
)(serve_command.serve)  # fmt: skip


@app.command(epilog=examples("twin replay scenario.json", "twin replay kept"))
def replay(
    path: Annotated[Path, typer.Argument(metavar="RUN", help="Scenario file (JSON), or the folder of a saved run.")],
) -> None:
    """Show a run step by step, and its diagram: a scenario, run in memory, or a saved run as it was.

    The exit code is 1 if it violates a rule. Of a saved run that is not whole it shows what is there, with exit code 2.
    """
    from twin.replay import replayed
    from twin.report.console import show_narration, show_verdict
    from twin.report.screen import Screen
    from twin.report.text_diagram import show_diagram

    console = Screen()
    with one_line_errors(), run_command.terminable():
        sketch, verdict, output_lines, caution = replayed(path)
        show_narration(console, sketch.records, verdict.violations, output_lines)
        if sketch.records_left_out:
            console.print(f"{sketch.records_left_out} more records are not shown", style="yellow")
        show_diagram(console, sketch.drawing(verdict.violations, verdict.excused))
        if verdict.violations or caution is None:
            show_verdict(console, verdict)
    if caution is not None:
        typer.echo(f"twin: {' '.join(caution.split())}; above is what is there", err=True)
        raise typer.Exit(REFUSED)
    raise typer.Exit(_exit_code(verdict))


@app.command(epilog=examples("twin check trace.jsonl"))
def check(file: Annotated[Path, typer.Argument(help="Trace file (JSON Lines), written by twin run --trace.")]) -> None:
    """Judge a recorded trace again. The exit code is 1 if it violates a rule.

    In a saved run's folder it also counts what was found when the run was repeated without its faults.
    """
    from twin.report.console import show_verdict
    from twin.report.screen import Screen
    from twin.saved_run import judged_again

    console = Screen()
    with one_line_errors():
        verdict = judged_again(file)
        show_verdict(console, verdict)
    raise typer.Exit(_exit_code(verdict))


@app.command(
    epilog=examples("twin doctor --broker 127.0.0.1:21883", "twin doctor --broker line.example:8883 --tls --listen 30")
)
def doctor(
    broker: Annotated[str, typer.Option(help="HOST:PORT of the broker.")],
    listen: Annotated[
        float, typer.Option(min=0.0, max=3600.0, help="How long to listen for messages of the line, in s.")
    ] = 5.0,
    username: Annotated[
        str | None, typer.Option(help="User name at the broker. The password is in the variable TWIN_PASSWORD.")
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="Encrypt the connection with TLS.")] = False,
    ca_file: Annotated[
        Path | None, typer.Option(help="Certificates to trust (PEM). Without it: those of the system.")
    ] = None,
) -> None:
    """Check a broker and the line behind it, and advise what to do about each problem.

    It publishes nothing on the line's topics.
    """
    from controller.address import parse_address
    from controller.mqtt import Address
    from twin.doctor import examine
    from twin.report.console import show_findings
    from twin.report.screen import Screen, verbatim

    console = Screen()
    with one_line_errors():
        host, port = parse_address(broker)
        address = Address(
            host=host, port=port, username=username, password=os.environ.get("TWIN_PASSWORD"), tls=tls,
            ca_file=None if ca_file is None else str(ca_file),
        )  # fmt: skip
        with console.status("") as status:
            findings = list(examine(address, listen, lambda words: status.update(verbatim(words))))
        show_findings(console, findings)
    raise typer.Exit(VIOLATED if any(finding.state == "ill" for finding in findings) else 0)


app.command("test", epilog=examples('twin test "python my_controller.py {host} {port}"'))(suite.run_suite)
app.command(
    "report", epilog=examples("twin report kept -o report.html", "twin report before after -o both.html")
)(report_command.write_runs)  # fmt: skip
app.command("campaign", epilog=campaign_command.EPILOG)(campaign_command.campaign)
app.command("demo", epilog=examples("twin demo", "twin demo --no-browser"))(demo.show_demo)


def _exit_code(verdict: "Verdict") -> int:
    if verdict.interrupted:
        return run_command.INTERRUPTED
    return VIOLATED if verdict.violations else 0


def main() -> None:
    """The console script."""
    app()
