"""How many runs a second programs of several styles make on the link hosted, beside started and waiting hosts.

    python benchmarks/hosted_rate.py [PYTHON]

Five items a run. The wall's time counts, as the program has a process of its own: run it on a machine that is idle.
Also says whether ten runs of each had the same digest. PYTHON has paho-mqtt, requests, aiomqtt and httpx.
"""

import shlex
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from twin import ItemDraw, Scenario, simulate  # noqa: E402
from twin.links.external_controller import ExternalController  # noqa: E402

RUNS = 10
STYLES = ("polling_variable.py", "paho_styles.py loop_start", "worker_threads.py", "asynchronous.py")
SCENARIO = Scenario(seed=5, items=ItemDraw(count=5))


def runs(controllers):
    """The runs of `SCENARIO` with each of these, and how long they took."""
    began_s = time.perf_counter()
    found = [simulate(SCENARIO, link="hosted", controller=controller) for controller in controllers]
    return found, time.perf_counter() - began_s


def main(python=sys.executable):
    """Measure each style."""
    print(f"{'':28} started  waiting  times real time  digests of {2 * RUNS} runs")
    for style in STYLES:
        command = f"{shlex.quote(python)} {shlex.quote(str(ROOT / 'tests/programs/hosted'))}/{style}"
        started, started_s = runs([ExternalController(command, compute_ms=0) for _ in range(RUNS)])
        program = ExternalController(command, compute_ms=0)
        runs([program] * 2)
        waiting, waiting_s = runs([program] * RUNS)
        digests = {run.summary.digest for run in started + waiting}
        speed = sum(run.summary.sim_s for run in waiting) / waiting_s
        print(f"{style:28} {RUNS / started_s:5.1f}/s  {RUNS / waiting_s:5.1f}/s  {speed:14.0f}  {len(digests)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
