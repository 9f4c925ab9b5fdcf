"""Every figure that says how good a model is on the pictures of real lines, and what it lost elsewhere.

    python benchmarks/pictures.py [--model FILE]... [--field FOLDER] [--real FOLDER] [--only field,fresh,...]

`--field` holds `sim/` and `line/`, each a folder a class, the files named by peach (`raw-A-001.jpg`); they are no part
of this repository. `--real` is that of `classifier_accuracy.py`. Models of several training seeds may be given: each is
measured. The sections are field, fresh, unknown, demo, ideal and split; all of them if `--only` is left out.
"""

import argparse
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from classifier_accuracy import Outcome, ask, nothing
from classifier_sets import Picture, on_belts
from ideal_observer import unsure_shares
from rich.console import Console
from rich.table import Table

from classifier import UNKNOWN, Classifier
from classifier.errors import DatasetError
from classifier.rendering import FRUIT_CLASSES, LOOKS, STRANGE_KINDS, draw_sample, render_between, render_foreign
from classifier.training.splitting import split_flat
from twin import Camera, ItemDraw, Layout, RecognizerModel, Scenario, settings_for, simulate

SEED = 20_261_123
SECTIONS = ("field", "fresh", "unknown", "demo", "ideal", "split")
LINES = ("sim", "line")
console = Console(width=120)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, action="append", help="a model file; the shipped one if left out")
    parser.add_argument("--field", type=Path)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--only", default=",".join(SECTIONS))
    parser.add_argument("--images", type=int, default=1000, help="fresh renders of each look")
    parser.add_argument("--runs", type=int, default=20, help="of the demo, one a seed")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    wanted = options.only.split(",")
    for path in options.model or [None]:
        classifier = Classifier.load(path)
        console.print(f"{path or 'the shipped model'}, engine {classifier.engine.name}, sure at {classifier.threshold}")
        if options.field and "field" in wanted:
            for line in LINES:
                per_peach(line, list(ask(classifier, field_pictures(options.field / line))))
        if "fresh" in wanted:
            fresh_renders(classifier, options.images)
        if "unknown" in wanted:
            unknown(classifier, options.real)
        if "demo" in wanted:
            for look in LOOKS:
                demo(classifier, look, options.runs)
    if "ideal" in wanted:
        for look in LOOKS:
            for threshold, unsure in unsure_shares(10_000, (0.6, 0.75, 0.8), look).items():
                console.print(f"ideal observer of {look}, sure at {threshold}: {unsure['all']:.2%} unsure")
    if options.field and "split" in wanted:
        for line, way in itertools.product(LINES, ("looks", "name")):
            console.print(f"split of {line} by {way}: {parted(options.field / line, way)}")


def field_pictures(folder: Path) -> Iterator[Picture]:
    """Real pictures by the peach that they show, as their names say."""
    for path in sorted(folder.glob("*/*.jpg")):
        yield peach_of(path), path.read_bytes()


def peach_of(path: Path) -> str:
    return re.sub(r"-\d+$", "", path.stem)


def per_peach(line: str, outcomes: list[Outcome]) -> None:
    """A row a peach, and one over all."""
    table = Table(f"{line}: peach", "n", "right", "sure", "right when sure", "surely wrong", "unknown")
    peaches = list(dict.fromkeys(outcome.truth for outcome in outcomes))
    for peach, group in [(p, [o for o in outcomes if o.truth == p]) for p in peaches] + [("all", outcomes)]:
        right = [o.label == o.truth.rsplit("-", 1)[0] for o in group]
        sure = [o.sure for o in group]
        both = [r for r, s in zip(right, sure, strict=True) if s]
        table.add_row(
            peach, str(len(group)), f"{np.mean(right):.1%}", f"{np.mean(sure):.1%}", f"{np.mean(both or [1]):.1%}",
            str(len(both) - sum(both)), f"{np.mean([o.label == UNKNOWN for o in group]):.1%}",
        )  # fmt: skip
    console.print(table)


def fresh_renders(classifier: Classifier, count: int) -> None:
    """Renders of single items from a seed that no training used, and of gaps, look by look."""
    table = Table("fresh", "n", "right", *(f"recall {name}" for name in FRUIT_CLASSES), "sure", "right when sure",
                  "unknown", "gaps sure")  # fmt: skip
    for look in LOOKS:
        samples = (draw_sample(number, seed=SEED, split="test", look=look) for number in itertools.count())
        clean = ((sample.label, sample.image) for sample in samples if sample.label in FRUIT_CLASSES)
        found = list(ask(classifier, itertools.islice(clean, count)))
        right = np.array([o.label == o.truth for o in found])
        sure = np.array([o.sure for o in found])
        truth = np.array([o.truth for o in found])
        gaps = ((f"gap {n % 2}", render_between(seed=SEED + n, gap=n % 2, look=look)) for n in range(count // 2))
        table.add_row(
            look, str(len(found)), f"{right.mean():.2%}",
            *(f"{right[truth == name].mean():.2%}" for name in FRUIT_CLASSES),
            f"{sure.mean():.2%}", f"{right[sure].mean():.2%}", f"{np.mean([o.label == UNKNOWN for o in found]):.2%}",
            f"{np.mean([o.sure for o in ask(classifier, gaps)]):.2%}",
        )  # fmt: skip
    console.print(table)


def unknown(classifier: Classifier, real: Path | None) -> None:
    """Objects of kinds never rendered in training, pictures without an item, and photographs of real fruit."""
    table = Table("set", "n", "unknown", "sure", "right when sure")
    sets = {f"strange, {look}": strange(look, 600) for look in LOOKS}
    sets["nothing to see"] = nothing(150)
    if real:
        pictures = list(on_belts(real, belts=5))
        sets["real fruit"] = (picture for picture in pictures if picture[0] in FRUIT_CLASSES)
        sets["real, other"] = (picture for picture in pictures if picture[0] not in FRUIT_CLASSES)
    for name, pictures in sets.items():
        found = list(ask(classifier, pictures))
        sure = [o for o in found if o.sure]
        table.add_row(
            name, str(len(found)), f"{np.mean([o.label == UNKNOWN for o in found]):.2%}",
            f"{len(sure) / len(found):.2%}", f"{np.mean([o.label == o.truth for o in sure] or [1]):.2%}",
        )  # fmt: skip
    console.print(table)


def strange(look: str, count: int) -> Iterator[Picture]:
    """Objects of kinds never rendered in training, as they are or printed, in one look."""
    for number in range(count):
        kind = STRANGE_KINDS[number % len(STRANGE_KINDS)]
        yield kind, render_foreign(kind, seed=SEED + number, look=look)


def demo(classifier: Classifier, look: str, runs: int, items: int = 100) -> None:
    """What the twin's own clean items come to: rejected and misread, over some seeds."""
    rejected = misread = 0
    for seed in range(runs):
        scenario = Scenario(
            seed=seed, items=ItemDraw(count=items), recognizer=RecognizerModel(source="images"),
            camera=Camera(look=look), controller=settings_for(Layout(), items=items),
        )  # fmt: skip
        run = simulate(scenario, recognizer=classifier)
        rejected += sum(record.bin == 0 for record in run.trace if type(record).__name__ == "Binned")
        assert run.summary.recognizer is not None
        misread += run.summary.recognizer.misread
    console.print(f"demo, {look}: {rejected / (runs * items):.2%} rejected, {misread} misread in {runs * items} items")


def parted(folder: Path, way: str) -> str:
    """How many pairs of pictures of one peach are on two sides of a split."""
    with TemporaryDirectory() as place:
        try:
            sides = split_flat(folder, Path(place), shares=(0.6, 0.2, 0.2), seed=0, group=way)
        except DatasetError as error:
            return f"refused: {error}"
        peaches: dict[str, dict[str, int]] = {}
        for path in Path(place).rglob("*.jpg"):
            at = peaches.setdefault(peach_of(path), {})
            side = path.relative_to(place).parts[0]
            at[side] = at.get(side, 0) + 1
    pairs = sum(one * other for at in peaches.values() for one, other in itertools.combinations(at.values(), 2))
    return f"{pairs} pairs parted, groups {', '.join(f'{s.group_count} in {n}' for n, s in sides.items())}"


if __name__ == "__main__":
    main()
