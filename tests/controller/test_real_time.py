"""The program `controller run` in real time, against `twin serve` over amqtt, and over mosquitto: all items right.

The runs wait for the wall clock nearly all the time, so they go side by side.
"""

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.foreign import Foreign

pytestmark = [pytest.mark.slow, pytest.mark.broker]

ITEMS = 10
TRIES = 3
END_S = 150
IN_FLIGHT = ["1", "auto"]


def controller(where, in_flight, recognizer):
    return [
        sys.executable, "-m", "controller", "run", "--broker", where, "--in-flight", in_flight,
        "--recognizer", recognizer, "--items", str(ITEMS),
    ]  # fmt: skip


def served(in_flight, folder):
    """`twin serve` and `controller run`, each a program of its own: items, those in their bins, violated checks."""
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
    return figures["items"], figures["correct"], violations


def over(where, in_flight):
    """The same in real time over another broker; the plant in this process, `controller run` in one of its own."""
    settings = settings_for(Layout(), items=ITEMS, in_flight=in_flight if in_flight == "auto" else int(in_flight))
    scenario = Scenario(seed=4, items=ItemDraw(count=ITEMS), controller=settings)
    command = " ".join(controller("{host}:{port}", in_flight, "oracle"))
    run = simulate(scenario, link="realtime", broker=where, controller=Foreign(command), keep_trace=False)
    return run.summary.items, run.summary.correct, [violation.check for violation in run.violations]


def side_by_side(works):
    """What came of each."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(*work) for work in works]]


def sorted_as_should_be(work, *arguments):
    """Whether one of `TRIES` runs has every item in its bin; none may break a rule.

    A machine that stands still for a moment makes an edge late, and what is late rides to reject: that is as it
    should be, and tells of the machine.
    """
    for _ in range(TRIES):
        items, correct, violations = work(*arguments)
        assert items == ITEMS
        assert set(violations) <= {"needless_reject"}
        if (correct, violations) == (ITEMS, []):
            return True
    return False


def test_ten_items_over_twin_serve_are_all_right(tmp_path):
    assert all(side_by_side([(sorted_as_should_be, served, in_flight, tmp_path) for in_flight in IN_FLIGHT]))


def test_ten_items_over_mosquitto_are_all_right(mosquitto, another_mosquitto):
    lines = zip((mosquitto, another_mosquitto), IN_FLIGHT, strict=True)
    places = [(f"{broker.host}:{broker.port}", in_flight) for broker, in_flight in lines]
    assert all(side_by_side([(sorted_as_should_be, over, where, in_flight) for where, in_flight in places]))
