"""Answers and reports as the command line prints them: as tables, and as plain objects for JSON."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from classifier.errors import ImageError
from classifier.metadata import ModelMetadata
from classifier.recognition import UNKNOWN, Recognition
from controller.errors import printable

if TYPE_CHECKING:
    from classifier.training.evaluation import Report


def plain(path: Path, answer: Recognition | ImageError) -> dict[str, object]:
    """One file's answer, or the reason for none, for JSON."""
    if isinstance(answer, ImageError):
        return {"file": printable(path), "error": printable(answer)}
    return {"file": printable(path), "label": answer.label, "confidence": round(answer.confidence, 4),
            "margin": round(answer.margin, 4), "seconds": round(answer.seconds, 5)}  # fmt: skip


def answer_table(answers: list[tuple[Path, Recognition | ImageError]], metadata: ModelMetadata) -> Table:
    """A model's answers to several files, one row each."""
    table = Table("file", "label", "confidence", "sure", "ms", title=f"{metadata.arch}, {metadata.image_px} px")
    for path, answer in answers:
        if isinstance(answer, ImageError):
            table.add_row(printable(path), "-", "-", "-", printable(answer))
        else:
            sure = "yes" if answer.margin >= 0 else "no"
            table.add_row(
                printable(path), answer.label, f"{answer.confidence:.3f}", sure, f"{answer.seconds * 1e3:.1f}"
            )
    return table


def report_table(report: "Report") -> Table:
    """A report as a table: the confusion matrix with the recalls, and the other results under it."""
    auroc = "-" if report.unknown_auroc is None else f"{report.unknown_auroc:.4f}"
    between = "" if report.between_sure is None else f"sure between classes {report.between_sure:.2%}, "
    caption = (
        f"{report.images} images, engine {report.engine}: accuracy {report.accuracy:.2%}, sure (from "
        f"{report.threshold:.2f} on) {report.sure:.2%}, "
        f"right when sure {report.right_when_sure:.2%}, {between}calibration error {report.calibration_error:.4f}, "
        f"AUROC of unknown {auroc}, p50 {report.p50_ms:.1f} ms, p99 {report.p99_ms:.1f} ms"
    )
    table = Table("class", *report.classes, "recall", caption=caption)
    for name, row in zip(report.classes, report.confusion, strict=True):
        recall = f"{report.recall[name]:.2%}" if name in report.recall else "-"
        table.add_row(name, *(str(count) for count in row), recall)
    return table


def print_report(console: Console, report: "Report") -> None:
    """Print a report, the results on each group, and what so many groups can tell."""
    from classifier.training.groups import excluded_error, what_it_tells

    console.print(report_table(report))
    if not report.groups:
        return
    table = Table("group", "class", "images", "right", "sure", "surely wrong")
    for name, group in report.groups.items():
        sure = "-" if group.label == UNKNOWN else f"{group.sure / group.images:.1%}"  # Only a class's name is sure.
        right = f"{group.right / group.images:.1%}"
        table.add_row(name, group.label, str(group.images), right, sure, str(group.surely_wrong))
    console.print(table)
    items = sum(group.label != UNKNOWN for group in report.groups.values())
    console.print(what_it_tells(items), soft_wrap=True)
    if report.accuracy == report.sure == report.right_when_sure == 1:
        console.print(
            f"warning: 100 % right and 100 % sure, on {items} items: errors of up to {excluded_error(items):.0%} would "
            "show the same. Test on other items."
        )
