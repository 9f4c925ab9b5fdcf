"""What the packages may know of each other, and what none of them may do."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("twin", "controller", "classifier", "scenarios")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
LIBRARY = [path for path in MODULES if path.parts[-2] != "scenarios"]

MAY_IMPORT = {
    "classifier": {"controller.address", "controller.wire", "controller.errors"},
    "controller": {"classifier"},
    "twin": {"classifier", "controller"},
    "scenarios": {"classifier", "controller", "twin"},
}
STOPWATCHES = {
    "twin/links/pacing.py",
    "controller/system.py",
    "classifier/inference.py",
    "classifier/evaluation.py",
}
TOPICS = {"aa", "bb", "twin/plant", "twin/clock/grant", "twin/clock/done", "twin/clock/hello"}
NAMES_TOPICS = {"controller/wire.py", "twin/scenario/faults.py"}
"""The wire's names, and a scenario's data."""


def name(path):
    return path.relative_to(ROOT).as_posix()


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def called(tree):
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


@pytest.fixture(params=MODULES, ids=name)
def module(request):
    return request.param


def test_imports_go_one_way(module):
    own = module.relative_to(ROOT).parts[0]
    tree = ast.parse(module.read_bytes())
    others = {found for found in imported(tree) if found.split(".")[0] in set(PACKAGES) - {own}}
    allowed = MAY_IMPORT[own]
    strange = {found for found in others if not any(f"{found}.".startswith(f"{root}.") for root in allowed)}
    strange -= {root.rpartition(".")[0] for root in allowed}
    assert strange == set()


@pytest.mark.parametrize("path", LIBRARY, ids=name)
def test_nothing_sleeps_prints_or_draws_from_the_module_random(path):
    calls = called(ast.parse(path.read_bytes()))
    banned = {"time.sleep", "sleep", "asyncio.sleep", "print", "random.random", "random.seed", "np.random.seed"}
    assert calls & banned == set()


@pytest.mark.parametrize("path", LIBRARY, ids=name)
def test_the_wall_clock_has_its_own_modules(path):
    clocks = {"time.time", "time.monotonic", "time.perf_counter", "datetime.now", "datetime.datetime.now"}
    if name(path) not in STOPWATCHES:
        assert called(ast.parse(path.read_bytes())) & clocks == set()


@pytest.mark.parametrize("path", LIBRARY, ids=name)
def test_topics_are_named_in_one_place(path):
    if name(path) not in NAMES_TOPICS:
        said = {node.value for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Constant)}
        assert said & TOPICS == set()
