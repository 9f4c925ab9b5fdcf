"""Makes the README's picture of a run from a run: the very lines that `twin run --items 100` ends with.

    python docs/run_picture.py [docs/run.svg]

Times in it are those of the machine that it ran on.
"""

import io
import re
import sys
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from twin import ItemDraw, RecognizerModel, Scenario, simulate
from twin.report.console import show_run

COMMAND: Final = "twin run --items 100"
WIDTH: Final = 100
FONT: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def main() -> None:
    """Run, draw, write."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/run.svg")
    scenario = Scenario(seed=1, items=ItemDraw(count=100), recognizer=RecognizerModel(source="images"))
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {COMMAND}", style="bold"))
    console.print("seed 1, 100 items, link lockstep", highlight=False)
    show_run(console, simulate(scenario, link="lockstep"))
    picture = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="sorting-line-twin"), flags=re.DOTALL)
    path.write_text(picture.replace("Fira Code, monospace", FONT), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
