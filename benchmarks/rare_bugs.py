"""How soon a campaign finds bugs that hardly ever show: with its search, and by chance alone.

    python benchmarks/rare_bugs.py [NAME ...] [--seeds 3] [--scenarios 6000] [--tries 10] [--json FILE] [--processes 2]

For each controller of `broken/rare.py`: the scenarios until the first failure, the median over the seeds, with search
and without. A hunt ends when it has found something, or after `--scenarios` (about two minutes on one core). `--tries`
is how often the quick profile of `pytest scenarios/` is run against each, from other seeds; 0 leaves it out.
"""

import argparse
import json
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from broken import RARE
from bug_finding import hunt
from rich.console import Console
from rich.table import Table

from scenarios.known_line import FAMILIES
from twin.campaign.ledger import Ledger
from twin.campaign.plan import Plan, code_version
from twin.campaign.unit import Tally, explore


def scenarios_until_found(name, seed, scenarios, search):
    """The number of scenarios until the first failure, None if there is none, and the seconds that it took."""
    plan = Plan(seed=seed, scenarios=scenarios, families=tuple(FAMILIES), search=search, code=code_version())
    ledger, began_s, done = Ledger(plan), time.perf_counter(), 0
    while (task := ledger.next_task()) is not None:
        tally = Tally(task)
        explore(task, tally.take, controller=RARE[name])
        result = tally.result()
        if result.failures:
            return done + min(one.place for one in result.failures) + 1, time.perf_counter() - began_s
        done += result.scenarios
        list(ledger.take(result))
    return None, time.perf_counter() - began_s


def main():
    """Hunt each bug, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *RARE], default=[])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--scenarios", type=int, default=6000)
    parser.add_argument("--tries", type=int, default=10)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    names, rows = options.names or list(RARE), []
    table = Table("bug", "with search", "by chance", f"of {options.tries} tries, quick finds", "seconds, with search")
    fresh = get_context("spawn")
    with ProcessPoolExecutor(options.processes, mp_context=fresh, max_tasks_per_child=1) as workers:
        hunts, tries = {}, {}
        for name in names:
            for search in (True, False):
                hunts[name, search] = [
                    workers.submit(scenarios_until_found, name, seed, options.scenarios, search)
                    for seed in range(options.seeds)
                ]
            tries[name] = [workers.submit(hunt, name, seed) for seed in range(options.tries)]
        for name in names:
            found = {search: [future.result() for future in hunts[name, search]] for search in (True, False)}
            quick = sum(future.result().found for future in tries[name])
            seconds = statistics.median(taken_s for _, taken_s in found[True])
            table.add_row(name, *(in_words(found[way], options.scenarios) for way in (True, False)), str(quick),
                          f"{seconds:.0f}")  # fmt: skip
            rows.append({"name": name, "search": found[True], "chance": found[False], "quick": quick})
            print(rows[-1], flush=True)
            if options.json:
                options.json.write_text(json.dumps(rows, indent=1))
    Console(width=120).print(table)


def in_words(found, most):
    """The median of the scenarios until found, and each of them."""
    each = sorted(most + 1 if scenarios is None else scenarios for scenarios, _ in found)
    texts = [f"over {most}" if scenarios > most else str(scenarios) for scenarios in each]
    return f"{texts[len(texts) // 2]} ({', '.join(texts)})"


if __name__ == "__main__":
    main()
