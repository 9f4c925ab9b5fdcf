"""A line of one's own: a layout from a TOML file, and how close its runs come to going wrong.

The line in `two_bins.toml` has two gates, so raw items have no bin and ride to the end. Prints what came into which
bin, and two margins: how far the nearest push was from clipping its item, and how much free belt the item had beside
it.

    python examples/own_layout.py
"""

from pathlib import Path

from twin import ItemDraw, Scenario, load_layout, simulate

LAYOUT = Path(__file__).parent / "two_bins.toml"


def main() -> None:
    """Run thirty items over the line."""
    run = simulate(Scenario(seed=2, layout=load_layout(LAYOUT), items=ItemDraw(count=30)))
    for name, count in run.summary.bins.items():
        print(f"bin {name}: {count}")
    assert run.margins.clip_m is not None
    assert run.margins.gap_m is not None
    print(
        f"least margin to a clip: {run.margins.clip_m * 1000:.0f} mm, to a neighbour: {run.margins.gap_m * 1000:.0f} mm"
    )
    print(f"violations: {len(run.violations)}")


if __name__ == "__main__":
    main()
