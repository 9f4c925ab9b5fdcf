"""The wheel: what is in it, and that it works by itself, away from the checkout and with an empty home."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("twin", "controller", "classifier", "scenarios")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HEAVY = {
    "simpy",
    "amqtt",
    "paho",
    "numpy",
    "cv2",
    "onnxruntime",
    "fastapi",
    "uvicorn",
    "hypothesis",
    "torch",
    "asyncio",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy of what git would keep, so that nothing is left in the checkout."""
    place = tmp_path_factory.mktemp("wheel")
    skipped = shutil.ignore_patterns(".*", "__pycache__", "tests", "benchmarks", "scenario-failures", "build", "dist")
    shutil.copytree(ROOT, place / "source", ignore=skipped)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)],
        cwd=place / "source", check=True, capture_output=True,
    )  # fmt: skip
    shutil.rmtree(place / "source")
    return next(place.glob("*.whl"))


@pytest.fixture(scope="module")
def away(wheel, tmp_path_factory):
    """A folder with the wheel unpacked in `site`, and empty folders `home` and `here` beside it."""
    folder = tmp_path_factory.mktemp("away")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    (folder / "home").mkdir()
    (folder / "here").mkdir()
    return folder


def run(away, *words):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "XDG_", "ORT_"))}
    home = str(away / "home")
    return subprocess.run(
        [sys.executable, "-P", *words], cwd=away / "here", capture_output=True, text=True, timeout=120, check=False,
        env=kept | {"HOME": home, "USERPROFILE": home, "PYTHONPATH": str(away / "site"), "TERM": "dumb"},
    )  # fmt: skip


def test_weights_regressions_and_type_markers_are_in_the_wheel(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for package in PACKAGES:
        files = {path for path in (ROOT / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
        assert {path.relative_to(ROOT).as_posix() for path in files} <= names
        assert f"{package}/py.typed" in names
    assert {name.split("/")[0] for name in names} == {*PACKAGES, f"sorting_line_twin-{PROJECT['version']}.dist-info"}


@pytest.mark.parametrize("program", PROJECT["scripts"])
def test_each_program_is_a_module_too(program, away):
    done = run(away, "-m", program, "--help")
    assert done.returncode == 0
    assert program in done.stdout


def test_the_main_job_runs_away_from_the_checkout_and_leaves_nothing_behind(away):
    done = run(away, "-m", "twin", "run", "--items", "5")
    assert (done.returncode, "violations: none" in done.stdout) == (0, True), done.stdout + done.stderr
    assert list((away / "home").iterdir()) == []
    assert list((away / "here").iterdir()) == []


def test_the_shipped_model_is_found_away_from_the_checkout(away):
    drawn = away / "drawn"
    assert run(away, "-m", "classifier", "synthesize", "--images", "12", "--out", str(drawn)).returncode == 0
    done = run(away, "-m", "classifier", "predict", "--json", str(next(drawn.glob("*/*/*"))))
    assert done.returncode == 0
    assert '"label"' in done.stdout


def test_the_suite_runs_away_from_the_checkout(away):
    done = run(away, "-m", "pytest", "--pyargs", "scenarios.test_regressions", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("program", PROJECT["scripts"])
def test_help_loads_nothing_of_the_plant_the_network_or_the_model(program, away):
    loaded = f"import sys, {program}.cli; print([name for name in {sorted(HEAVY)} if name in sys.modules])"
    done = run(away, "-c", loaded)
    assert ast.literal_eval(done.stdout) == []


def test_the_default_install_has_pytest_and_hypothesis_and_no_torch():
    names = {requirement.split(">")[0].split("=")[0] for requirement in PROJECT["dependencies"]}
    assert {"pytest", "hypothesis", "onnxruntime"} <= names
    assert not names & {"torch", "torchvision"}


def test_the_lock_names_no_index():
    for lock in (ROOT / "requirements").glob("*.txt"):
        assert "://" not in lock.read_text(encoding="utf-8")
