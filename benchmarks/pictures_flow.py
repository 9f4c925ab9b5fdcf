"""What a user's own training comes to on items that it has not seen: `train --data --init`, then `eval` on those.

    python benchmarks/pictures_flow.py --field FOLDER --init WEIGHTS [--choices 10] [--lines sim,line,both]

For each choice one item of each class is left out to test on, one is for validation, the others to train on. Prints the
median and the worst of the choices. `--field` is that of `pictures.py`.
"""

import argparse
import itertools
import json
import re
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from classifier.metadata import RENDERS, TrainingConfig
from classifier.training import Report, produce

SEED = 20_261_124
LINES = {"sim": ("sim",), "line": ("line",), "both": ("sim", "line")}


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--field", type=Path, required=True)
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--choices", type=int, default=10)
    parser.add_argument("--lines", default=",".join(LINES))
    parser.add_argument("--renders", type=int, default=RENDERS)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--image-px", type=int, default=TrainingConfig().image_px)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    table = Table("line", "choices", "accuracy", "sure", "right when sure", "minutes")
    for line in options.lines.split(","):
        found = []
        for choice in choices(options.field / LINES[line][0], options.choices):
            began_s = time.monotonic()
            report = trained([options.field / part for part in LINES[line]], choice, options)
            found.append((report.accuracy, report.sure, report.right_when_sure, (time.monotonic() - began_s) / 60))
            print(line, " ".join(choice.values()), *(f"{value:.3f}" for value in found[-1]), flush=True)
        table.add_row(line, str(len(found)), *(
            f"{np.median(column):.1%}, worst {min(column):.1%}" for column in list(zip(*found, strict=True))[:3]
        ), f"{np.median([row[3] for row in found]):.1f}")  # fmt: skip
    Console(width=120).print(table)


def item_of(path: Path) -> str:
    return re.sub(r"-\d+$", "", path.stem)


def choices(folder: Path, count: int) -> list[dict[str, str]]:
    """Which item of each class is left out: some of all combinations, drawn from the seed."""
    items = {part.name: sorted({item_of(path) for path in part.glob("*.jpg")}) for part in sorted(folder.iterdir())}
    every = [dict(zip(items, chosen, strict=True)) for chosen in itertools.product(*items.values())]
    order = np.random.default_rng(SEED).permutation(len(every))[:count]
    return [every[number] for number in order]


def trained(folders: list[Path], choice: dict[str, str], options: argparse.Namespace) -> Report:
    """The report of a training on all items but those of the choice, measured on these."""
    with TemporaryDirectory() as place:
        root, groups = Path(place), {}
        for folder, name in itertools.product(folders, choice):
            paths = sorted((folder / name).glob("*.jpg"))
            rest = sorted({item_of(path) for path in paths} - {choice[name]})
            for path in paths:
                split = "test" if item_of(path) == choice[name] else "val" if item_of(path) == rest[-1] else "train"
                target = root / "data" / split / name / f"{folder.name}-{path.name}"
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)
                groups[target.relative_to(root / "data").as_posix()] = item_of(path)
        (root / "data" / "groups.json").write_text(json.dumps(groups))
        config = TrainingConfig(
            data=str(root / "data"), init=str(options.init), renders=options.renders, epochs=options.epochs,
            small_epochs=options.epochs // 2, image_px=options.image_px,
        )  # fmt: skip
        return produce(config, root / "model")


if __name__ == "__main__":
    main()
