"""A campaign's folder, local or any URL that fsspec knows: the plan, a line for each unit, and what was found.

campaign.json       the plan
units.jsonl         a line for each unit, in order (if it was interrupted, at last those done before others)
findings.json       the groups of failures, each with count, earliest, smallest and shrunk scenario
coverage.json       how many scenarios' faults met an item, by kind of fault, phase and number on the belt
findings/NN-*.json  the shrunk scenario of each group, for `twin replay`
findings/NN-*.html  its run, drawn
report.html         all of it to look at
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import fsspec
import msgspec

from controller.errors import ControllerError
from twin.campaign.plan import CAMPAIGN_FORMAT, FROM_THE_START, Plan
from twin.campaign.program_files import CAMPAIGN_FILE
from twin.campaign.unit import Failure, Group, UnitResult, keep_smallest
from twin.errors import FileError
from twin.scenario.scenario import decode_scenario, encode_scenario

PLAN: Final = CAMPAIGN_FILE
UNITS: Final = "units.jsonl"
FOUND_FOLDER: Final = "findings"
BEGINS: Final = "begins"
"""The file of a campaign that is about to begin, and has no plan yet."""

FINDINGS: Final = "findings.json"

_units: Final = msgspec.json.Decoder(UnitResult)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A group of failures as `findings.json` has it.

    `file`, `report` and `again` are empty where nobody has made it small yet. `repeats`: whether it failed again.
    """

    rule: str
    faults: str
    phase: str
    count: int
    first_unit: int
    first_place: int
    items: int
    fault_count: int
    sentence: str
    file: str = ""
    report: str = ""
    again: str = ""
    repeats: bool = True


class _Header(msgspec.Struct):
    """What any version's plan says."""

    format: int


_findings: Final = msgspec.json.Decoder(list[Finding])


class CampaignFolder:
    """The files of one campaign. Every method raises `FileError` where the folder cannot be read or written."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._old = False
        with _named_errors(url):
            self._files, self._root = fsspec.url_to_fs(url)

    def begin(self, plan: Plan, *, resume: bool) -> tuple[Plan, list[UnitResult]]:
        """The plan of a campaign in this folder, and what an interrupted one with the same plan has done.

        Of a new one, `write_plan` or `give_up` has to be called next: until then the folder is taken, so that no other
        campaign begins there. Raises `FileError` for a folder of another campaign, or one in use without `resume`.
        """
        with _named_errors(self.url):
            if not self._files.exists(self._at(PLAN)):
                if resume:
                    raise FileError(f"--resume must be left out for a folder without a campaign, got {self.url!r}")
                if self._files.exists(self._root) and self._files.ls(self._root, detail=False):
                    taken = self._files.exists(self._at(BEGINS))
                    what = (
                        f"in which another one begins (was it killed, remove {BEGINS})"
                        if taken
                        else "which is not empty"
                    )
                    raise FileError(f"--folder must be a new or empty folder, got {self.url!r}, {what}")
                self.write(BEGINS, b"")
                return plan, []
            before = self._files.cat_file(self._at(PLAN))
        if not resume:
            raise FileError(f"--folder must be new, or be given with --resume, got {self.url!r}, which has a campaign")
        self._old = True
        return self._checked(plan, before), self._read_units()

    def write_plan(self, plan: Plan) -> None:
        """Make the folder that of a campaign."""
        self.write_json(PLAN, plan)
        self._remove(BEGINS)

    def give_up(self) -> None:
        """Make the folder that of no campaign again: it could not begin."""
        self._remove(BEGINS)
        with _named_errors(self.url), suppress(OSError):
            self._files.rmdir(self._root)

    def _remove(self, *names: str) -> None:
        with _named_errors(self.url):
            for name in names:
                if self._files.exists(self._at(name)):
                    self._files.rm(self._at(name), recursive=True)

    def _checked(self, plan: Plan, before: bytes) -> Plan:
        """The plan that the folder has, if it is the same in all that was asked for."""
        try:
            header = msgspec.json.decode(before, type=_Header)
            if header.format != CAMPAIGN_FORMAT:
                must = f"a campaign of format {CAMPAIGN_FORMAT}, that of this version, got {header.format}"
                raise FileError(f"{self._at(PLAN)} must be {must}; choose another folder")
            other = msgspec.json.decode(before, type=Plan)
        except (msgspec.DecodeError, ValueError) as error:
            raise FileError(f"{self._at(PLAN)} must be the plan of a campaign, got another file ({error})") from None
        for field in (name for name in plan.__struct_fields__ if name not in FROM_THE_START):
            mine, theirs = getattr(plan, field), getattr(other, field)
            if mine != theirs:
                raise FileError(
                    f"{self.url} has a campaign with another {field}: {_difference(theirs, mine)}; "
                    "resume it with the same code and the same settings, or choose another folder"
                )
        return other

    def _read_units(self) -> list[UnitResult]:
        """The units that are done, in order, and behind them those that were done before others, if it was interrupted.

        The file has only the former then. What is cut off in the middle, as by a power failure, is run again.
        """
        with _named_errors(self.url):
            text = self._files.cat_file(self._at(UNITS)) if self._files.exists(self._at(UNITS)) else b""
        results = _whole_lines(text)
        kept = b"".join(msgspec.json.encode(result) + b"\n" for result in results if result.number < _in_order(results))
        if kept != text:
            self.write(UNITS, kept)
        return results

    def failures(self) -> tuple[str, ...]:
        """The smallest scenario (JSON) of each group that the campaign in this folder found, in order.

        Of a campaign that did not come to its end, they are those that its units found. Raises `FileError` for a folder
        without a campaign, and a scenario that cannot be read.
        """
        with _named_errors(self.url, "--before must be the folder of a campaign"):
            if not self._files.exists(self._at(PLAN)):
                raise ValueError("it has none")
            if self._files.exists(self._at(FINDINGS)):
                found = self._read_findings()
                return tuple(_scenario(one.file, self._files.cat_file(self._at(one.file))) for one in found)
            text = self._files.cat_file(self._at(UNITS)) if self._files.exists(self._at(UNITS)) else b""
        smallest: dict[Group, Failure] = {}
        for failure in (one for result in _whole_lines(text) for one in result.failures):
            keep_smallest(smallest, failure)
        return tuple(smallest[group].scenario for group in sorted(smallest))

    def _read_findings(self) -> list[Finding]:
        try:
            return _findings.decode(self._files.cat_file(self._at(FINDINGS)))
        except msgspec.DecodeError as error:
            raise FileError(f"{self._at(FINDINGS)} must be what a campaign found, got another file ({error})") from None

    def shown(self, name: str) -> str:
        """Where a file of the folder lies, as a command line has it: a path, or a URL of another file system."""
        protocols = {self._files.protocol} if isinstance(self._files.protocol, str) else set(self._files.protocol)
        if "file" not in protocols:
            return f"{self.url}/{name}"
        typed = self.url.removeprefix("file://")
        meant = Path(typed).resolve() == Path(self._root).resolve()  # fsspec expands a `~` that no shell did.
        return f"{typed if meant else self._root}/{name}"

    def add_unit(self, result: UnitResult) -> None:
        """Add the line of a finished unit. What its campaign found before it was resumed is not all of it any more."""
        if self._old:
            self._remove(FINDINGS, FOUND_FOLDER)
            self._old = False
        with _named_errors(self.url), self._files.open(self._at(UNITS), "ab") as file:
            file.write(msgspec.json.encode(result) + b"\n")

    def write(self, name: str, content: bytes) -> None:
        """Write a file of the folder."""
        path = self._at(name)
        with _named_errors(self.url):
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(path, content)

    def write_json(self, name: str, content: Any) -> None:
        """Write an object as indented JSON."""
        self.write(name, msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")

    def _at(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"


def _whole_lines(text: bytes) -> list[UnitResult]:
    """The results of the lines that are whole, sorted."""
    results: dict[int, UnitResult] = {}
    for line in text.splitlines(keepends=True):
        try:
            result = _units.decode(line)
        except msgspec.DecodeError:
            break
        if not line.endswith(b"\n"):
            break
        results.setdefault(result.number, result)
    return [results[number] for number in sorted(results)]


def _in_order(results: Sequence[UnitResult]) -> int:
    """How many units are done without a gap, from the first on."""
    return next((place for place, result in enumerate(results) if result.number != place), len(results))


def _scenario(path: str, text: bytes) -> str:
    try:
        return encode_scenario(decode_scenario(text)).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, ControllerError) as error:
        raise FileError(f"{path} must be a scenario, got another file ({error})") from None


@contextmanager
def _named_errors(url: str, must: str = "--folder must be a folder that can be written") -> Iterator[None]:
    """Turn the errors of a file system, whichever it is, into one clear line."""
    try:
        yield
    except (OSError, ValueError, ImportError) as error:
        why = getattr(error, "strerror", None) or error
        raise FileError(f"{must}, got {url!r} ({why})") from None


def _difference(theirs: object, mine: object) -> str:
    """What is different; of a program's files, the first that was changed, is new, or is missing."""
    if not isinstance(theirs, dict) or not isinstance(mine, dict):
        return f"{_short(theirs)}, and not {_short(mine)}"
    changed = sorted(name for name in theirs.keys() | mine.keys() if theirs.get(name) != mine.get(name))
    first, others = changed[0], len(changed) - 1
    how = "is new" if first not in theirs else "is missing" if first not in mine else "was changed"
    return f"{first!r} in its folder {how}" + (f", and {others} more" if others else "")


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
