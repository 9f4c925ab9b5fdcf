"""From gate edge to command: how long the controller takes over a real broker while pictures are being recognised.

    python benchmarks/controller_latency.py [--items 60] [--picture-bytes 100000]

The line and the broker are a process of their own, the controller is this one, on the wall clock, with the shipped
model. Measured in its adapter: from the message handed over by paho until the publish call has returned. Once with
the line's own pictures only, once while another thread recognises pictures of that size without a pause: an edge
then always meets a recognition under way.
"""

import argparse
import multiprocessing
import multiprocessing.connection
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import twin.run
from classifier import Classifier
from classifier.renderer import render
from controller.clocks import WallClock
from controller.core import Controller
from controller.mqtt import Address, Connection
from controller.session import Session
from controller.worker import Worker
from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.broker import EmbeddedBroker
from twin.camera import Film, film_of
from twin.foreign import Foreign
from twin.item import Rider
from twin.scenario import RecognizerModel

LINE = Layout(
    belt_speed_m_per_s=0.6, belt_ramp_s=0.1, camera_m=0.15, gates_m=(0.35, 0.65, 0.95), rods_m=(0.43, 0.73, 1.03),
    end_m=1.2, loader_stroke_s=0.2, rod_stroke_s=0.1,
)  # fmt: skip
TOLD = {"belt_start_s": 0.3, "loader_stroke_s": 0.2, "rod_stroke_s": 0.2}


@dataclass(frozen=True)
class Padded:
    """Pictures as large as asked: what stands behind a JPEG's end is no part of the picture."""

    film: Film
    size_bytes: int

    def picture(self, rider: Rider) -> bytes:
        """The film's picture and zeros."""
        return self.film.picture(rider).ljust(self.size_bytes, b"\0")


def work_line(items: int, size_bytes: int, parent: multiprocessing.connection.Connection) -> None:
    """The plant and the broker; tells the parent the port, and how many items went where they belong."""
    twin.run.film_of = lambda *arguments: Padded(film_of(*arguments), size_bytes)
    scenario = Scenario(
        seed=5, layout=LINE, items=ItemDraw(count=items), recognizer=RecognizerModel(source="images"),
        controller=settings_for(LINE, items=items),
    )  # fmt: skip
    with EmbeddedBroker() as broker:
        parent.send(broker.port)
        run = simulate(scenario, link="realtime", broker=broker, controller=Foreign(), patient=True, keep_trace=False)
    parent.send((run.summary.correct, [violation.check for violation in run.violations]))


def recognise_on(classifier: Classifier, image: bytes, over: threading.Event) -> None:
    while not over.is_set():
        classifier.classify(image)


@contextmanager
def recognising(size_bytes: int) -> Iterator[None]:
    """Another thread recognises pictures without a pause."""
    over = threading.Event()
    image = render("ripe", seed=1).ljust(size_bytes, b"\0")
    thread = threading.Thread(target=recognise_on, args=(Classifier.load(), image, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def control(items: int, size_bytes: int, *, busy: bool) -> tuple[list[float], int, list[str]]:
    """Latencies in ms, items that went where they belong, and the checks that complained."""
    ours, theirs = multiprocessing.Pipe()
    line = multiprocessing.get_context("spawn").Process(target=work_line, args=(items, size_bytes, theirs))
    line.start()
    clock = WallClock()
    connection = Connection(Address(port=ours.recv()))
    connection.open()
    with Worker(Classifier.load(), connection.poke) as worker, recognising(size_bytes) if busy else nullcontext():
        session = Session(Controller(settings_for(LINE, items=items, **TOLD)), worker)
        clock.run(session, connection, threading.Event())
    connection.close()
    correct, complaints = ours.recv()
    line.join()
    return [1000 * latency_s for latency_s in clock.gate_to_command_s], correct, complaints


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=60)
    parser.add_argument("--picture-bytes", type=int, default=100_000)
    options = parser.parse_args()
    for busy in (False, True):
        took_ms, correct, complaints = control(options.items, options.picture_bytes, busy=busy)
        percent = statistics.quantiles(took_ms, n=100, method="inclusive")
        print(
            f"{'recognition without a pause' if busy else 'the line alone':28s} p50 {percent[49]:.2f} ms, "
            f"p99 {percent[98]:.2f} ms, longest {max(took_ms):.2f} ms over {len(took_ms)} commands; "
            f"{correct} of {options.items} items right, complaints {complaints}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
