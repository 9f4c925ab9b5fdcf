"""A campaign's folder, local or any URL that fsspec knows: the plan, a line for each unit, and what was found.

campaign.json       the plan
units.jsonl         a line for each unit, in order
findings.json       the groups of failures, each with count, earliest, smallest and shrunk scenario
coverage.json       how many scenarios' faults met an item, by kind of fault, phase and number on the belt
findings/NN-*.json  the shrunk scenario of each group, for `twin replay`
findings/NN-*.html  its run, drawn
report.html         all of it to look at
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import fsspec
import msgspec

from controller.errors import ControllerError
from twin.campaign.plan import Plan
from twin.campaign.unit import UnitResult
from twin.errors import FileError
from twin.scenario.scenario import decode_scenario, encode_scenario

PLAN: Final = "campaign.json"
UNITS: Final = "units.jsonl"

_units: Final = msgspec.json.Decoder(UnitResult)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A group of failures as `findings.json` has it."""

    rule: str
    faults: str
    phase: str
    count: int
    first_unit: int
    first_place: int
    items: int
    fault_count: int
    sentence: str
    file: str
    report: str
    again: str


class CampaignFolder:
    """The files of one campaign. Every method raises `FileError` where the folder cannot be read or written."""

    def __init__(self, url: str) -> None:
        self.url = url
        with _named_errors(url):
            self._files, self._root = fsspec.url_to_fs(url)

    def begin(self, plan: Plan, *, resume: bool) -> list[UnitResult]:
        """Write the plan to a new folder, or read what an interrupted campaign with the same plan has done.

        Raises `FileError` for a folder of another campaign, or one in use without `resume`.
        """
        text = msgspec.json.encode(plan)
        with _named_errors(self.url):
            if not self._files.exists(self._at(PLAN)):
                if resume:
                    raise FileError(f"--resume must be left out for a folder without a campaign, got {self.url!r}")
                self._files.makedirs(self._root, exist_ok=True)
                self.write(PLAN, msgspec.json.format(text, indent=1) + b"\n")
                return []
            before = self._files.cat_file(self._at(PLAN))
        if not resume:
            raise FileError(f"--folder must be new, or be given with --resume, got {self.url!r}, which has a campaign")
        self._check_same(plan, before)
        return self._read_units()

    def _check_same(self, plan: Plan, before: bytes) -> None:
        try:
            other = msgspec.json.decode(before, type=Plan)
        except (msgspec.DecodeError, ValueError) as error:
            raise FileError(f"{self._at(PLAN)} must be the plan of a campaign, got another file ({error})") from None
        for field in plan.__struct_fields__:
            mine, theirs = getattr(plan, field), getattr(other, field)
            if mine != theirs:
                raise FileError(
                    f"{self.url} has a campaign with another {field}: {_short(theirs)}, and not {_short(mine)}; "
                    "resume it with the same code and the same settings, or choose another folder"
                )

    def _read_units(self) -> list[UnitResult]:
        """The units that are done. What is cut off in the middle, as by a power failure, is left out and run again."""
        with _named_errors(self.url):
            if not self._files.exists(self._at(UNITS)):
                return []
            text = self._files.cat_file(self._at(UNITS))
        results: list[UnitResult] = []
        whole = 0
        for line in text.splitlines(keepends=True):
            try:
                result = _units.decode(line)
            except msgspec.DecodeError:
                break
            if not line.endswith(b"\n") or result.number != len(results):
                break
            results.append(result)
            whole += len(line)
        if whole < len(text):
            self.write(UNITS, text[:whole])
        return results

    def failures(self) -> tuple[str, ...]:
        """The smallest scenario (JSON) of each group that the campaign in this folder found, in order.

        Raises `FileError` for a folder without a campaign, and a scenario that cannot be read.
        """
        with _named_errors(self.url, "--before must be the folder of a campaign"):
            if not self._files.exists(self._at(PLAN)):
                raise ValueError("it has none")
            paths = sorted(self._files.glob(self._at("findings/*.json")))
            return tuple(_scenario(path, self._files.cat_file(path)) for path in paths)

    def add_unit(self, result: UnitResult) -> None:
        """Add the line of a finished unit."""
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


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
