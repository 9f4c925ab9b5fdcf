"""The program `controller run` in real time, against `twin serve` over amqtt, and over mosquitto: all items right.

The runs wait for the wall clock nearly all the time, so they go side by side.
"""

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.foreign import Foreign

pytestmark = [pytest.mark.slow, pytest.mark.broker]

ITEMS = 10
TRIES = 3
LOOK_S = 0.01
STALL_MS = 20.0
"""A machine that keeps a thread from going on for longer disturbs windows of 60 ms over four hops."""

END_S = 150
IN_FLIGHT = ["1", "auto"]


def controller(where, in_flight, recognizer):
    return [
        sys.executable, "-m", "controller", "run", "--broker", where, "--in-flight", in_flight,
        "--recognizer", recognizer, "--items", str(ITEMS),
    ]  # fmt: skip


def served(in_flight, folder):
    """`twin serve` and `controller run`, each a program of its own: items in their bins, in reject, violated checks."""
    summary = folder / f"serve-{in_flight}.json"
    command = ["serve", "--port", "0", "--items", str(ITEMS), "--seed", "5", "--summary", str(summary)]
    plant = subprocess.Popen([sys.executable, "-m", "twin", *command], stdout=subprocess.PIPE, text=True)
    try:
        where = next(line.split("listens on ")[1].split(",")[0] for line in plant.stdout if "listens on" in line)
        reader = threading.Thread(target=plant.stdout.read, daemon=True)
        reader.start()
        done = subprocess.run(controller(where, in_flight, "resnet"), timeout=END_S, check=False)
        codes = [plant.wait(END_S), done.returncode]
        reader.join()
    finally:
        plant.kill()
        plant.wait()
        plant.stdout.close()
    figures = json.loads(summary.read_bytes())
    violations = [violation["check"] for violation in figures["violations"]]
    assert codes == [bool(violations), 0]
    return figures["correct"], figures["rejected"], violations


def over(where, in_flight):
    """The same in real time over another broker; the plant in this process, `controller run` in one of its own."""
    settings = settings_for(Layout(), items=ITEMS, in_flight=in_flight if in_flight == "auto" else int(in_flight))
    scenario = Scenario(seed=4, items=ItemDraw(count=ITEMS), controller=settings)
    command = " ".join(controller("{host}:{port}", in_flight, "oracle"))
    run = simulate(scenario, link="realtime", broker=where, controller=Foreign(command), keep_trace=False)
    return run.summary.correct, run.summary.rejected, [violation.check for violation in run.violations]


def side_by_side(works):
    """What came of each."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(*work) for work in works]]


@contextmanager
def stalls_ms():
    """How much longer short sleeps took than they should, while this lasts."""
    late_ms, over = [0.0], threading.Event()

    def watch():
        while not over.is_set():
            before_s = time.monotonic()
            over.wait(LOOK_S)
            late_ms.append(1000 * (time.monotonic() - before_s - LOOK_S))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield late_ms
    finally:
        over.set()
        thread.join()


def demand_all_right(*works):
    """Each line, side by side, has every item in its bin.

    On a machine that stands still for a moment edges are late, and what is late rides to reject, or is pushed late:
    such a run tells of the machine, and is done again. In another class's bin nothing may be in any run.
    """
    stall_ms = 0.0
    for _ in range(TRIES):
        with stalls_ms() as late_ms:
            outcomes = side_by_side(works)
        assert [correct + rejected for correct, rejected, _ in outcomes] == [ITEMS] * len(outcomes), outcomes
        if all(outcome == (ITEMS, 0, []) for outcome in outcomes):
            return
        stall_ms = max(late_ms)
        assert stall_ms > STALL_MS, outcomes
    pytest.skip(f"the machine stands still for up to {stall_ms:.0f} ms: no place for real time")


def test_ten_items_over_twin_serve_are_all_right(tmp_path):
    demand_all_right(*[(served, in_flight, tmp_path) for in_flight in IN_FLIGHT])


def test_ten_items_over_mosquitto_are_all_right(mosquitto, another_mosquitto):
    lines = zip((mosquitto, another_mosquitto), IN_FLIGHT, strict=True)
    demand_all_right(*[(over, f"{broker.host}:{broker.port}", in_flight) for broker, in_flight in lines])
