"""`controller run` in real time, with `twin serve` over amqtt, and over mosquitto: every item is in its bin.

The runs mostly wait for the wall clock, so they run side by side.
"""

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from support.real_time import undisturbed

from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.links.external_controller import ExternalController

pytestmark = [pytest.mark.slow, pytest.mark.broker]

ITEMS = 10
END_S = 150
IN_FLIGHT = ["1", "auto"]


def controller(where, in_flight, recognizer):
    return [
        sys.executable, "-m", "controller", "run", "--broker", where, "--in-flight", in_flight,
        "--recognizer", recognizer, "--items", str(ITEMS),
    ]  # fmt: skip


def served(in_flight, folder):
    """Run `twin serve` and `controller run` as two programs; returns items in their bins, rejects and violations."""
    summary = folder / f"serve-{in_flight}.json"
    command = ["serve", "--port", "0", "--items", str(ITEMS), "--seed", "8", "--summary", str(summary)]
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
    """The same over another broker, with the plant in this process and `controller run` in its own."""
    settings = settings_for(Layout(), items=ITEMS, in_flight=in_flight if in_flight == "auto" else int(in_flight))
    scenario = Scenario(seed=4, items=ItemDraw(count=ITEMS), controller=settings)
    command = " ".join(controller("{host}:{port}", in_flight, "oracle"))
    run = simulate(scenario, link="realtime", broker=where, controller=ExternalController(command), keep_trace=False)
    return run.summary.correct, run.summary.rejected, [violation.check for violation in run.violations]


def side_by_side(works):
    """The outcome of each."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(*work) for work in works]]


def demand_all_right(*works):
    """Side by side, each line sorts every item into its bin. No run may have an item in a wrong bin."""

    def nothing_misplaced(outcomes):
        assert [correct + rejected for correct, rejected, _ in outcomes] == [ITEMS] * len(outcomes)

    def all_right(outcomes):
        assert outcomes == [(ITEMS, 0, [])] * len(outcomes)

    undisturbed(partial(side_by_side, works), always=nothing_misplaced, in_time=all_right)


def test_ten_items_over_twin_serve_are_all_right(tmp_path):
    demand_all_right(*[(served, in_flight, tmp_path) for in_flight in IN_FLIGHT])


def test_ten_items_over_mosquitto_are_all_right(mosquitto, another_mosquitto):
    lines = zip((mosquitto, another_mosquitto), IN_FLIGHT, strict=True)
    demand_all_right(*[(over, f"{broker.host}:{broker.port}", in_flight) for broker, in_flight in lines])
