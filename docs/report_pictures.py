"""Makes the pictures of a report in `docs/`: the run that they show, its report, and Chromium's view of it.

    python docs/report_pictures.py [FOLDER]

Needs Chromium on PATH and playwright (extra `test`).
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec
from playwright.sync_api import sync_playwright

from controller import Controller, Settings
from twin import ItemDraw, Scenario, faults, simulate

PICTURES: Final = (("report.png", 1280, "light"), ("report-narrow.png", 360, "dark"))
AT_S: Final = 69.9
SCENARIO: Final = Scenario(
    seed=3, items=ItemDraw(count=8),
    faults=(
        faults.GateStuck(gate=2, from_s=30.0, until_s=36.0), faults.BeltSpeed(factor=0.6, from_s=41.0, until_s=46.0),
        faults.LinkDelay(way="bb", delay_s=0.3, from_s=18.0, until_s=24.0),
    ),
)  # fmt: skip


def mixes_up_bins(settings: Settings) -> Controller:
    """Our controller with one mistake: ripe items go where half-ripe ones belong."""
    return Controller(msgspec.structs.replace(settings, bins={"ripe": 3, "half_ripe": 3, "raw": 4}))


def main() -> None:
    """Run, draw, look at it, write what is seen."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    path = shutil.which("chromium") or shutil.which("google-chrome")
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        kept = Path(place) / "kept"
        simulate(SCENARIO, controller=mixes_up_bins).save(kept)
        report = kept / "report.html"
        report.write_text(report.read_text(encoding="utf-8").replace(f"{kept}/", "kept/"), encoding="utf-8")
        browser = driver.chromium.launch(executable_path=path, args=arguments)
        for name, width, scheme in PICTURES:
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page.goto(f"{report.as_uri()}#t={AT_S}")
            page.locator(".trajectories").wait_for()
            page.screenshot(path=str(folder / name), full_page=True)
        browser.close()


if __name__ == "__main__":
    main()
