"""A model's accuracy, and its rejection of unknown objects, on pictures outside its training data.

    python benchmarks/classifier_accuracy.py [--model FILE] [--real FOLDER] [--images 2000]

Prints one table: fresh renders, the gaps between classes, real photographs on rendered belts (a folder a class, `other`
for other objects), and foreign pictures by kind. `--real` is optional. With scikit-image installed, its
photographs are measured too.
"""

import argparse
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from classifier_sets import Picture, on_belts, photographs, spoilt
from rich.console import Console
from rich.table import Table

from classifier import UNKNOWN, Classifier, ClassifierError
from classifier.rendering import (
    FRUIT_CLASSES,
    STRANGE_KINDS,
    draw_sample,
    render_between,
    render_empty,
    render_foreign,
)
from classifier.training.evaluation import auroc

SEED = 20_261_121


@dataclass(frozen=True)
class Outcome:
    """A model's answer for one picture: label, sure or not, and the probability that it shows a fruit."""

    truth: str
    label: str
    sure: bool
    fruit: float


def main() -> None:
    """Measure and print."""
    options = parse()
    cv2.setNumThreads(1)
    classifier = Classifier.load(options.model)
    sets = {"fresh renders": list(ask(classifier, fresh(options.images)))}
    gaps = ((f"gap {n % 2}", render_between(seed=SEED + n, gap=n % 2)) for n in range(500))
    sets["gaps"] = list(ask(classifier, gaps))
    if options.real:
        sets["real"] = list(ask(classifier, on_belts(options.real, belts=options.belts)))
    sets["nothing"] = list(ask(classifier, nothing(200)))
    sets["strange"] = list(ask(classifier, strange(600)))
    sets["photographs"] = list(ask(classifier, photographs(300)))
    report(classifier, {name: outcomes for name, outcomes in sets.items() if outcomes})


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--belts", type=int, default=5)
    return parser.parse_args()


def fresh(count: int) -> Iterator[Picture]:
    """Pictures of single bare items, from a seed that no training used."""
    samples = (draw_sample(number, seed=SEED, split="test", look="fruit") for number in itertools.count())
    yield from itertools.islice(((s.label, s.image) for s in samples if s.label in FRUIT_CLASSES), count)


def nothing(count: int) -> Iterator[Picture]:
    """Pictures of what a line's camera may show in place of an item, equally many of each kind."""
    for number in range(count):
        yield "empty", render_empty(seed=SEED + number)
        yield "wrong colour", render_foreign("ball", seed=SEED + number)
    yield from spoilt(count)


def strange(count: int) -> Iterator[Picture]:
    """Objects of kinds never rendered in training."""
    for number in range(count):
        kind = STRANGE_KINDS[number % len(STRANGE_KINDS)]
        yield kind, render_foreign(kind, seed=SEED + number)


def ask(classifier: Classifier, pictures: Iterable[Picture]) -> Iterator[Outcome]:
    """The model's answers for pictures; an error counts as `unknown`, as on the line."""
    for truth, image in pictures:
        try:
            answer = classifier.classify(image)
        except ClassifierError:
            yield Outcome(truth, UNKNOWN, False, 0.0)
            continue
        fruit = 1 - answer.confidence if answer.label == UNKNOWN else answer.confidence
        yield Outcome(truth, answer.label, answer.label != UNKNOWN and answer.margin >= 0, fruit)


def report(classifier: Classifier, sets: dict[str, list[Outcome]]) -> None:
    """Print the table."""
    table = Table("set", "kind", "n", "right", "sure", "right of the sure", "unknown", "AUROC against fresh")
    scores = np.array([outcome.fruit for outcome in sets["fresh renders"]])
    for name, outcomes in sets.items():
        kinds = list(dict.fromkeys(outcome.truth for outcome in outcomes))
        groups = {kind: [o for o in outcomes if o.truth == kind] for kind in kinds}
        if name == "real":
            groups["fruit"] = [o for o in outcomes if o.truth in FRUIT_CLASSES]
        for kind, group in ({"all": outcomes} | groups).items():
            table.add_row(name, kind, *row(group, scores))
        table.add_section()
    console = Console(width=120)
    console.print(f"seed {SEED}, engine {classifier.engine.name}, sure at {classifier.threshold}")
    console.print(table)


def row(group: list[Outcome], scores: np.ndarray) -> tuple[str, ...]:
    """A group's numbers."""
    fruit = {o.truth for o in group} & set(FRUIT_CLASSES)
    sure = [o for o in group if o.sure]
    right = np.mean([o.label == o.truth for o in group])
    right_sure = f"{np.mean([o.label == o.truth for o in sure]):.2%}" if sure and fruit else "-"
    unknown = np.mean([o.label == UNKNOWN for o in group])
    apart = "-" if fruit else f"{auroc(scores, np.array([o.fruit for o in group])):.4f}"
    return (
        str(len(group)),
        f"{right:.2%}" if fruit else "-",
        f"{len(sure) / len(group):.2%}",
        right_sure,
        f"{unknown:.2%}",
        apart,
    )


if __name__ == "__main__":
    main()
