"""The service under load and with bad input: a real server process, real sockets.

    python benchmarks/classifier_service.py [--model FILE] [--requests 1000] [--clients 50]

First one client sends every image in turn, then many clients at once. Each answer is compared with the classifier's own
answer for that image. Then comes bad input, with the server's memory after each.
"""

import argparse
import asyncio
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import cv2
import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

from classifier import Classifier
from classifier.recognition import SERVICE_PATH
from classifier.rendering.synthesis import draw_sample

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support import image_files

SEED = 515_000
DISTINCT = 200


def main() -> None:
    """Start the service, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=50)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    images = [draw_sample(number, seed=SEED, split="test").image for number in range(DISTINCT)]
    classifier = Classifier.load(options.model)
    known = [classifier.classify(image) for image in images]
    port = free_port()
    command = [sys.executable, "-m", "classifier.cli", "serve", "--port", str(port)]
    server = subprocess.Popen(command + (["--model", str(options.model)] if options.model else []))
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url)
        console = Console(width=120)
        for clients in (1, options.clients):
            wall_s, own = asyncio.run(load(url, images, known, options.requests, clients))
            console.print(f"{clients} at a time: {options.requests / wall_s:.0f} a second, {own} of {options.requests} "
                          f"answers belong to their own image, {memory_mb(server.pid):.0f} MB resident")  # fmt: skip
        console.print(under_fire(url, server.pid, images[0]))
    finally:
        server.terminate()
        server.wait(10)


async def load(url: str, images: list[bytes], known: list, requests: int, clients: int) -> tuple[float, int]:
    """Ask for images by several clients at once: seconds that it took, and how many answers were their image's."""
    numbers = iter(np.random.default_rng(1).integers(0, len(images), requests).tolist())
    own = 0

    async def work(client: httpx.AsyncClient) -> None:
        nonlocal own
        for number in numbers:
            answer = (await client.post(SERVICE_PATH, content=images[number])).json()["results"][0]
            mine = known[number]
            own += answer["label"] == mine.label and abs(answer["confidence"] - mine.confidence) < 1e-6

    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
        begin_s = time.perf_counter()
        await asyncio.gather(*(work(client) for _ in range(clients)))
        return time.perf_counter() - begin_s, own


def under_fire(url: str, pid: int, good: bytes) -> Table:
    """Every kind of bad input, and whether the service still answers a good one."""
    bodies = {
        "0 bytes": b"",
        "100 MB": bytes(100_000_000),
        "random bytes": np.random.default_rng(3).bytes(50_000),
        "30,000 x 30,000 PNG": image_files.huge_png(),
        "truncated JPEG": image_files.torn(good),
        "GIF": image_files.gif(),
        "CMYK JPEG": image_files.cmyk_jpeg(),
        "grey PNG": image_files.grey_png(),
        "16-bit PNG": image_files.deep_png(),
    }
    table = Table("body", "bytes", "status", "code", "answer", "alive", "resident MB")
    for name, body in bodies.items():
        response = httpx.post(url + SERVICE_PATH, content=body, timeout=60)
        answer = response.json()
        answered = answer["error"] or f"{answer['results'][0]['label']} {answer['results'][0]['confidence']:.3f}"
        alive = httpx.post(url + SERVICE_PATH, content=good, timeout=60).json()["code"] == 0
        table.add_row(name, f"{len(body):,}", str(response.status_code), str(answer["code"]), answered,
                      "yes" if alive else "NO", f"{memory_mb(pid):.0f}")  # fmt: skip
    return table


def memory_mb(pid: int) -> float:
    """A process's resident memory."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found.group(1)) / 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, most_s: float = 20.0) -> None:
    """Wait until the service answers."""
    end_s = time.monotonic() + most_s
    while time.monotonic() < end_s:
        try:
            httpx.get(url + "/healthz")
        except httpx.ConnectError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the service did not come up")


if __name__ == "__main__":
    main()
