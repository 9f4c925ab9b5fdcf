"""The commands that make data: `classifier synthesize|split|collect|label`."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from classifier.errors import DatasetError
from classifier.options import GROUP_HELP, Classes, ModelFile, Out, Seed, console, load_classifier, one_line, progress


def synthesize(
    out: Annotated[Path | None, typer.Option(help="Folder to write the tree to.")] = None,
    images: Annotated[int, typer.Option(help="How many images, all splits together.", min=12)] = 3000,
    seed: Seed = 0,
    sheet: Annotated[Path | None, typer.Option(help="Draw a contact sheet (PNG) of every kind of picture.")] = None,
    look: Annotated[str | None, typer.Option(help="fruit, card or box; all of them if left out.")] = None,
) -> None:
    """Render an ImageFolder tree: train/ val/ test/ (70 %, 15 %, 15 %), a folder a class."""
    from classifier.rendering.contact_sheet import contact_sheet
    from classifier.rendering.looks import LOOKS
    from classifier.rendering.synthesis import draw_sample
    from classifier.training.dataset import write_tree

    with one_line():
        if out is None and sheet is None:
            raise DatasetError("--out DIR, --sheet FILE or both must be given")
        if look is not None and look not in LOOKS:
            raise DatasetError(f"--look must be one of {', '.join(LOOKS)}, got {look!r}")
        if sheet is not None:
            contact_sheet(sheet, seed=seed)
            console.print(f"seed {seed}: contact sheet in {sheet}")
        if out is not None:
            held_out = max(1, round(images * 0.15))
            counts = {"train": images - 2 * held_out, "val": held_out, "test": held_out}
            written = write_tree(out, {
                part: (draw_sample(number, seed=seed, split=part, look=look) for number in progress(range(count), part))
                for part, count in counts.items()
            })  # fmt: skip
            console.print(f"seed {seed}: {written} images in {out}")


def split(
    source: Annotated[Path, typer.Argument(help="Labelled pictures: a folder a class, or YOLO's label files.")],
    out: Out,
    val: Annotated[float, typer.Option(help="Share to validate on.", min=0.01, max=0.49)] = 0.15,
    test: Annotated[float, typer.Option(help="Share to test on.", min=0.01, max=0.49)] = 0.15,
    group: Annotated[str, typer.Option(help=GROUP_HELP)] = "looks",
    classes: Classes = None,
    seed: Seed = 0,
) -> None:
    """Copy labelled pictures into train/ val/ test/ at random, all pictures of one item to the same."""
    from classifier.training.groups import what_it_tells
    from classifier.training.layouts import parse_classes
    from classifier.training.splitting import split_flat

    with one_line():
        shares = (1 - val - test, val, test)
        sides = split_flat(source, out, shares=shares, seed=seed, group=group, names=parse_classes(classes))
    parts = (f"{side.images} in {name} ({side.item_count} items)" for name, side in sides.items())
    console.print(f"seed {seed}: {', '.join(parts)}, grouped by {group}", soft_wrap=True)
    for name, side in sides.items():
        console.print(f"groups in {name}: " + ", ".join(f"{count} {label}" for label, count in side.groups.items()))
    console.print(f"a test on these: {what_it_tells(sides['test'].item_count)}", soft_wrap=True)


def collect(
    broker: Annotated[str, typer.Option(help="HOST[:PORT] of the line's broker, an IPv6 host in brackets.")],
    out: Out,
    label: Annotated[str | None, typer.Option(help="Everything goes under this label.")] = None,
    by_look: Annotated[bool, typer.Option("--by-look", help="Group by looks, then ask for a label a group.")] = False,
    model: ModelFile = None,
    images: Annotated[int | None, typer.Option(help="Stop after as many.", min=1)] = None,
) -> None:
    """Keep the pictures of a live line: under one --label, grouped to be labelled, or sorted by a model for review."""
    from classifier.collection import Collector, live_pictures
    from classifier.training.layouts import UNLABELLED
    from controller.address import DEFAULT_PORT, parse_address

    with one_line():
        if by_look and (label is not None or model is not None):
            raise DatasetError("--by-look must be given without --label and --model")
        if label is not None and model is not None:
            raise DatasetError("--label must be given without --model: a label serves all pictures")
        host, port = parse_address(broker, default_port=DEFAULT_PORT)
        label = UNLABELLED if by_look else label
        collector = Collector(out, label=label, classifier=load_classifier(model) if label is None else None)
        status = Console(stderr=True).status("")
        with suppress(KeyboardInterrupt), live_pictures(host, port) as pictures, status:
            for image in pictures:
                if image is not None:
                    collector.keep(image)
                status.update(f"new images: {collector.new}")
                if collector.new == images:
                    break
    left_out = f", {collector.unreadable} unreadable ones left out" if collector.unreadable else ""
    console.print(f"{collector.new} new images in {out}{left_out}")
    if by_look:
        label_pictures(out / UNLABELLED, out)


def label_pictures(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures without labels.")],
    out: Out,
    labels: Annotated[str | None, typer.Option(help="As 1=ripe,2-4=raw; asked for if left out.")] = None,
) -> None:
    """Group pictures by looks, draw one a group on a numbered sheet, and copy each group to its label's folder."""
    from classifier.training.labelling import SHEET_FILE, groups_to_label, numbered_sheet, parse_labels, write_labelled

    with one_line():
        groups = groups_to_label(folder)
        numbered_sheet(groups, out / SHEET_FILE)
        console.print(f"{len(groups)} groups, numbered in {out / SHEET_FILE}", soft_wrap=True)
        known = _asked([len(group) for group in groups]) if labels is None else parse_labels(labels, len(groups))
        written = write_labelled(groups, known, out)
    console.print(f"{written} images labelled in {out}, {len(groups) - len(known)} groups left out", soft_wrap=True)


def _asked(sizes: list[int]) -> dict[int, str]:
    """The label of each group, as a person at the terminal says; none for an empty answer, or once input ends."""
    from classifier.training.layouts import spelt

    labels: dict[int, str] = {}
    for number, size in enumerate(sizes, 1):
        console.print(f"group {number} ({size} pictures), label (empty: leave out): ", end="")
        answer = sys.stdin.readline()
        if not answer:
            break
        if answer.strip():
            labels[number] = spelt(answer)
    return labels
