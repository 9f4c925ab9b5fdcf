"""The options that commands of `twin` share, with their help texts."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

DEFAULT_ITEMS: Final = 100
MOST_ITEMS: Final = 10_000_000


class LinkKind(StrEnum):
    """How plant and controller are connected, and whose clock they follow."""

    HOSTED = "hosted"
    LOCKSTEP = "lockstep"
    MEMORY = "memory"
    REALTIME = "realtime"


Seed = Annotated[int, typer.Option(min=0, help="Seed of all random draws: items, pictures and jitter.")]
SummaryFile = Annotated[Path | None, typer.Option("--summary", help="Write the summary to this JSON file.")]
TraceFile = Annotated[Path | None, typer.Option("--trace", help="Write the trace to this JSON Lines file.")]
SaveFolder = Annotated[
    Path | None,
    typer.Option("--save", help="Save scenario, trace, summary, report and versions in this new or empty folder."),
]
ReportFile = Annotated[
    Path | None, typer.Option("--report", help="Draw the run as this HTML file, which opens from disk.")
]
UserName = Annotated[
    str | None, typer.Option(help="Require this user name, with the password in the variable TWIN_PASSWORD.")
]
StrictTopics = Annotated[
    bool, typer.Option("--strict-topics", help="Refuse clients that publish on the plant's or the clock's topics.")
]
View = Annotated[
    bool, typer.Option("--view", help="Show the line live, on a page of this computer, where a click breaks a part.")
]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="With --view: print the address, open no browser.")]
JunitFile = Annotated[
    Path | None, typer.Option("--junit", help="Write the verdict to this JUnit file (XML), a test case for each rule.")
]
LayoutFile = Annotated[
    Path | None, typer.Option("--layout", help="TOML file with the layout of the line. Without it: the default line.")
]
ScenarioFile = Annotated[Path | None, typer.Argument(help="Scenario file (JSON). Other options override its values.")]
ItemsToSort = Annotated[
    int,
    typer.Option(
        min=0, max=MOST_ITEMS,
        help="Number of items in the stack. The controller ends when it has sorted that many. If it lost its "
        "connection meanwhile, items that it had seen on the belt count as sorted. It also ends when repeated pushes "
        "of the loader bring no item.",
    ),
]  # fmt: skip
ItemsToServe = Annotated[
    int,
    typer.Option(
        min=0, max=MOST_ITEMS,
        help="Number of items in the stack. The run ends soon after the last item has left the belt. The plant counts "
        "them, so a lost connection or a restarted controller does not change the number.",
    ),
]  # fmt: skip
Link = Annotated[
    LinkKind | None,
    typer.Option(
        help="lockstep: over a broker in virtual time; the controller acts only at times that the twin has granted, "
        "so a run repeats exactly. memory: the same run without a broker. hosted: any Python program, unmodified, in "
        "virtual time. realtime: over a broker, by the wall clock. Without this option: hosted for a --controller in "
        "Python, else lockstep."
    ),
]
RecognizerName = Annotated[
    str,
    typer.Option(
        help="resnet: the trained model that comes with the twin. oracle: simulated answers, drawn from the items' "
        "true classes. Otherwise the http(s) URL of a recognition service."
    ),
]
Pictures = Annotated[
    str | None,
    typer.Option(
        help="What the camera shows. oracle: blank pictures, whose answers are simulated. rendered: drawn pictures. "
        "Otherwise a folder with pictures of your own: a sub-folder of JPEG or PNG files for each class, such as ripe, "
        "half_ripe and raw."
    ),
]
InFlight = Annotated[
    str, typer.Option(help="Most items in flight (on the belt at the same time), or auto: as many as is safe.")
]
BrokerAddress = Annotated[
    str | None, typer.Option(help="HOST:PORT of a broker. Without it, the twin starts a broker of its own.")
]
ControllerCommand = Annotated[
    str | None,
    typer.Option(
        help="Command line of the program that controls the line; {host} and {port} in it: its broker; {service}: "
        "its recognition service."
    ),
]
ListenPort = Annotated[
    int | None,
    typer.Option(
        "--listen", min=1, max=65535,
        help="Port of the twin's broker, for a program that has its address in its text. Without it: any free port.",
    ),
]  # fmt: skip
ServicePort = Annotated[
    int | None,
    typer.Option(
        min=1, max=65535,
        help="In real time, port of the twin's recognition service, for a program that has it in its text. Without "
        "it: any free port, for {service} in the command.",
    ),
]  # fmt: skip
TruthService = Annotated[
    bool,
    typer.Option(
        "--truth-service",
        help="The twin's recognition service answers from the truth. It is at {service} in the command or, without "
        "that in it, on port 8088.",
    ),
]  # fmt: skip
ComputeMs = Annotated[
    float | None,
    typer.Option(
        min=0, max=60_000,
        help="hosted: how long, in ms of the line's time, each line of the program takes that computes for long, as a "
        "model does; 0: no time. Without it, as long as a short run beforehand measures.",
    ),
]  # fmt: skip
PasswordFile = Annotated[
    Path | None,
    typer.Option(help="Require a name and password from this file: NAME:PASSWORD lines, or from mosquitto_passwd."),
]


def examples(*commands: str) -> str:
    """The examples at the end of a command's help, a line each."""
    return "\n\n".join(("Examples:", *commands))
