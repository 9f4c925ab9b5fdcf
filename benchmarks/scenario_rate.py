"""The number of scenarios a second that one core runs in memory, with the quick profile's faults and ten items each.

    python benchmarks/scenario_rate.py

Measured in processor time, so that other load does not count.
"""

import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

sys.path.insert(0, str(Path(__file__).parent.parent))

from scenarios import strategies as s
from twin import simulate

ITEMS = 10
EACH = 40
KINDS = {
    "none": (), "gates": s.GATE_FAULTS, "rods": s.ROD_FAULTS, "belt": s.BELT_FAULTS, "loader": s.LOADER_FAULTS,
    "camera": s.CAMERA_FAULTS, "recognizer": s.RECOGNIZER_FAULTS, "wire": s.LINK_FAULTS, "items": s.ITEM_FAULTS,
    "broker": s.BROKER_FAULTS, "restart": s.CONTROLLER_FAULTS, "all": s.ALL_FAULTS,
}  # fmt: skip


def drawn(kinds):
    """Scenarios of `ITEMS` items with faults of some kinds."""
    found = []

    @settings(
        max_examples=EACH, database=None, deadline=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )  # fmt: skip
    @seed(0)
    @given(s.scenarios(kinds=kinds, fewest_items=ITEMS, most_items=ITEMS))
    def draw(scenario):
        found.append(scenario)

    draw()
    return found


def main():
    """Run them all, and print the rate for each kind and overall."""
    total, total_s = 0, 0.0
    for name, kinds in KINDS.items():
        chosen = drawn(kinds)
        began_s = time.process_time()
        for scenario in chosen:
            simulate(scenario)
        took_s = time.process_time() - began_s
        print(f"{name:12} {len(chosen) / took_s:7.1f} scenarios/s")
        total, total_s = total + len(chosen), total_s + took_s
    print(f"{'all':12} {total / total_s:7.1f} scenarios/s, {ITEMS * total / total_s:.0f} items/s ({total} scenarios)")


if __name__ == "__main__":
    main()
