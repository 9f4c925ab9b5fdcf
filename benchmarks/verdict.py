"""The reliability of the verdict: which breaks were reported, which were excused, and by which fact.

    python benchmarks/verdict.py [--pairs 20] [--sound 20000] [--processes 2] [--only losses,swapped,patience]

For every check it runs controllers that break its rule, on scenarios with faults of every family, each with and without
the faults. `ground_truth.py` counts the breaks independently. Then our sound controller runs on `--sound` scenarios;
every alarm is listed, and whether the ground truth confirms it. Three special cases follow: items swapped among foreign
objects, settings that wait for ten minutes, and counted runs that lose their controller.

Exit 1 if a break that also happens without the faults was not reported, if a break was neither reported nor excused, if
an alarm for the sound controller is false, or if a counted run did not come to rest.
"""

import argparse
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

from breaking import BREAKING  # noqa: E402
from ground_truth import breaks, delivered  # noqa: E402

from controller.core.controller import Controller  # noqa: E402
from controller.core.loader import LoaderPushes  # noqa: E402
from scenarios import strategies as s  # noqa: E402
from twin import ItemDraw, Layout, Scenario, settings_for, simulate  # noqa: E402
from twin.scenario.faults import BrokerDown, ClientCutOff, ControllerKilled, ForeignObject  # noqa: E402

FAMILIES = {
    "gates": s.GATE_FAULTS, "rods": s.ROD_FAULTS, "belt": s.BELT_FAULTS, "loader": s.LOADER_FAULTS,
    "camera": s.CAMERA_FAULTS, "recognizer": s.RECOGNIZER_FAULTS, "wire": s.LINK_FAULTS, "items": s.ITEM_FAULTS,
    "broker": s.BROKER_FAULTS, "controller": s.CONTROLLER_FAULTS,
}  # fmt: skip
COUNTED = ("lost", "not_at_rest")
MOST_EXCUSED = 0.1
CHUNK = 500


def drawn(count, number, kinds, **bounds):
    """Scenarios that are always the same for a number."""
    found = []

    @settings(
        max_examples=count, database=None, deadline=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )  # fmt: skip
    @seed(number)
    @given(s.scenarios(kinds=kinds, **bounds))
    def draw(scenario):
        found.append(scenario)

    draw()
    return found


def judge(check, kind, family, pairs):
    """One breaking controller under one family of faults."""
    tally, by = Counter(), Counter()
    busy = {"layout": st.just(Layout()), "fewest_items": 9, "most_items": 12, "counted": check in COUNTED}
    for scenario in drawn(pairs, 1, FAMILIES[family], **busy):
        run = simulate(scenario, controller=kind)
        healthy = breaks(simulate(msgspec.structs.replace(scenario, faults=()), controller=kind))
        happened = {each for each in breaks(run) if each[0] == check}
        reported = {(found.check, found.item) for found in run.violations}
        excused = {(each.violation.check, each.violation.item): each.fact.what for each in run.excused}
        both, ours = happened & healthy, breaks(simulate(scenario))
        tally += Counter(
            breaks=len(happened), reported=len(happened & reported), both=len(both), both_reported=len(both & reported),
            silent=len(happened - reported - set(excused)), ours=len((happened - reported) & ours),
        )  # fmt: skip
        by.update(excused[each] for each in happened - reported if each in excused)
    return check, kind.__name__, family, tally, by


def watch(number):
    """Run our controller on a chunk of scenarios; returns their number and the alarms by check, faults and truth."""
    families = list(FAMILIES.values())
    kinds = s.ALL_FAULTS if number % 5 == 4 else families[number % len(families)]
    alarms, excused, chosen = Counter(), Counter(), drawn(CHUNK, 1000 + number, kinds, counted=number % 3 == 0)
    for scenario in chosen:
        run = simulate(scenario)
        happened = breaks(run)
        for found in run.violations:
            true = (found.check, found.item) in happened
            clean = found.item is None or delivered(run, found.item)
            faults = "+".join(sorted({type(fault).__name__ for fault in scenario.faults}))
            alarms[found.check, faults, "confirmed" if true and clean else "touched" if true else "CONTRADICTED"] += 1
        excused.update((each.violation.check, each.fact.what) for each in run.excused)
    return len(chosen), alarms, excused


class NeverEmpty(LoaderPushes):
    """It never takes the stack for empty."""

    def brought_nothing(self, pushed_s, now_s):
        super().brought_nothing(pushed_s, now_s)
        return False


class Forgetful(Controller):
    """An older version of ours: items on the belt at a broker loss do not count, and an empty stack is not detected."""

    def __init__(self, settings):
        super().__init__(settings)
        self._loader = NeverEmpty(settings.loader_stroke_s)

    def _lost(self, event, now_s):
        done = self._done
        super()._lost(event, now_s)
        self._done = done


def losses():
    """Counted runs that lose controller, broker or connection: how many come to rest, and how many are reported."""
    rows, well = [], True
    for kind in (ClientCutOff, BrokerDown, ControllerKilled):
        for controller in (Controller, Forgetful):
            rested = reported = 0
            for number in range(35):
                from_s = 8.0 + number
                fault = kind(from_s=from_s, until_s=from_s + 1.0 + number % 5)
                counted = settings_for(Layout(), items=8)
                run = simulate(
                    Scenario(seed=number, items=ItemDraw(count=8), faults=(fault,), controller=counted),
                    controller=controller,
                )  # fmt: skip
                ended = run.trace[-1]
                at_rest = not ended.running and not ended.rods_out
                rested += at_rest
                reported += not at_rest and "not_at_rest" in {found.check for found in run.violations}
            rows.append((kind.__name__, controller.__name__, rested, 35 - rested, reported))
            well &= (rested == 35) == (controller is not Forgetful) and reported == 35 - rested
    print("\ncounted runs of 8 items, 35 runs each:  loss, controller, at rest, not at rest, of these reported")
    for row in rows:
        print(f"  {row[0]:18} {row[1]:12} {row[2]:4} {row[3]:4} {row[4]:4}")
    return well


class SwapsBins(Controller):
    """Two classes are swapped in its table of bins."""

    def __init__(self, settings):
        bins = dict(settings.bins)
        bins["ripe"], bins["half_ripe"] = bins["half_ripe"], bins["ripe"]
        super().__init__(msgspec.structs.replace(settings, bins=bins))


def swapped():
    """Swapped bins, and a foreign object on the belt every 30 s."""
    thrown = tuple(ForeignObject(from_s=t, until_s=t, at_m=0.1 + 0.3 * (t % 4) / 3) for t in range(30, 330, 30))
    scenario = Scenario(seed=2, items=ItemDraw(count=50), faults=thrown, controller=settings_for(Layout()))
    run = simulate(scenario, controller=SwapsBins)
    wrong = {each for each in breaks(run) if each[0] == "wrong_bin"}
    reported = {(found.check, found.item) for found in run.violations} & wrong
    carried = Counter(each.fact.what for each in run.excused if each.violation.check == "wrong_bin")
    print(
        f"\nswapped bins, foreign objects every 30 s: {len(wrong)} in a wrong bin, {len(reported)} reported,"
        f" {carried['carried']} carried by another"
    )
    return len(wrong) == len(reported) + carried["carried"]


def patience():
    """Settings that wait for ten minutes must excuse no more than the default settings."""
    worse = 0
    for scenario in drawn(60, 5, s.ALL_FAULTS, layout=st.just(Layout()), fewest_items=6):
        waits = msgspec.structs.replace(scenario.controller, patience_s=600.0, late_image_s=600.0)
        slow = msgspec.structs.replace(scenario, controller=waits)
        excused = [
            {(each.violation.check, each.violation.item) for each in simulate(each_of, controller=usual).excused}
            for each_of in (scenario, slow)
        ]  # fmt: skip
        worse += excused[0] != excused[1]
    print(
        f"\nsettings of 600 s, the same controller: {worse} of 60 scenarios excuse anything else than with the defaults"
    )
    return worse == 0


def usual(given):
    """Our controller with the default patience, whatever the given settings."""
    return Controller(msgspec.structs.replace(given, patience_s=20.0, late_image_s=8.0))


CASES = {"losses": losses, "swapped": swapped, "patience": patience}

REASONS = {
    (
        "needless_reject",
        "belt",
    ): "every item is late on a belt at another speed, and two late items look like another line",
    ("needless_reject", "loader"): "two items from one push pass each beam as one",
    ("needless_reject", "camera"): "pictures carry no number: a missing, extra or late one may be the next item's",
    ("needless_reject", "recognizer"): "an item without an answer belongs to reject",
    ("needless_reject", "wire"): "a message about the item was lost or late",
    ("needless_reject", "broker"): "on the belt, or next to such an item, during the loss",
    ("needless_reject", "controller"): "on the belt, or next to such an item, during the loss",
    ("jam", "loader"): "the second of two items from one push is stopped by the first, and the first is reported",
    ("jam", "broker"): "no controller was connected to pull the rod",
}
"""The reason for which a check may excuse more than one in ten breaks under a family of faults."""


def main():
    """Run all parts, or those named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--sound", type=int, default=20_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    if arguments.only:
        sys.exit(sum(not CASES[name]() for name in arguments.only.split(",")) > 0)
    pool = partial(ProcessPoolExecutor, arguments.processes, get_context("spawn"))
    with pool() as workers:
        well = table(workers, arguments.pairs)
        well &= sound(workers, arguments.sound)
    failed = sum(not case() for case in CASES.values())
    sys.exit(failed > 0 or not well)


def table(workers, pairs):
    """Table by check and family: breaks, reported, in both runs of a pair and reported, excused, by which fact."""
    jobs = [
        workers.submit(judge, check, kind, family, pairs)
        for check, kinds in BREAKING.items() for kind in kinds for family in FAMILIES
    ]  # fmt: skip
    print(f"{'check':18} {'controller':20} {'family':11} breaks  reported  in both  reported  excused")
    well = True
    for job in jobs:
        check, name, family, tally, by = job.result()
        excused = sum(by.values())
        share = excused / tally["breaks"] if tally["breaks"] else 0.0
        why = ", ".join(f"{what} {count}" for what, count in by.most_common())
        reason = f" [{REASONS.get((check, family), 'NO REASON')}]" if share > MOST_EXCUSED else ""
        if excused:
            why += f"; {tally['ours']} of these ours has, too"
        print(
            f"{check:18} {name:20} {family:11} {tally['breaks']:6}  {tally['reported']:8}  {tally['both']:7}"
            f"  {tally['both_reported']:8}  {share:5.0%} {why}{reason}", flush=True,
        )  # fmt: skip
        well &= tally["both"] == tally["both_reported"] and tally["silent"] == 0
    return well


def sound(workers, count):
    """Our own controller's alarms, and the excused breaks."""
    began_s, scenarios, alarms, excused = time.perf_counter(), 0, Counter(), Counter()
    for done, raised, forgiven in workers.map(watch, range(-(-count // CHUNK))):
        scenarios, alarms, excused = scenarios + done, alarms + raised, excused + forgiven
    print(f"\nour controller: {scenarios} scenarios in {time.perf_counter() - began_s:.0f} s, {alarms.total()} alarms")
    for (check, faults, truth), number in alarms.most_common():
        print(f"  {number:5} {check} under {faults}: {truth} ({number / scenarios:.2%} of the scenarios)")
    by_check = defaultdict(Counter)
    for (check, what), number in excused.items():
        by_check[check][what] = number
    for check, facts in by_check.items():
        print(f"  excused {check}: " + ", ".join(f"{what} {number}" for what, number in facts.most_common()))
    return not any(truth == "CONTRADICTED" for _, _, truth in alarms)


if __name__ == "__main__":
    main()
