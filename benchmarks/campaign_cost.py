"""What a campaign costs beside its scenarios: speed against one core, memory, and the scheduler's work per unit.

    python benchmarks/campaign_cost.py [--scenarios 20000] [--workers 2] [--units 3000] [--machines 1000] [--json FILE]

`speed`: scenarios/s of a campaign (all families, with search) against those of ten of its units, one after the other in
this process. `memory`: the largest resident memory of the campaign's processes together, for a tenth of the scenarios
and for all. `scheduler`: units that do nothing, with the archive and the result of a real one, on Dask's scheduler and
one worker: the processor time that the scheduler and the campaign spend on each. `share`: of their time, so many
machines work. It is simulated: each unit costs the scheduler that time, takes about 10 s, varies as the measured ones
do, and waits for the generation before its own.
"""

import argparse
import heapq
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import psutil
from distributed import Client
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from scenarios.known_line import FAMILIES
from twin.campaign.campaign import Campaign
from twin.campaign.cluster import Units, connected
from twin.campaign.folder import CampaignFolder
from twin.campaign.ledger import Ledger
from twin.campaign.plan import Plan, code_version
from twin.campaign.unit import UnitResult, run_unit

UNIT_S = 10.0
LOOK_S = 0.2
SAMPLE = 10
NOTHING_FOUND = {"failures": (), "counts": {}, "coverage": {}, "closest": (), "digest": ""}


@contextmanager
def most_memory_mb():
    """Gives a list that ends with the largest resident memory of this process and its children together, in MB."""
    over, most_mb = Event(), [0.0]

    def watch():
        while not over.wait(LOOK_S):
            here = psutil.Process()
            found = 0
            for process in (here, *here.children(recursive=True)):
                try:
                    found += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            most_mb[0] = max(most_mb[0], found / 1e6)

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield most_mb
    finally:
        over.set()
        watcher.join()


def campaign(scenarios, workers, bar):
    """A campaign's ledger, its scenarios a second without the start of the workers, and its memory in MB."""
    plan = Plan(scenarios=scenarios, families=tuple(FAMILIES), code=code_version())
    seen = bar.add_task(f"{scenarios} scenarios", total=scenarios)
    with tempfile.TemporaryDirectory() as place, most_memory_mb() as most_mb, connected(None, workers) as client:
        folder = CampaignFolder(f"{place}/kept")
        folder.write_plan(plan)
        work = Campaign(
            plan, client, folder, None, None, on_trouble=bar.console.print,
            on_progress=lambda ledger: bar.update(seen, completed=ledger.scenarios),
        )  # fmt: skip
        began_s = time.perf_counter()
        work.run([])
        took_s = time.perf_counter() - began_s
    assert work.ledger.scenarios == scenarios
    return work.ledger, scenarios / took_s, most_mb[0]


def one_core(ledger, bar):
    """The times in s of some of the campaign's units, one after the other in this process, and their scenarios."""
    numbers = [place * ledger.plan.units // SAMPLE for place in range(min(SAMPLE, ledger.plan.units))]
    run_unit(ledger.task(0))  # The first loads modules.
    times_s, scenarios = [], 0
    for number in bar.track(numbers, description="units in one process"):
        began_s = time.perf_counter()
        scenarios += run_unit(ledger.task(number)).scenarios
        times_s.append(time.perf_counter() - began_s)
    return times_s, scenarios


@contextmanager
def scheduler_and_worker():
    """Dask's scheduler and a worker, processes of their own; gives the address and the scheduler's process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address, quiet = f"tcp://127.0.0.1:{port}", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
    scheduler = subprocess.Popen([*dask, "--no-dashboard"], **quiet)
    worker = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"], **quiet
    )
    try:
        yield address, psutil.Process(scheduler.pid)
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()


def cost_of_a_unit(task, count, bar):
    """The processor time that the scheduler and the campaign's own process spend on a unit, in s."""
    result = run_unit(task)

    def run(_task, _program):
        return result

    def spent_s(process):
        times = process.cpu_times()
        return times.user + times.system

    here, left = psutil.Process(), count
    seen = bar.add_task("units that do nothing", total=count)
    with scheduler_and_worker() as (address, scheduler), Client(address, timeout=30) as client:
        client.wait_for_workers(1)
        units = Units(client, run, None, bar.console.print)
        before_s = spent_s(scheduler), spent_s(here)
        while left or not units.empty:
            while left and not units.full:
                units.give(task)
                left -= 1
            for _ in units.results():
                bar.advance(seen)
        return (spent_s(scheduler) - before_s[0]) / count, (spent_s(here) - before_s[1]) / count


def share_at_work(machines, scenarios, times_s, cost_s, *, search):
    """The share of their time that machines work in a campaign, if a unit costs `cost_s` of the scheduler's time."""
    plan = Plan(scenarios=scenarios, families=tuple(FAMILIES), search=search, code=code_version())
    ledger, draw, scale = Ledger(plan), random.Random(0), UNIT_S * len(times_s) / sum(times_s)
    free_s, running, scheduler_s, worked_s, now_s = [0.0] * machines, [], 0.0, 0.0, 0.0
    while not ledger.done:
        while free_s and (task := ledger.next_task()) is not None:
            scheduler_s = max(scheduler_s, now_s, heapq.heappop(free_s)) + cost_s
            took_s = draw.choice(times_s) * scale
            worked_s += took_s
            heapq.heappush(running, (scheduler_s + took_s, task.number))
        now_s, number = heapq.heappop(running)
        heapq.heappush(free_s, now_s)
        list(ledger.take(UnitResult(number=number, scenarios=0, **NOTHING_FOUND)))
    return worked_s / (machines * now_s)


def main():
    """Measure all three, and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--units", type=int, default=3000)
    parser.add_argument("--machines", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with Progress(console=Console(stderr=True)) as bar:
        _, _, small_mb = campaign(options.scenarios // 10, options.workers, bar)
        ledger, rate, large_mb = campaign(options.scenarios, options.workers, bar)
        times_s, sampled = one_core(ledger, bar)
        scheduler_s, campaign_s = cost_of_a_unit(ledger.task(ledger.plan.units - 1), options.units, bar)
    busiest_s = max(scheduler_s, campaign_s)
    alone = sampled / sum(times_s)
    found = {
        "scenarios a second": rate, "of one core": alone, "ratio": rate / alone,
        "memory of a tenth, MB": small_mb, "memory, MB": large_mb,
        "scheduler, ms a unit": scheduler_s * 1000, "campaign's process, ms a unit": campaign_s * 1000,
        "machines that it keeps busy": UNIT_S / busiest_s,
    } | {
        f"share, {options.machines} machines, {millions} million scenarios, {'with' if search else 'without'} search":
        share_at_work(options.machines, millions * 1_000_000, times_s, busiest_s, search=search)
        for millions in (1, 10, 50) for search in (False, True)
    }  # fmt: skip
    table = Table("what", "figure")
    for what, figure in found.items():
        table.add_row(what, f"{figure:.3g}" if figure < 100 else f"{figure:.0f}")
    Console().print(table)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
