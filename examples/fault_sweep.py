"""A fault sweep: how late may a picture be before items can no longer be sorted?

Every picture of a run comes later by the same delay, from none to three seconds. A late picture costs: its item is past
its rod and rides to the reject bin. But it is never put into a wrong bin. Prints one line for each delay: how many of
20 items came into the bin of their class, how many into the reject bin, and how many rules were broken (none).

    python examples/fault_sweep.py
"""

from twin import ItemDraw, Scenario, faults, simulate

DELAYS_S = (0.0, 0.5, 1.0, 1.25, 1.5, 1.75, 2.0, 3.0)
ITEMS = 20


def main() -> None:
    """Run the same stack of items for each delay."""
    print("delay    right  rejected  violations")
    for delay_s in DELAYS_S:
        late = faults.LateImage(delay_s=delay_s, from_s=0.0, until_s=10_000.0)
        run = simulate(Scenario(seed=1, items=ItemDraw(count=ITEMS), faults=(late,)))
        print(f"{delay_s:4.2f} s  {run.summary.correct:6d}  {run.summary.rejected:8d}  {len(run.violations):10d}")


if __name__ == "__main__":
    main()
