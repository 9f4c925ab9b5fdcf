"""What an external program wrote, in a file: each line behind the line's time at which it was written, in s."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from twin.errors import FileError
from twin.links.output_log import OutputLine

OUTPUT_FILE: Final = "output.txt"
_BEHIND_TIME: Final = " s  "


def write_output(path: Path, output_lines: Iterable[OutputLine]) -> None:
    """Write the lines. Raises `FileError`."""
    text = "".join(f"{line.t_s:10.3f}{_BEHIND_TIME}{line.text}\n" for line in output_lines)
    try:
        path.write_bytes(text.encode())
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}; choose a file that can be written") from None


def read_output(path: Path) -> list[OutputLine]:
    """The lines, as far as there is a file that can be read."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    output_lines: list[OutputLine] = []
    for line in text.splitlines():
        t_s, _, words = line.partition(_BEHIND_TIME)
        try:
            output_lines.append(OutputLine(float(t_s), words))
        except ValueError:  # Of a file that an older version wrote, without times.
            output_lines.append(OutputLine(output_lines[-1].t_s if output_lines else 0.0, line))
    return output_lines
