"""How many bugs the suite finds: each broken controller against the quick profile's stories, until one objects.

    python benchmarks/bug_finding.py [NAME ...] [--json FILE]

For each: found or not, by which story and check, after how many examples and seconds, and how small the scenario is.
Ours is hunted first, and must not be found: exit 1 if it is, or if a broken one is not.
"""

import argparse
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from broken_controllers import BROKEN  # noqa: E402

from controller.core import Controller  # noqa: E402
from scenarios import strategies as s  # noqa: E402
from scenarios.conftest import EXAMPLES  # noqa: E402
from scenarios.outcomes import all_at_rest  # noqa: E402
from scenarios.test_liveness import all_accounted_for  # noqa: E402
from twin import Layout, simulate  # noqa: E402
from twin.faults import ClientCutOff, GateMissesEdge, RodSticksOut  # noqa: E402

FULL = {"layout": st.just(Layout()), "in_flight": st.just("auto"), "most_faults": 1}
STORIES = {
    "sorting": s.scenarios(most_items=3),
    "stopping": s.scenarios(most_items=6, layout=st.just(Layout()), counted=True),
    "sorting-many": s.scenarios(in_flight=st.just("auto"), most_items=14),
    **{
        f"{name}{suffix}": s.scenarios(kinds=kinds, **bounds)
        for name, kinds in (
            ("gates", s.GATE_FAULTS), ("camera", s.CAMERA_FAULTS), ("recognizer", s.RECOGNIZER_FAULTS),
            ("wire", s.LINK_FAULTS), ("broker", s.BROKER_FAULTS), ("restart", s.CONTROLLER_FAULTS),
            ("loader", s.LOADER_FAULTS), ("items", s.ITEM_FAULTS), ("rods", s.ROD_FAULTS), ("belt", s.BELT_FAULTS),
        )
        for suffix, bounds in (("", {}), ("-default", FULL))
    },
    "gates-missed": s.scenarios(kinds=[GateMissesEdge], fewest_items=3, **{**FULL, "most_faults": 3}),
    "rods-out": s.scenarios(kinds=[RodSticksOut], fewest_items=3, **{**FULL, "most_faults": 3}),
    "wire-jitter": s.scenarios(in_flight=st.just("auto"), most_items=14, longest_jitter_s=0.05),
    "broker-cut": s.scenarios(kinds=[ClientCutOff], **{**FULL, "most_faults": 5}),
    "outside": s.scenarios(
        kinds=(*s.GATE_FAULTS, *s.CAMERA_FAULTS), most_items=3, most_faults=1, layout=st.just(Layout()),
    ),
    "liveness": s.scenarios(kinds=s.ALL_FAULTS),
}  # fmt: skip
MEDIANS = ("examples", "seconds", "items", "faults")
EXTRA = {"stopping": all_at_rest, "liveness": all_accounted_for}


@dataclass
class Hunt:
    """What came of hunting one broken controller."""

    name: str
    found: bool = False
    story: str = ""
    check: str = ""
    examples: int = 0
    seconds: float = 0.0
    items: int = 0
    faults: int = 0


def hunt(name, controller):
    """Run story after story until one objects; its smallest scenario is what counts."""
    result = Hunt(name)
    began_s = time.perf_counter()
    for story, scenarios in STORIES.items():
        if _objects(result, controller, story, scenarios, began_s):
            break
    return result


def _objects(result, controller, story, scenarios, began_s):
    def property_(scenario):
        run = simulate(scenario, controller=controller)
        if not result.found:
            result.examples += 1
        wrong = EXTRA[story](run) if story in EXTRA else []
        if (run.violations or wrong) and (controller is Controller or not simulate(scenario).violations):
            if not result.found:
                result.seconds = time.perf_counter() - began_s
            result.found, result.story = True, story
            result.check = run.violations[0].check if run.violations else story
            result.items, result.faults = scenario.item_count, len(scenario.faults)
            raise AssertionError(result.check)

    test = settings(
        max_examples=EXAMPLES["quick"], database=None, deadline=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink), report_multiple_bugs=False,
    )(seed(0)(given(scenarios)(property_)))  # fmt: skip
    try:
        test()
    except AssertionError:
        return True
    return False


def main():
    """Hunt them all, or those named, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[[], *BROKEN], default=[])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    hunts = []
    print(f"{'controller':30} found  story             check              examples  seconds  items  faults")
    ours = hunt("(ours)", Controller)
    show(ours)
    for name in arguments.names or BROKEN:
        hunts.append(hunt(name, BROKEN[name]))
        show(hunts[-1])
    found = [one for one in hunts if one.found]
    print(f"{len(found)} of {len(hunts)} found")
    if found:
        medians = {field: statistics.median(getattr(one, field) for one in found) for field in MEDIANS}
        print("medians: " + ", ".join(f"{value:.3g} {field}" for field, value in medians.items()))
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in hunts], indent=1))
    sys.exit(ours.found or len(found) < len(hunts))


def show(one):
    """A line of the table."""
    print(
        f"{one.name:30} {'yes' if one.found else 'NO':5}  {one.story:16}  {one.check:17}  {one.examples:8}"
        f"  {one.seconds:7.1f}  {one.items:5}  {one.faults:6}", flush=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
