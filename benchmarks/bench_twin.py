"""The twin's speed, compared with lower bounds measured in the same run.

    pytest benchmarks/bench_twin.py -s

Each figure is printed; no time is asserted. The ratio of two figures of one run is more reliable than either.
"""

import os
import queue
import statistics
import subprocess
import sys
import threading
import time

import paho.mqtt.client as mqtt
import pytest
import simpy
from paho.mqtt.enums import CallbackAPIVersion

from controller.mqtt import no_delay
from twin import ItemDraw, Layout, Scenario, settings_for, simulate
from twin.broker.embedded import EmbeddedBroker

ROUNDS = 5


def scenario(items, in_flight="auto"):
    settings = settings_for(Layout(), items=items, in_flight=in_flight)
    return Scenario(seed=1, items=ItemDraw(count=items), controller=settings)


def bare_timeouts(count):
    """SimPy alone: as many timeouts as the run had events, one after another."""
    environment = simpy.Environment()

    def wait():
        for _ in range(count):
            yield environment.timeout(1.0)

    environment.process(wait())
    environment.run()


def test_memory_with_the_oracle(benchmark):
    run = benchmark.pedantic(lambda: simulate(scenario(1000), keep_trace=False), rounds=ROUNDS, warmup_rounds=1)
    took_s = benchmark.stats.stats.median
    floors_s = []
    for _ in range(ROUNDS):
        before_s = time.perf_counter()
        bare_timeouts(run.events)
        floors_s.append(time.perf_counter() - before_s)
    floor_s = statistics.median(floors_s)
    assert run.violations == []
    print(
        f"\nmemory, oracle: {1000 / took_s:.0f} items/s ({run.events} events, {run.events / took_s:.0f} a second); "
        f"floor, bare timeouts: {floor_s:.3f} s, the run takes {took_s / floor_s:.1f} times that"
    )


COST = """
import re, sys, time
from pathlib import Path
from twin import ItemDraw, Layout, Scenario, settings_for, simulate
items = int(sys.argv[1])
simulate(Scenario(items=ItemDraw(count=20), controller=settings_for(Layout(), items=20)), keep_trace=False)
chosen = Scenario(seed=1, items=ItemDraw(count=items), controller=settings_for(Layout(), items=items))
before_s = time.process_time()
run = simulate(chosen, keep_trace=False)
took_s = time.process_time() - before_s
assert run.summary.items == items and not run.violations
peak_kib = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
print(took_s / items * 1e6, peak_kib / 1024)  # ru_maxrss would begin with the parent's.
"""


def cost(items):
    """CPU time per item in µs and peak memory in MiB of a run in its own process. Linux only."""
    output = subprocess.run([sys.executable, "-c", COST, str(items)], capture_output=True, check=True, text=True)
    return [float(figure) for figure in output.stdout.split()]


def test_cost_and_memory_are_flat_from_100_to_100_000_items():
    sizes = {100: ROUNDS, 1000: ROUNDS, 10_000: 3, 100_000: 1}
    table = {}
    for items, rounds in sizes.items():
        figures = [cost(items) for _ in range(rounds)]
        table[items] = [statistics.median(column) for column in zip(*figures, strict=True)]
        print(f"\n{items:7d} items: {table[items][0]:7.0f} µs an item, peak {table[items][1]:.1f} MiB", end="")
    print(
        f"\nratio 100,000 to 1,000: cost {table[100_000][0] / table[1000][0]:.2f}, "
        f"memory {table[100_000][1] / table[1000][1]:.2f}; 100,000 to 100: cost {table[100_000][0] / table[100][0]:.2f}"
    )


class Echo:
    """A paho client that answers each request with one message: the least cost of lockstep."""

    def __init__(self, broker):
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="echo", protocol=mqtt.MQTTv311)
        self.client.on_socket_open = no_delay
        self.requests = queue.SimpleQueue()
        ready = threading.Event()
        self.client.on_connect = lambda *_: self.client.subscribe("request")
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.on_message = lambda *arguments: self.requests.put(arguments[-1].payload)
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        ready.wait(5)
        threading.Thread(target=self.work, daemon=True).start()

    def work(self):
        while (request := self.requests.get()) is not None:
            self.client.publish("answer", request)

    def close(self):
        self.requests.put(None)
        self.client.disconnect()
        self.client.loop_stop()
        del self.client


def round_trips(broker, count):
    """Plain requests and answers over the broker, with the link's threads; returns the seconds."""
    echo = Echo(broker)
    answers = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="asks", protocol=mqtt.MQTTv311)
    client.on_socket_open = no_delay
    client.on_connect = lambda *_: client.subscribe("answer")
    subscribed = []
    client.on_subscribe = lambda *_: subscribed.append(True)
    client.on_message = lambda *_: answers.append(True)
    client.connect(broker.host, broker.port)
    while not subscribed:
        client.loop(0.1)
    before_s = time.perf_counter()
    for number in range(count):
        client.publish("request", b'{"grant":1,"now_s":12.345678,"sent":17}')
        while len(answers) <= number:
            client.loop(1.0)
    took_s = time.perf_counter() - before_s
    client.disconnect()
    client.loop(0.1)
    echo.close()
    return took_s


@pytest.mark.broker
def test_lockstep_over_the_embedded_broker():
    rows = []
    with EmbeddedBroker() as broker:
        for _ in range(ROUNDS):
            run = simulate(scenario(100), link="lockstep", keep_trace=False)
            grants_s = run.exchanges / run.summary.wall_s
            floor_s = 1500 / round_trips(broker, 1500)
            rows.append((100 / run.summary.wall_s, grants_s, floor_s, grants_s / floor_s, run.summary.speedup))
            assert run.violations == []
    items_s, grants_s, floor_s, ratio, speedup = (statistics.median(column) for column in zip(*rows, strict=True))
    print(
        f"\nlockstep, amqtt: {items_s:.0f} items/s, {grants_s:.0f} grants/s; bare round trips {floor_s:.0f}/s; "
        f"ratio {ratio:.2f}; {speedup:.0f} times real time"
    )


@pytest.mark.broker
@pytest.mark.slow
def test_realtime_lateness():
    run = simulate(scenario(6), link="realtime")
    assert run.violations == []
    print(
        f"\nrealtime: {run.summary.sim_s:.0f} s, event lateness p50 {run.lateness_ms.p50:.2f} ms, "
        f"p99 {run.lateness_ms.p99:.2f} ms; load {os.getloadavg()[0]:.1f}"
    )
