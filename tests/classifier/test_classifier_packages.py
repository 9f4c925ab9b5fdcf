"""The packages of the classifier: what their imports load, what they export, and which imports which."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import classifier
import classifier.rendering
import classifier.training

ROOT = Path(classifier.__file__).parent
DEPLOYED = (
    "collection", "confidence", "decoding", "engine", "errors", "inference", "metadata", "recognition", "service",
)  # fmt: skip


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


def imported(path: Path) -> set[str]:
    """The classifier's modules that a module imports, those that only a type checker sees left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = [
        node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    ]
    skipped = {id(inner) for node in for_types for inner in ast.walk(node)}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and id(node) not in skipped]
    names = {f"{node.module}.{alias.name}" for node in found for alias in node.names}
    return {name if name in MODULES else name.rpartition(".")[0] for name in names} & set(MODULES)


def loaded_by(script: str) -> set[str]:
    """The modules that a fresh process has loaded after a script."""
    words = [sys.executable, "-c", f"{script}; import sys; print(*sys.modules)"]
    return set(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("package", ["classifier", "classifier.training"])
def test_importing_a_package_loads_nothing_heavy(package: str) -> None:
    assert not loaded_by(f"import {package}") & {"numpy", "cv2", "onnxruntime", "torch"}


def test_running_a_model_loads_no_torch_no_renderer_and_no_training() -> None:
    loaded = loaded_by("from classifier import Classifier; import classifier.service")
    assert "cv2" in loaded
    assert not loaded & {"torch", "classifier.rendering", "classifier.training"}


@pytest.mark.parametrize("name", DEPLOYED)
def test_deployed_modules_import_neither_rendering_nor_training(name: str) -> None:
    found = imported(MODULES[f"classifier.{name}"])
    assert not [module for module in found if module.startswith(("classifier.rendering", "classifier.training"))]


def test_rendering_does_not_import_training() -> None:
    rendering = [path for name, path in MODULES.items() if name.startswith("classifier.rendering")]
    assert not [name for path in rendering for name in imported(path) if name.startswith("classifier.training")]


def test_no_module_imports_itself_by_way_of_others() -> None:
    TopologicalSorter({name: imported(path) - {name} for name, path in MODULES.items()}).prepare()


@pytest.mark.parametrize("package", [classifier, classifier.rendering])
def test_every_public_name_of_a_package_is_listed_and_loads(package) -> None:  # type: ignore[no-untyped-def]
    assert set(package.__all__) <= set(dir(package))
    assert all(getattr(package, name) is not None for name in package.__all__)


@pytest.mark.train
def test_every_public_name_of_training_is_listed_and_loads() -> None:
    pytest.importorskip("torch", reason="training needs torch and torchvision (extra `train`)")
    pytest.importorskip("onnx", reason="exporting needs onnx (extra `train`)")
    test_every_public_name_of_a_package_is_listed_and_loads(classifier.training)


def test_training_lists_its_public_names_without_torch() -> None:
    assert {"ImageSet", "evaluate", "produce", "train"} <= set(dir(classifier.training))
    assert callable(classifier.training.evaluate)


@pytest.mark.parametrize("package", [classifier, classifier.training])
def test_an_unknown_name_is_an_attribute_error(package) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(AttributeError, match="Sorter"):
        package.Sorter  # noqa: B018
