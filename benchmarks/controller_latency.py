"""Latency from gate edge to command, over a real broker, while pictures are being recognised.

    python benchmarks/controller_latency.py [--items 60] [--picture-bytes 100000]

Line and broker run in another process. The controller runs in this one, on the wall clock, with the shipped model. Its
adapter measures from paho's delivery of the message until the publish call has returned. The first run has the line's
own pictures only. In the second another thread recognises pictures of that size without a pause, so that a recognition
is always in progress. Each run also measures a lower bound: an idle hand-over between two threads, every 50 ms. It
shows a machine that is slow to wake.
"""

import argparse
import multiprocessing
import multiprocessing.connection
import queue
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import twin.run
from classifier import Classifier
from classifier.rendering.renderer import render
from controller.core.controller import Controller
from controller.mqtt import Address, Connection
from controller.program import SWITCH_S
from controller.session import Session
from controller.wall_clock import WallClock
from controller.worker import Worker
from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.broker.embedded import EmbeddedBroker
from twin.links.external_controller import ExternalController
from twin.plant.belt_item import BeltItem
from twin.scenario.item import CLASSES
from twin.scenario.scenario import RecognizerModel

LINE = Layout(
    belt_speed_m_per_s=0.6, belt_ramp_s=0.1, camera_m=0.15, gates_m=(0.35, 0.65, 0.95), rods_m=(0.43, 0.73, 1.03),
    end_m=1.2, loader_stroke_s=0.2, rod_stroke_s=0.1,
)  # fmt: skip
SETTINGS = {"belt_start_s": 0.3, "loader_stroke_s": 0.2, "rod_stroke_s": 0.2}


class Shown:
    """Pictures drawn before the run, so that drawing delays no gate edge.

    Bytes behind the JPEG's end pad them to the requested size."""

    def __init__(self, size_bytes: int) -> None:
        self._pictures = {name: render(name, seed=1).ljust(size_bytes, b"\0") for name in CLASSES}

    def picture(self, belt_item: BeltItem) -> bytes:
        """The picture of the item's class."""
        return self._pictures[belt_item.item.item_class]


def work_line(items: int, size_bytes: int, parent: multiprocessing.connection.Connection) -> None:
    """Run plant and broker; send the parent the port, and the number of correctly sorted items."""
    picture_source = Shown(size_bytes)
    twin.run.picture_source_of = lambda *_: picture_source
    scenario = Scenario(
        seed=5, layout=LINE, items=ItemDraw(count=items), recognizer=RecognizerModel(source="images"),
        controller=settings_for(LINE, **SETTINGS),
    )  # fmt: skip
    with EmbeddedBroker() as broker:
        parent.send(broker.port)
        run = simulate(scenario, link="realtime", broker=broker, controller=ExternalController(), keep_trace=False)
        parent.send((run.summary.correct, [violation.check for violation in run.violations]))


def recognise_on(classifier: Classifier, image: bytes, over: threading.Event) -> None:
    while not over.is_set():
        classifier.classify(image)


@contextmanager
def recognising(size_bytes: int) -> Iterator[None]:
    """Recognise pictures in another thread without a pause."""
    over = threading.Event()
    image = render("ripe", seed=1).ljust(size_bytes, b"\0")
    thread = threading.Thread(target=recognise_on, args=(Classifier.load(), image, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class Floor:
    """Two threads and a queue between them; `took_ms` has the time of each hand-over."""

    def __init__(self) -> None:
        self.took_ms: list[float] = []
        self._sent: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._send, self._receive)]

    def __enter__(self) -> "Floor":
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        while not self._over.wait(0.05):
            self._sent.put(time.monotonic())
        self._sent.put(None)

    def _receive(self) -> None:
        while (sent_s := self._sent.get()) is not None:
            self.took_ms.append(1000 * (time.monotonic() - sent_s))


def spread(took_ms: list[float]) -> str:
    percent = statistics.quantiles(took_ms, n=100, method="inclusive")
    return f"p50 {percent[49]:.2f}, p99 {percent[98]:.2f}, longest {max(took_ms):.2f} ms over {len(took_ms)}"


def control(items: int, size_bytes: int, *, busy: bool) -> tuple[list[float], list[float], int, list[str]]:
    """Latencies and lower bounds in ms, correctly sorted items, and violated checks."""
    ours, theirs = multiprocessing.Pipe()
    line = multiprocessing.get_context("spawn").Process(target=work_line, args=(items, size_bytes, theirs))
    line.start()
    clock, over, received = WallClock(), threading.Event(), []
    connection = Connection(Address(port=ours.recv()))

    def await_the_end() -> None:
        received.append(ours.recv())
        over.set()

    threading.Thread(target=await_the_end).start()
    connection.open()
    load = recognising(size_bytes) if busy else nullcontext()
    with Worker(Classifier.load(), connection.poke) as worker, load, Floor() as floor:
        clock.run(Session(Controller(settings_for(LINE, **SETTINGS)), worker), connection, over)
    connection.close()
    line.join()
    return [1000 * latency_s for latency_s in clock.gate_to_command_s], floor.took_ms, *received[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=60)
    parser.add_argument("--picture-bytes", type=int, default=100_000)
    options = parser.parse_args()
    sys.setswitchinterval(SWITCH_S)  # As the program does.
    for busy in (False, True):
        took_ms, floor_ms, correct, complaints = control(options.items, options.picture_bytes, busy=busy)
        print(
            f"{'recognition without a pause' if busy else 'the line alone'}: {spread(took_ms)} commands; "
            f"floor: {spread(floor_ms)} hand-overs; {correct} of {options.items} items right, complaints {complaints}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
