"""The layout of a line, as plain data: positions of camera, gates, rods and the belt's end, and how fast parts move."""

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from controller.decode_errors import objection
from controller.frozen import settle
from controller.wire import MAX_ORDINAL
from twin.errors import FileError, ScenarioError
from twin.scenario.ranges import check_range

LONGEST_LINE_M: Final = 1000.0
FASTEST_BELT_M_PER_S: Final = 20.0
LONGEST_STROKE_S: Final = 60.0

LOADER: Final = 1
"""The loader's number among the rods."""

REJECT: Final = 0
"""The reject bin's number in traces; files and tables call it `reject`."""


def bin_name(number: int) -> str:
    """A bin's name in summaries and tables: its number, or `reject`."""
    return "reject" if number == REJECT else str(number)


def bin_text(number: int) -> str:
    """A bin's name in a sentence: `bin 2`, or `the reject bin`."""
    return "the reject bin" if number == REJECT else f"bin {number}"


class Layout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Positions in m from the loader along the belt; the default is the FS line's.

    `rods_m` are the centres of rods 2, 3, ... (rod 1 is the loader). Rod `k` stands downstream of gate `k - 1` and
    upstream of gate `k`. A stroke time is for one direction, out or in. Raises `ScenarioError` for a layout that
    cannot be built.
    """

    camera_m: float = 0.25
    gates_m: tuple[float, ...] = (0.50, 1.00, 1.50)
    rods_m: tuple[float, ...] = (0.58, 1.08, 1.58)
    end_m: float = 2.00
    belt_speed_m_per_s: float = 0.18
    belt_start_delay_s: float = 0.1
    belt_ramp_s: float = 0.3
    rod_head_m: float = 0.10
    loader_stroke_s: float = 0.3
    rod_stroke_s: float = 0.25
    exposure_s: float = 0.05

    def __post_init__(self) -> None:
        """Refuse a layout that cannot be built."""
        settle(self, ScenarioError)
        check_range("end_m", self.end_m, 0.0, LONGEST_LINE_M, above=True)
        check_range("belt_speed_m_per_s", self.belt_speed_m_per_s, 0.0, FASTEST_BELT_M_PER_S, above=True)
        check_range("rod_head_m", self.rod_head_m, 0.0, self.end_m, above=True)
        for field in ("belt_start_delay_s", "belt_ramp_s", "exposure_s"):
            check_range(field, getattr(self, field), 0.0, LONGEST_STROKE_S)
        for field in ("loader_stroke_s", "rod_stroke_s"):
            check_range(field, getattr(self, field), 0.0, LONGEST_STROKE_S, above=True)
        if not 1 <= len(self.gates_m) <= MAX_ORDINAL:
            raise ScenarioError("gates_m", list(self.gates_m), f"1 to {MAX_ORDINAL} gates")
        if not len(self.rods_m) <= min(len(self.gates_m), MAX_ORDINAL - 1):
            raise ScenarioError("rods_m", list(self.rods_m), f"at most one a gate and {MAX_ORDINAL - 1} in all")
        self._check_order()

    @property
    def bins(self) -> range:
        """The numbers of the bins. A bin has the number of its rod."""
        return range(2, len(self.rods_m) + 2)

    def _check_order(self) -> None:
        """Check the order along the belt: camera, gate 1, rod 2, gate 2, rod 3, ..., end."""
        stations = [("camera_m", self.camera_m)]
        for index, gate_m in enumerate(self.gates_m):
            stations.append((f"gates_m[{index}]", gate_m))
            if index < len(self.rods_m):
                stations.append((f"rods_m[{index}]", self.rods_m[index]))
        stations.append(("end_m", self.end_m))
        check_range("camera_m", self.camera_m, 0.0, LONGEST_LINE_M, above=True)
        for (before, before_m), (field, position_m) in pairwise(stations):
            if not position_m > before_m:
                raise ScenarioError(field, position_m, f"above {before} ({before_m!r}) and at most {LONGEST_LINE_M}")


def load_layout(path: str | Path) -> Layout:
    """Read a layout from a TOML file. Raises `FileError` or `ScenarioError`."""
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
        return msgspec.convert(document, Layout)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}; a layout is a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FileError(f"{path}: not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise FileError(f"{path}: {objection(error, msgspec.json.encode(document), Layout)}") from None
