"""The files around the code: license, hooks, continuous integration, notes for contributors."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def workflow():
    return yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))


def commands_of(job):
    return [step["run"] for step in workflow()["jobs"][job]["steps"] if "run" in step]


def test_the_license_is_apache_2():
    head = (ROOT / "LICENSE").read_text(encoding="utf-8").split()[:4]
    assert head == ["Apache", "License", "Version", "2.0,"]
    assert PROJECT["license"] == "Apache-2.0"


def test_continuous_integration_tries_every_python_that_is_named():
    named = [found[1] for one in PROJECT["classifiers"] if (found := re.search(r":: (3\.\d+)$", one))]
    assert workflow()["jobs"]["tests"]["strategy"]["matrix"]["python"] == named


def test_continuous_integration_runs_the_readmes_test_command():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"<!-- tests -->\n\n    (.+)\n", readme)[1] in commands_of("tests")


def test_the_environments_that_it_runs_are_there():
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    asked = [found[1] for command in commands_of("rest") if (found := re.fullmatch(r"tox -e (\S+)", command))]
    assert asked
    assert [name for name in asked if f"[testenv:{name}]" not in tox] == []


def test_the_hooks_are_the_projects_own_tools():
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    tools = [hook["entry"].split()[2] for hook in repositories[0]["hooks"]]
    assert set(tools) == {"ruff", "mypy"}
    for tool in tools:
        assert any(requirement.startswith(f"{tool}>=") for requirement in PROJECT["optional-dependencies"]["test"])


def test_every_file_that_the_notes_for_contributors_name_exists():
    named = re.findall(r"`([\w/.-]+\.(?:py|md|toml|ini))`", CONTRIBUTING)
    assert "tests/test_structure.py" in named
    for path in named:
        assert next(ROOT.glob(path), None) or any(
            next((ROOT / folder).rglob(path), None) for folder in ("twin", "controller", "scenarios", "tests")
        ), path


def test_the_property_that_contributors_are_shown_holds(tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", CONTRIBUTING, re.DOTALL)
    path = tmp_path / "test_example.py"
    path.write_text(example, encoding="utf-8")
    options = ("-q", "-p", "scenarios.conftest", "-c", str(ROOT / "pyproject.toml"), f"--rootdir={ROOT}")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(path)], cwd=tmp_path, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert "1 passed" in done.stdout, done.stdout + done.stderr
