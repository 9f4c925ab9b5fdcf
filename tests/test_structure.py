"""What the packages may import of each other, how long modules and functions are, and what none of them may do.

`pytest -s tests/test_structure.py -k counts` prints modules, imports, layers and cycles of each package.
"""

import ast
import re
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("twin", "controller", "classifier", "scenarios")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
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
    "classifier/training/evaluation.py",
}
SANS_CLOCK = (
    "controller/core/", "controller/wire.py", "controller/session.py", "twin/plant/", "twin/scenario/", "twin/trace/",
    "twin/verdict/",
)  # fmt: skip
"""What decides; whoever calls it says what time it is."""

TOPICS = {"aa", "bb", "twin/plant", "twin/clock/grant", "twin/clock/done", "twin/clock/hello"}
NAMES_TOPICS = {"controller/wire.py", "twin/scenario/faults.py"}
"""The wire's names, and a scenario's data."""


LAYERS = {
    "classifier": (
        "errors", "recognition", "metadata", "decoding", "confidence", "engine", "inference", "service", "collection",
        "rendering", "training", "tables", "distribution", "command", "options", "data_commands", "cli", "__main__",
    ),
    "twin": (
        "errors", "pictures", "timeline", "scenario", "trace", "beliefs", "broker", "plant", "verdict",
        "caching_recognizer", "host", "links", "run_end", "simulation", "doctor", "report", "saved", "run_recognizer",
        "run_arguments", "run", "view", "campaign", "commands", "cli", "__main__",
    ),
    "controller": (
        "errors", "wire", "decode_errors", "frozen", "system", "address", "settings", "core", "arrivals", "labels",
        "refusals", "mqtt", "session", "worker", "wall_clock", "simulation", "recognizers", "configuration", "journal",
        "program", "cli", "__main__",
    ),
}  # fmt: skip
"""Modules and sub-packages of each package, the lowest first: each imports only what stands before it."""

LONG_WITH_A_REASON = {"controller/core/controller.py"}
"""It has more than `LONG` lines: the state machine stands in one place."""

LONG, LONGEST, LONGEST_FUNCTION = 300, 400, 60
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc"}


def name(path):
    return path.relative_to(ROOT).as_posix()


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def private(tree):
    """The private names that a module takes from another."""
    taken = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module != "__future__")
    return {f"{node.module}.{alias.name}" for node in taken for alias in node.names if alias.name.startswith("_")}


def called(tree):
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


@pytest.fixture(params=MODULES, ids=name)
def module(request):
    return request.param


def test_a_package_imports_only_lower_packages(module):
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


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=name)
def test_a_private_name_stays_in_its_module(path):
    assert private(ast.parse(path.read_bytes())) == set()


@pytest.mark.parametrize("path", LIBRARY, ids=name)
def test_what_decides_never_learns_the_wall_time(path):
    if name(path).startswith(SANS_CLOCK):
        assert not [found for found in imported(ast.parse(path.read_bytes())) if found.startswith("controller.system")]


@pytest.mark.parametrize("path", LIBRARY, ids=name)
def test_only_a_campaigns_source_names_a_module_of_the_suite(path):
    words = {node.value for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Constant)}
    named = {word for word in words if isinstance(word, str) and re.fullmatch(r"scenarios(\.\w+)+", word)}
    assert named == ({"scenarios.campaign_source"} if name(path) == "twin/campaign/source.py" else set())


@pytest.mark.parametrize("path", LIBRARY, ids=name)
def test_topics_are_named_in_one_place(path):
    if name(path) not in NAMES_TOPICS:
        found = {node.value for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Constant)}
        assert found & TOPICS == set()


@cache
def graph(package):
    """The modules of a package, each with those of the same package that it imports."""
    found = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in (ROOT / package).rglob("*.py")}
    modules = set(found.values())
    return {
        module: {target for target in imported(ast.parse(path.read_bytes())) if target in modules} - {module}
        for path, module in found.items()
        if path.name != "__init__.py"
    }


def layer(module):
    return module.split(".")[1]


@pytest.mark.parametrize("package", LAYERS)
def test_a_module_imports_only_from_lower_layers(package):
    order = LAYERS[package]
    assert {layer(module) for module in graph(package)} == set(order)
    upward = {
        (module, target)
        for module, targets in graph(package).items()
        for target in targets
        if order.index(layer(target)) > order.index(layer(module))
    }
    assert upward == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_no_imports_form_a_cycle(package):
    try:
        tuple(TopologicalSorter(graph(package)).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def depth(edges):
    """How many layers deep the imports go."""
    deepest = {}
    for module in TopologicalSorter(edges).static_order():
        deepest[module] = 1 + max((deepest[target] for target in edges.get(module, ())), default=0)
    return max(deepest.values())


def test_the_counts_of_each_package_are_printed(capsys):
    with capsys.disabled():
        for package in PACKAGES:
            edges = graph(package)
            folders = {path.parent for path in (ROOT / package).rglob("*.py")}
            most = max(len(list(folder.glob("*.py"))) for folder in folders)
            sys.stdout.write(
                f"\n{package:10} {len(edges):3} modules in {len(folders)} folders ({most} at most), "
                f"{sum(map(len, edges.values())):3} imports, {depth(edges):2} layers, no cycle"
            )


def test_a_module_is_no_longer_than_a_reader_can_hold(module):
    lines = len(module.read_text().splitlines())
    assert lines <= (LONGEST if name(module) in LONG_WITH_A_REASON else LONG)


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_a_test_module_has_a_limit_too(path):
    assert len(path.read_text().splitlines()) <= LONGEST


def test_a_function_fits_a_screen(module):
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    functions = [node for node in ast.walk(ast.parse(module.read_bytes())) if isinstance(node, kinds)]
    lengths = {(node.name, node.lineno): node.end_lineno - node.lineno + 1 for node in functions}
    assert {function: lines for function, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_no_module_has_a_vague_name(module):
    assert not {*module.relative_to(ROOT).with_suffix("").parts} & VAGUE
