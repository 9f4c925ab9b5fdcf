"""Whether the link hosted does what it promises: the same on every run, and what happens in real time and in memory.

    python benchmarks/hosted_alike.py digests|brokers|ours [PYTHON]

digests: ten runs of each program of the gallery, five of them beside a load on all cores, have one digest.
brokers: its programs put ten items into the same bins as in real time, over the embedded broker and over mosquitto.
ours: `controller run`, as a user would start it, does what our controller does in memory, in 50 generated scenarios.

PYTHON has paho-mqtt and aiomqtt. Exit code 1 if anything differs.
"""

import http.server
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from controller.errors import RecognizerError  # noqa: E402
from controller.simulation.oracle import Oracle, read_note  # noqa: E402
from scenarios.strategies import ALL_FAULTS, scenarios  # noqa: E402
from twin import ExternalController, ItemDraw, Layout, Scenario, simulate  # noqa: E402

GALLERY = sorted((ROOT / "examples" / "controllers").glob("*.py"))
RUNS = 10
ITEMS = 10
GENERATED = 50
MOST_LINES = 4
"""So many lines run side by side in real time: they mostly wait."""


def command(python, program, service="{service}"):
    """The command line of a program of the gallery."""
    return f"{shlex.quote(python)} {shlex.quote(str(program))} {{host}} {{port}} {service}"


@contextmanager
def load():
    """All cores are busy."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def digests(python):
    """Ten runs of each program, each in a process of its own."""
    alike = True
    scenario = Scenario(seed=5, items=ItemDraw(count=5))
    for program in GALLERY:

        def run(program=program):
            return simulate(scenario, link="hosted", controller=ExternalController(command(python, program)))

        began_s = time.perf_counter()
        found = [run().summary.digest for _ in range(RUNS // 2)]
        with load():
            found += [run().summary.digest for _ in range(RUNS - RUNS // 2)]
        alike &= len(set(found)) == 1
        took_s = time.perf_counter() - began_s
        print(f"{program.name:26} {len(found)} runs, {len(set(found))} digest(s), {took_s:.0f} s", flush=True)
    return alike


class TruthfulService(http.server.BaseHTTPRequestHandler):
    """Answers from the note that the twin puts into a picture, after the time that it says."""

    def do_POST(self):
        """A picture's recognition."""
        picture = self.rfile.read(int(self.headers["content-length"]))
        note = read_note(picture)
        time.sleep(note.latency_s if note is not None else 0)
        try:
            says = Oracle().classify(picture)
            answer = {"results": [{"label": says.label, "confidence": says.confidence}], "code": 0, "error": ""}
        except RecognizerError as error:
            answer = {"results": [], "code": 1, "error": str(error)}
        body = msgspec.json.encode(answer)
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def service():
    """The address of a recognition service."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), TruthfulService) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/aisim_tf_pre"
        server.shutdown()


@contextmanager
def mosquitto():
    """The address of a mosquitto of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "mosquitto.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n", encoding="utf-8")
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        process = subprocess.Popen([program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def brokers(python):
    """Ten items without faults: hosted, and in real time over each broker."""
    scenario = Scenario(seed=5, items=ItemDraw(count=ITEMS))

    def hosted(program):
        return simulate(scenario, link="hosted", controller=ExternalController(command(python, program))).summary.bins

    def real_time(program, broker, address):
        external = ExternalController(command(python, program, address))
        if broker == "amqtt":
            return simulate(scenario, link="realtime", controller=external).summary.bins
        with mosquitto() as place:
            return simulate(scenario, link="realtime", controller=external, broker=place).summary.bins

    alike = True
    with service() as address, ThreadPoolExecutor(MOST_LINES) as lines:
        played = {
            (program, broker): lines.submit(real_time, program, broker, address)
            for program in GALLERY for broker in ("amqtt", "mosquitto")
        }  # fmt: skip
        found = {program: hosted(program) for program in GALLERY}
        for (program, broker), run in played.items():
            same = run.result() == found[program]
            alike &= same
            differs = "" if same else f"  DIFFERS: {found[program]} hosted"
            print(f"{program.name:26} {broker:10} {run.result()}{differs}", flush=True)
    return alike


def ours(python):
    """Our own controller, hosted and in memory, in generated scenarios with every kind of fault."""
    words = f"{shlex.quote(python)} -m controller run --broker {{host}}:{{port}} --recognizer oracle"
    program, counts = ExternalController(words), {"runs": 0, "same bins": 0, "same digest twice": 0, "violations": 0}

    @settings(
        max_examples=GENERATED, database=None, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(scenarios(kinds=ALL_FAULTS, most_items=5, layout=st.just(Layout()), in_flight=st.just("auto")))
    def play(scenario):
        played, again = (simulate(scenario, link="hosted", controller=program) for _ in range(2))
        counts["runs"] += 1
        same = played.summary.bins == simulate(scenario).summary.bins
        counts["same bins"] += same
        counts["same digest twice"] += again.summary.digest == played.summary.digest
        counts["violations"] += len(played.violations)
        if not same:
            print("other bins:", played.summary.bins, simulate(scenario).summary.bins, msgspec.json.encode(scenario))

    play()
    print(counts)
    return counts["runs"] == counts["same bins"] == counts["same digest twice"] and not counts["violations"]


def main(what, python=sys.executable):
    """Run one of the comparisons."""
    return 0 if {"digests": digests, "brokers": brokers, "ours": ours}[what](python) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
