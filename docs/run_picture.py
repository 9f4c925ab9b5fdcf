"""Makes the README's picture of a run: the command, and the very lines that it says.

    python docs/run_picture.py [docs/run.svg]

Times in it are those of the machine that it ran on. A test compares the picture with what the command says.
"""

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

COMMAND: Final = "twin run --items 100"
WIDTH: Final = 100
FONT: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
STYLES: Final = ((r"^violations: none", "green"), (r"^violations: \d+", "bold red"), (r"^\d+ items, seed", "italic"))


def output_lines() -> list[str]:
    """What the command says, line by line."""
    program, *words = COMMAND.split()
    done = subprocess.run(
        [sys.executable, "-m", program, *words], stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True,
        env=os.environ | {"COLUMNS": str(WIDTH), "TERM": "dumb", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    return [line.rstrip() for line in done.stdout.splitlines()]


def drawn(lines: list[str]) -> str:
    """The lines as a terminal shows them, an SVG; nothing in it comes from another server."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {COMMAND}", style="bold"))
    for line in lines:
        style = next((style for pattern, style in STYLES if re.search(pattern, line)), "")
        console.print(Text(line, style=style))
    picture = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="sorting-line-twin"), flags=re.DOTALL)
    return picture.replace("Fira Code, monospace", FONT)


def main() -> None:
    """Run, draw, write."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/run.svg")
    path.write_text(drawn(output_lines()), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
