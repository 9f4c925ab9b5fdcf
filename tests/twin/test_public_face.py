"""What a person at a prompt or in a notebook sees of the packages and of a run."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import classifier
import controller
import twin
from twin import ItemDraw, Layout, Scenario, faults, load_layout, load_scenario, settings_for, simulate, trace
from twin.errors import ArgumentError, FileError
from twin.scenario.scenario import encode_scenario

PACKAGES = (twin, controller, classifier)


@pytest.fixture(scope="module")
def run():
    return simulate(Scenario(seed=3, items=ItemDraw(count=5)))


class Stubborn(controller.Controller):
    """Pulls no rod but the loader's."""

    def handle(self, event, now_s):
        outputs = super().handle(event, now_s)
        return tuple(
            output
            for output in outputs
            if not (isinstance(output, controller.Rod) and not output.push and output.number > 1)
        )


@pytest.fixture(scope="module")
def bad():
    return simulate(Scenario(seed=3, items=ItemDraw(count=5)), controller=Stubborn)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_every_public_name_is_shown_and_there(package):
    assert dir(package) == sorted(package.__all__)
    for name in package.__all__:
        assert getattr(package, name) is not None


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_a_name_that_is_none_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing


def test_a_run_that_breaks_no_rule_is_ok(run, bad):
    assert run.ok
    assert not bad.ok


def test_a_run_shows_itself_in_one_line(run, bad):
    assert repr(run) == "<Run seed=3 link=memory items=5 of 5 right=5 rejected=0 violations=0>"
    assert "\n" not in repr(bad)
    assert f"violations={len(bad.violations)}" in repr(bad)


def test_a_trace_can_be_sliced(run):
    assert run.trace[2:5] == (run.trace[2], run.trace[3], run.trace[4])
    assert isinstance(run.trace[-1:][0], trace.Ended)


class Cells(HTMLParser):
    """The text of each cell; unclosed or strange tags are noticed."""

    def __init__(self):
        super().__init__()
        self.cells, self.open = [], []

    def handle_starttag(self, tag, attrs):
        assert attrs == [] or "svg" in [*self.open, tag]
        self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1] in ("td", "th"):
            self.cells[-1] += data


def test_a_run_shows_itself_as_a_table_in_a_notebook(run, bad):
    for shown in (run, bad):
        page = Cells()
        page.feed(shown._repr_html_())
        assert page.open == []
        assert {"ripe", "half_ripe", "raw"} & set(page.cells)
        assert {violation.detail for violation in shown.violations[:20]} <= set(page.cells)


def test_what_comes_from_outside_is_escaped_there():
    drawn = ItemDraw(count=2, classes=("<script>",))
    page = simulate(Scenario(items=drawn))._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_saved_run_has_the_files_of_a_save_on_the_command_line(run, tmp_path):
    run.save(tmp_path / "kept")
    assert {path.name for path in (tmp_path / "kept").iterdir()} >= {
        "scenario.json", "trace.jsonl", "summary.json", "run.json"
    }  # fmt: skip
    assert load_scenario(tmp_path / "kept" / "scenario.json") == run.scenario
    assert tuple(trace.read_trace(str(tmp_path / "kept" / "trace.jsonl"))) == run.trace


def test_a_run_is_saved_to_a_new_folder_only(run, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    with pytest.raises(FileError, match=r"^folder must be a new or empty folder"):
        run.save(str(tmp_path / "full"))


def test_a_run_without_its_trace_is_not_saved(tmp_path):
    run = simulate(Scenario(seed=3, items=ItemDraw(count=9)), keep_trace=False)
    with pytest.raises(ArgumentError, match="keep_trace"):
        run.save(tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("kind", [str, Path])
def test_files_are_named_by_text_or_path(kind, tmp_path):
    scenario = Scenario(seed=8, faults=(faults.NoImage(from_s=1, until_s=2),))
    (tmp_path / "scenario.json").write_bytes(encode_scenario(scenario))
    (tmp_path / "line.toml").write_text("end_m = 2.5\n", encoding="utf-8")
    assert load_scenario(kind(tmp_path / "scenario.json")) == scenario
    assert load_layout(kind(tmp_path / "line.toml")) == Layout(end_m=2.5)
    assert settings_for(Layout()).gates == 3


@pytest.mark.parametrize("load", [load_scenario, load_layout])
def test_a_file_that_is_not_there_is_one_line(load):
    with pytest.raises(FileError, match=r"^nowhere: No such file"):
        load("nowhere")


@pytest.mark.parametrize("kind", [str, Path])
def test_a_trace_goes_to_a_file_named_by_text_or_path(kind, tmp_path):
    run = simulate(Scenario(), trace_path=kind(tmp_path / "trace.jsonl"))
    assert tuple(trace.read_trace(tmp_path / "trace.jsonl")) == run.trace


@pytest.mark.parametrize("program", ["twin", "controller", "classifier"])
def test_a_program_says_its_version_and_has_a_short_help(program):
    def output(*words):
        done = subprocess.run([sys.executable, "-m", program, *words], capture_output=True, text=True, check=True)
        return done.stdout

    assert output("--version").split() == [program, classifier.distribution.distribution_version()]
    assert output("-h") == output("--help")


@pytest.mark.parametrize("name", ["controller", "classifier"])
def test_a_users_file_that_hides_a_package_is_named(name, tmp_path):
    (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong file')\n", encoding="utf-8")
    command = [sys.executable, "-c", "from twin import simulate"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert str(tmp_path / f"{name}.py") in last
    assert last.endswith("rename that file")
