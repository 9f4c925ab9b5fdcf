"""How long a report takes to open and how smoothly it plays, in Chromium; and what a live page costs a run.

python benchmarks/report_page.py [page] [live]
"""

import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.browser import browser

from twin import Item, ItemDraw, Layout, Scenario, settings_for, simulate
from twin.report.drawing import Sketch
from twin.report.html import write_report
from twin.report.reported import Origin, Verdict, report_of, reported_run
from twin.view.live_page import live_page

COUNTS = (100, 10_000)
PLAYED_MS = 2000
FAST = Layout(belt_speed_m_per_s=0.4)
LIVE = Scenario(
    layout=FAST, items=tuple(Item(item_class=name) for name in ("raw", "ripe", "half_ripe") * 3),
    controller=settings_for(FAST, belt_start_s=1.0, items=9),
)  # fmt: skip
PLAYS = """async milliseconds => {
    document.querySelector(".play").click();
    let frames = 0;
    const began = performance.now();
    await new Promise(done => {
        const frame = () => {
            frames += 1;
            performance.now() - began < milliseconds ? requestAnimationFrame(frame) : done();
        };
        requestAnimationFrame(frame);
    });
    return frames * 1000 / (performance.now() - began);
}"""
SCRUBS = """async () => {
    const slider = document.querySelector(".slider");
    const times = [];
    for (let step = 0; step < 40; step++) {
        const began = performance.now();
        slider.value = slider.max * step / 40;
        slider.dispatchEvent(new Event("input"));
        await new Promise(requestAnimationFrame);
        times.push(performance.now() - began);
    }
    return Math.max(...times);
}"""

WATCHER = """
import sys, time
from contextlib import suppress
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
own, reads = sys.argv[1:]
with connect(own.replace("http", "ws").replace("/?", "/live?"), origin=own.partition("/?")[0], max_queue=1) as socket:
    while reads == "sleeps":
        time.sleep(1)
    with suppress(ConnectionClosed):  # The line has ended.
        for _ in socket:
            socket.send('{"type":"seen"}')
"""


def measure_page(count, folder):
    """Open the report of a run with so many items; play it; scrub through it."""
    sketch = Sketch()
    run = simulate(Scenario(seed=4, items=ItemDraw(count=count)), keep_trace=False, watchers=(sketch.see,))
    began_s = time.perf_counter()
    path = folder / f"{count}.html"
    report = report_of([(reported_run(sketch, Verdict(run.violations), Origin(run.link)), sketch.records)])
    write_report(path, report)
    wrote_s = time.perf_counter() - began_s
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.goto(path.as_uri())
        page.locator(".trajectory").first.wait_for()
        opened_ms = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
        frames, scrub_ms = page.evaluate(PLAYS, PLAYED_MS), page.evaluate(SCRUBS)
    print(
        f"{count} items: {path.stat().st_size / 1e6:.2f} MB, written in {wrote_s:.2f} s, interactive after "
        f"{opened_ms:.0f} ms, {frames:.0f} frames/s while playing, slowest of 40 scrubs {scrub_ms:.0f} ms"
    )


def measure_live(view, watchers):
    """Run in real time, with so many watchers; the first reads, the others do not."""
    addresses = []
    with ExitStack() as stack, live_page(wanted=view, browser=False, speed=1.0, say=addresses.append) as page:
        own = addresses[0].split()[-1] if view else ""
        for number in range(watchers):
            reads = "reads" if number == 0 else "sleeps"
            watcher = subprocess.Popen([sys.executable, "-c", WATCHER, own, reads])
            stack.callback(watcher.wait)
            stack.callback(watcher.kill)
        began_s = time.process_time()
        run = simulate(LIVE, link="realtime", watchers=page.watchers, hands=page.hands)
        used_s = time.process_time() - began_s
    late = run.lateness_ms
    name = f"{watchers} watchers" if view else "no page"
    print(
        f"{name}: {used_s:.2f} s of processor in {run.summary.sim_s:.0f} s, lateness p50 {late.p50:.2f} ms, "
        f"p99 {late.p99:.2f} ms, longest {late.longest:.2f} ms"
    )


def main():
    """Measure what is asked for; all without words."""
    asked = sys.argv[1:] or ["page", "live"]
    if "page" in asked:
        with tempfile.TemporaryDirectory() as folder:
            for count in COUNTS:
                measure_page(count, Path(folder))
    if "live" in asked:
        for view, watchers in ((False, 0), (True, 0), (True, 2)):
            measure_live(view, watchers)


if __name__ == "__main__":
    main()
