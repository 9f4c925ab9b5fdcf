"""The engines compared in one run: speed, agreement, accuracy, memory, time to the first answer.

    python benchmarks/classifier_engines.py --folder TRAINED [--threads 1] [--images 300] [--rounds 3]

`--folder` is where `classifier train --out` wrote its files. Every engine gets the same images in turn, one at a time;
medians are over all of them. Memory and first answer are those of a fresh process. `--busy` measures beside a process
that keeps one core busy.
"""

import argparse
import itertools
import json
import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from classifier import Classifier
from classifier.decoding import decode
from classifier.engine import Engine, OnnxEngine
from classifier.rendering.synthesis import CLASSES, draw_sample
from classifier.training.checkpoint import load_network
from classifier.training.torch_engine import TorchEngine

SEED = 777_000

FIRST = """
import sys, time
begin = float(sys.argv[1])
from classifier import Classifier
if sys.argv[2].endswith(".onnx"):
    classifier = Classifier.load(sys.argv[2])
else:
    from pathlib import Path
    from classifier.training.torch_engine import TorchEngine
    classifier = Classifier(TorchEngine.load(Path(sys.argv[2])))
answer = classifier.classify(open(sys.argv[3], "rb").read())
seconds = time.time() - begin
import json, re
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read()).group(1)) / 1024
print(json.dumps([seconds, peak, answer.label]))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--busy", action="store_true")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    neighbour = multiprocessing.Process(target=spin, daemon=True)
    if options.busy:
        neighbour.start()
    drawn = (draw_sample(number, seed=SEED, split="test") for number in itertools.count())
    samples = list(itertools.islice((sample for sample in drawn if sample.label in CLASSES), options.images))
    truth = np.array([CLASSES.index(sample.label) for sample in samples])
    engines = open_engines(options.folder, options.threads)
    classifiers = {name: Classifier(engine) for name, engine in engines.items()}
    answers: dict[str, np.ndarray] = {}
    times_ms: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(options.rounds):
        for name, classifier in classifiers.items():
            labels = []
            for sample in samples:
                begin_s = time.perf_counter()
                labels.append(CLASSES.index(classifier.classify(sample.image).label))
                times_ms[name].append((time.perf_counter() - begin_s) * 1e3)
            answers[name] = np.array(labels)
    pixels = np.stack([decode(sample.image, classifiers["int8"].metadata.image_px) for sample in samples])
    parts = np.array_split(pixels, 20)
    logits = {name: np.concatenate([engine.run(part)[0] for part in parts]) for name, engine in engines.items()}
    title = (
        f"{options.images} images x {options.rounds}, {options.threads} thread(s)" + ", one core busy" * options.busy
    )
    table = Table("engine", "p50 ms", "p99 ms", "times as fast", "accuracy", "same label", "logits differ by",
                  "first answer s", "peak MB", title=title)  # fmt: skip
    slowest = float(np.median(times_ms["torch channels_last"]))
    for name in engines:
        p50, p99 = np.quantile(times_ms[name], [0.5, 0.99])
        gap = np.abs(logits[name] - logits["torch channels_last"]).max()
        first_s, peak_mb = first_answer(options.folder, name, samples[0].image)
        table.add_row(
            name, f"{p50:.2f}", f"{p99:.2f}", f"{slowest / p50:.2f}", f"{(answers[name] == truth).mean():.2%}",
            f"{(answers[name] == answers['torch channels_last']).mean():.2%}", f"{gap:.3f}", f"{first_s:.2f}",
            f"{peak_mb:.0f}",
        )  # fmt: skip
    Console(width=120).print(table)
    if options.busy:
        neighbour.terminate()


def open_engines(folder: Path, threads: int) -> dict[str, Engine]:
    """Every engine on the same weights."""
    weights = folder / "model-fp16.safetensors"
    return {
        "int8": OnnxEngine(folder / "model-int8.onnx", threads=threads),
        "fp32": OnnxEngine(folder / "model-fp32.onnx", threads=threads),
        "torch eager": TorchEngine(load_network(weights), threads=threads, channels_last=False),
        "torch channels_last": TorchEngine(load_network(weights), threads=threads),
    }


def first_answer(folder: Path, name: str, image: bytes) -> tuple[float, float]:
    """Seconds from a process's start to its first answer and its peak memory in MB, the median of three."""
    model = {"int8": "model-int8.onnx", "fp32": "model-fp32.onnx"}.get(name, "model-fp16.safetensors")
    picture = folder / "first.jpg"
    picture.write_bytes(image)
    found = []
    for _ in range(3):
        command = [sys.executable, "-c", FIRST, str(time.time()), str(folder / model), str(picture)]
        found.append(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)[:2])
    return tuple(np.median(found, axis=0))  # type: ignore[return-value]


def spin() -> None:
    """Keep a core busy."""
    while True:
        sum(range(10_000))


if __name__ == "__main__":
    main()
