"""A run as a JUnit file, which continuous integration shows: a test case for each rule."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from twin.errors import FileError
from twin.report.finished_run import FinishedRun
from twin.verdict.checks import ALL_CHECKS, Violation

SUITE: Final = "twin"
MOST_LISTED: Final = 20
"""Violations of one rule that are listed in full."""


def write_junit(path: Path, run: FinishedRun, link: str) -> None:
    """Write the file. Raises `FileError`."""
    try:
        path.write_bytes(junit_xml(run, link))
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}; choose a file that can be written") from None


def junit_xml(run: FinishedRun, link: str) -> bytes:
    """The file's content."""
    found: dict[str, list[Violation]] = {check.name: [] for check in ALL_CHECKS}
    for violation in run.violations:
        found.setdefault(violation.check, []).append(violation)
    failures = sum(bool(violations) for violations in found.values())
    suite = ElementTree.Element("testsuite", {
        "name": SUITE, "tests": str(len(found)), "failures": str(failures), "errors": str(int(run.interrupted)),
        "time": f"{run.summary.wall_s:.3f}",
    })  # fmt: skip
    properties = ElementTree.SubElement(suite, "properties")
    facts = {"seed": run.summary.seed, "link": link, "items": run.summary.items, "digest": run.summary.digest}
    for name, value in facts.items():
        ElementTree.SubElement(properties, "property", {"name": name, "value": str(value)})
    for name, violations in found.items():
        _add_case(suite, name, violations)
    if run.interrupted:
        case = ElementTree.SubElement(suite, "testcase", {"classname": "twin.run", "name": "comes to its end"})
        ElementTree.SubElement(case, "error", {"message": "interrupted: no verdict"})
    return bytes(ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))


def _add_case(suite: ElementTree.Element, name: str, violations: Sequence[Violation]) -> None:
    case = ElementTree.SubElement(suite, "testcase", {"classname": "twin.rules", "name": name})
    if violations:
        lines = [f"{violation.t_s:.3f} s: {_printable(violation.detail)}" for violation in violations[:MOST_LISTED]]
        if len(violations) > MOST_LISTED:
            lines.append(f"... and {len(violations) - MOST_LISTED} more")
        ElementTree.SubElement(case, "failure", {"message": lines[0], "type": name}).text = "\n".join(lines)


def _printable(words: str) -> str:
    """The words without the control characters that XML forbids."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in words)
