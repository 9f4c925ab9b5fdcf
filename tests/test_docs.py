"""The documentation: its commands run, its tables are true, and each of its pages is reached."""

import importlib.util
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest
import yaml

from controller import Settings
from scenarios.known_line import FAMILIES
from twin import (
    Camera,
    ExternalController,
    Item,
    ItemDraw,
    Layout,
    LinkModel,
    RecognizerModel,
    Scenario,
    faults,
    simulate,
)
from twin.links.channel import GARBAGE
from twin.verdict.checks import ALL_CHECKS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)

FOLLOWED = ("tutorial.md", "how-to/layout.md", "how-to/pictures.md", "how-to/failure.md")
"""Whose files are written and whose commands are run, in their order."""

STRUCTS = {
    "Layout": Layout, "Settings": Settings, "Scenario": Scenario, "Item": Item, "Items that are drawn": ItemDraw,
    "Link": LinkModel, "Camera": Camera, "Recognizer": RecognizerModel,
}  # fmt: skip


def text_of(page):
    return (DOCS / page).read_text(encoding="utf-8")


def environment():
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    return os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "TERM": "dumb", "COLUMNS": "200"}


def run_in(folder, command):
    """What a command of a page says, given where the checkout's paths are absolute."""
    words = [str(ROOT / word) if (ROOT / word).is_file() else word for word in command.split()]
    if words[0] in ("pytest", "twin"):
        words = ["python", "-m", *words]
    done = subprocess.run(
        [sys.executable, *words[1:]], cwd=folder, env=environment(), capture_output=True, text=True, timeout=180,
        check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def mend(text, new):
    """The tutorial's two small changes to `sorter.py`."""
    if new.lstrip().startswith("case Recognised"):
        old = "            case Recognised(label=label):\n                self.rod = self.settings.bins.get(label)\n"
        changed = text.replace(old, new)
    else:
        old = "                self.rod = None\n        outputs +="
        changed = text.replace(old, f"                self.rod = None\n{new}        outputs +=")
    assert changed != text
    return changed


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=[pytest.mark.slow] if page == "tutorial.md" else []) for page in FOLLOWED]
)
def test_who_follows_a_page_sees_what_it_says(page, tmp_path):
    output = ""
    for language, title, content in FENCE.findall(text_of(page)):
        if title:
            (tmp_path / title).write_text(content, encoding="utf-8")
        elif language == "console":
            output = "".join(run_in(tmp_path, command) for command in content.splitlines())
            assert "Traceback" not in output or "AssertionError" in output, output
            assert not re.search(r"No such|not found|Usage:", output), output
        elif language == "text" and output:
            for part in re.split(r" ?\.\.\. ?|\n", content.strip()):
                assert part in output, output
            output = ""
        elif page == "tutorial.md" and language == "python":
            path = tmp_path / "sorter.py"
            path.write_text(mend(path.read_text(encoding="utf-8"), content), encoding="utf-8")


def small_controller():
    spec = importlib.util.spec_from_file_location("small_controller", DOCS / "how-to" / "small_controller.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_small_controller_asks_the_library():
    picture = (ROOT / "fuzz" / "corpus" / "image" / "colour.jpg").read_bytes()
    label, confidence = small_controller().ask_library()(picture)
    assert isinstance(label, str)
    assert 0 <= confidence <= 1


@pytest.mark.slow
@pytest.mark.broker
def test_the_small_controller_sorts_on_the_stand_in_by_the_service(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    running = []

    def start(*words):
        running.append(subprocess.Popen(
            [sys.executable, *words], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True,
        ))  # fmt: skip
        return running[-1]

    try:
        service = start("-m", "classifier", "serve", "--port", "0")
        url = re.search(r"http://[\d.]+:\d+", service.stdout.readline())[0]
        line = start("-m", "twin", "serve", "--port", port, "--items", "2", "--seed", "3", "--summary", "summary.json")
        assert "listens on" in line.stdout.readline()
        controller = start(str(DOCS / "how-to" / "small_controller.py"), "127.0.0.1", port, url)
        assert controller.wait(120) == 0
        assert line.wait(60) == 0
    finally:
        for process in running:
            process.kill()
            process.communicate()
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["items"], summary["correct"], summary["violations"]) == (2, 2, [])


@pytest.mark.broker
def test_the_granted_controller_sorts_in_lockstep_and_repeatably():
    program = DOCS / "granted_controller.py"
    mine = ExternalController(shlex.join([sys.executable, str(program), "{host}", "{port}"]))
    scenario = Scenario(seed=3, items=ItemDraw(count=4), recognizer=RecognizerModel(source="images"))
    first, second = (simulate(scenario, link="lockstep", controller=mine) for _ in range(2))
    assert first.ok
    assert first.summary.correct >= 3
    assert first.summary.digest == second.summary.digest


@pytest.fixture
def granted_on_node():
    """The participant in JavaScript. It needs Node and MQTT.js."""
    needs = ["node", "-e", "require('mqtt')"]
    if shutil.which("node") is None or subprocess.run(needs, cwd=DOCS, capture_output=True, check=False).returncode:
        pytest.skip("Node with MQTT.js is not installed (npm install mqtt; NODE_PATH)")
    return ExternalController(
        f"node {shlex.quote((DOCS / 'granted_controller.js').as_posix())} {{host}} {{port}} {{service}}"
    )


@pytest.mark.broker
@pytest.mark.parametrize("loss", [(), (faults.ClientCutOff(from_s=21.0, until_s=24.0),)], ids=["no fault", "cut off"])
def test_the_participant_in_javascript_sorts_in_lockstep_and_alike_each_time(granted_on_node, loss):
    scenario = Scenario(seed=3, items=ItemDraw(count=4), faults=loss)
    first, second = (simulate(scenario, link="lockstep", controller=granted_on_node) for _ in range(2))
    assert first.ok, first.violations
    assert first.summary.correct >= 3
    assert first.summary.digest == second.summary.digest


@pytest.mark.broker
def test_the_granted_controller_has_the_bug_that_the_page_tells_of():
    program = DOCS / "granted_controller.py"
    mine = ExternalController(shlex.join([sys.executable, str(program), "{host}", "{port}"]))
    cut = faults.ClientCutOff(from_s=21.0, until_s=24.0)
    pictures = RecognizerModel(source="images")
    run = simulate(
        Scenario(seed=3, items=ItemDraw(count=8), recognizer=pictures, faults=(cut,)), link="lockstep", controller=mine
    )
    assert "stalled" in {violation.check for violation in run.violations}


def rows(text):
    """The cells of a section's tables, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if "what it is" not in line]


@pytest.mark.parametrize("title", STRUCTS)
def test_the_keys_are_those_that_there_are_with_their_defaults(title):
    section = re.search(rf"^##+ {title}\n(.*?)(?=^##|\Z)", text_of("reference/keys.md"), re.DOTALL | re.MULTILINE)[1]
    listed = {key.strip("`"): default for key, default, _ in rows(section)}
    fields = {field.encode_name: field for field in msgspec.structs.fields(STRUCTS[title])}
    assert list(listed) == list(fields)
    for key, default in listed.items():
        value = fields[key].default
        if default == "none":
            assert value is None
        elif default == "must be given":
            assert value is msgspec.NODEFAULT
        elif default.startswith(("see", "the default")):
            assert isinstance(value, msgspec.Struct)
        else:
            assert tomllib.loads(f"x = {default}")["x"] == json.loads(msgspec.json.encode(value))


def test_every_fault_is_listed_with_its_keys_and_defaults():
    found = re.findall(r"^\| `(\w+)` \| .+ \| (.+) \|$", text_of("reference/faults.md"), re.MULTILINE)
    kinds = {kind.__name__: kind for kind in vars(faults).values() if isinstance(kind, type)}
    every = {name for name, kind in kinds.items() if issubclass(kind, faults.Fault)} - {"Fault"}
    assert {name for name, _ in found} == every
    for name, keys in found:
        listed = {key: json.loads(value) for key, value in re.findall(r"`(\w+)` = ([^,]+)", keys)}
        fields = msgspec.structs.fields(kinds[name])
        own = {field.name: field.default for field in fields if field.name not in ("from_s", "until_s")}
        assert listed == own, name


def test_every_fault_stands_under_its_family():
    sections = re.split(r"^## \w+ \(`(\w+)`\)\n", text_of("reference/faults.md"), flags=re.MULTILINE)[1:]
    listed = {family: set(re.findall(r"^\| `([A-Z]\w+)` \|", text, re.MULTILINE)) for family, text in pairs(sections)}
    assert listed == {family: {kind.__name__ for kind in kinds} for family, kinds in FAMILIES.items() if kinds}


def pairs(cells):
    return zip(cells[::2], cells[1::2], strict=True)


def test_every_payload_of_garbage_is_listed():
    listed = dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|$", text_of("reference/faults.md"), re.MULTILINE))
    narrated = {name: text.encode() for name, text in listed.items()}
    # No text has the bytes of the last one.
    assert narrated == {name: payload for name, payload in GARBAGE.items() if name != "not_utf8"}
    assert "`not_utf8`" in text_of("reference/faults.md")


@pytest.mark.parametrize("page", ["verdict.md", "how-to/failure.md"])
def test_every_rule_is_explained(page):
    named = set(re.findall(r"^\| `(\w+)` \|", text_of(page), re.MULTILINE))
    assert named == {check.name for check in ALL_CHECKS}


def test_every_page_is_in_the_navigation():
    def leaves(node):
        if isinstance(node, str):
            return {node}
        parts = node.values() if isinstance(node, dict) else node
        return set().union(*(leaves(part) for part in parts))

    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    assert leaves(navigation) == {path.relative_to(DOCS).as_posix() for path in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_links_of_a_page_point_to_files(page):
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert link.startswith("https://") or (page.parent / link).exists(), link


def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("mkdocs", reason="needs the extra `docs`")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-q", "-d", str(tmp_path)], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "reference" / "api" / "index.html").read_text(encoding="utf-8")
    for name in ("twin.simulate", "twin.Run", "controller.Settings", "classifier.Classifier", "scenarios.layouts"):
        assert f'id="{name}"' in page, name
    # A formatter that changes the marker of an included file leaves the marker on the page, and no warning.
    for name, code in (("wire", "def connected"), ("wire", "mqtt.connect"), ("how-to/controller", "def ask_service")):
        text = re.sub(r"<[^>]+>", "", (tmp_path / name / "index.html").read_text(encoding="utf-8"))
        assert code in text, (name, code)
