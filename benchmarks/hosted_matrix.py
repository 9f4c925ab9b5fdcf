"""Which programs of `tests/programs/hosted` pass under which interpreters, as a table.

    python benchmarks/hosted_matrix.py PYTHON...

Each PYTHON is that of an environment with paho-mqtt in any version, and if you like requests, httpx, aiomqtt, OpenCV.
"""

import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.hosting import PROGRAMS, hosted, primitives  # noqa: E402

from twin import ItemDraw, Scenario, simulate  # noqa: E402
from twin.errors import TwinError  # noqa: E402
from twin.links.external_controller import ExternalController  # noqa: E402

MIXTURES = (
    "waiting", "polling", "clocks", "asyncio_waits", "signals", "sockets", "imports", "windows", "services",
    "two_clients", "tk_windows", "mixtures",
)  # fmt: skip
STYLES = ("loop_start", "loop_forever", "by_hand", "connect_async", "both_versions")
CONTROLLERS = (
    "polling_variable.py", "worker_threads.py", "asynchronous.py", "tk_controller.py",
    *(f"paho_styles.py {style}" for style in STYLES),
    "paho_styles.py loop_start 1", "paho_styles.py loop_start 2 unclean",
)  # fmt: skip
REFUSED = (
    "asks_elsewhere",
    "awaits_input",
    "foreign_thread",
    "quiet_foreign_thread",
    "forks",
    "speaks_tls",
    "starts_a_process",
)
ASKS = "import sys, paho.mqtt as mqtt; print('.'.join(map(str, sys.version_info[:2])), 'paho', mqtt.__version__)"


def primitive(python, words):
    """Whether a program that looks after itself ends well; which module it lacks, if any."""
    file, *names = words.split()
    program = hosted(PROGRAMS / f"{file}.py", *names, python=python)
    return "yes" if program.code == 0 else missing(program.reason)


def controls(python, words):
    """Whether a controller gets each of three items into its bin."""
    command = f"{shlex.quote(python)} {shlex.quote(str(PROGRAMS))}/{words}"
    run = simulate(
        Scenario(seed=5, items=ItemDraw(count=3)), link="hosted", controller=ExternalController(command)
    )  # fmt: skip
    return "yes" if run.summary.correct == 3 and not run.violations else missing(run.violations[0].detail)


def refused(python, name):
    """Whether a program that can't be hosted is refused."""
    try:
        hosted(PROGRAMS / "refused" / f"{name}.py", python=python)
    except TwinError:
        return "refused"
    return "NO"


def missing(reason):
    """What an answer other than yes is for."""
    return "no such module" if "No module named" in reason else "NO"


def main(*pythons):
    """Print the table."""
    names = [subprocess.run([python, "-c", ASKS], capture_output=True, text=True, check=True) for python in pythons]
    print("| program |", " | ".join(done.stdout.strip() for done in names), "|")
    print("|---" * (len(pythons) + 1), "|", sep="")
    alone = [*map(" ".join, primitives()), *MIXTURES]
    for check, programs in ((primitive, alone), (controls, CONTROLLERS), (refused, REFUSED)):
        for program in programs:
            print(f"| {program} |", " | ".join(check(python, program) for python in pythons), "|", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
