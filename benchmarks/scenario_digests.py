"""Compares the digests of generated scenarios in memory and in lockstep over a real broker.

    python benchmarks/scenario_digests.py [COUNT]

Faults of every kind are among them. Exit 1 if any digest differs.
"""

import sys
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

sys.path.insert(0, str(Path(__file__).parent.parent))

from scenarios.strategies import ALL_FAULTS, scenarios
from twin import simulate

SIMPLEST = 15


def drawn(count):
    """`count` different scenarios, always the same: one of each kind of fault, then mixtures."""
    chosen = [last(1, kinds=[kind], fewest_items=4)[0] for kind in ALL_FAULTS][:count]
    return chosen + last(count - len(chosen), kinds=ALL_FAULTS)


def last(count, **bounds):
    """The last `count` scenarios that Hypothesis draws, because it begins with the simplest."""
    found = {}

    @settings(
        max_examples=SIMPLEST + 2 * count, database=None, deadline=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )  # fmt: skip
    @seed(0)
    @given(scenarios(**bounds))
    def draw(scenario):
        found[repr(scenario)] = scenario

    draw()
    return list(found.values())[-count:] if count else []


def main():
    """Run each under both links and print the result."""
    chosen = drawn(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
    same, faults, seconds = 0, Counter(), Counter()
    for scenario in chosen:
        digests = []
        for link in ("memory", "lockstep"):
            before_s = time.perf_counter()
            digests.append(simulate(scenario, link=link).summary.digest)
            seconds[link] += time.perf_counter() - before_s
        same += digests[0] == digests[1]
        if digests[0] != digests[1]:
            print("different:", scenario)
        faults.update(type(fault).__name__ for fault in scenario.faults)
    items = sum(scenario.item_count for scenario in chosen)
    what = f"{items} items, {faults.total()} faults of {len(faults)} kinds"
    print(f"{same} of {len(chosen)} have the same digest ({what})")
    print(f"memory {seconds['memory']:.1f} s, lockstep {seconds['lockstep']:.1f} s")
    sys.exit(same < len(chosen))


if __name__ == "__main__":
    main()
