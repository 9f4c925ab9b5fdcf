"""A user's file that has the name of one of our packages, so that Python would import it in the package's place."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parents[1]
"""Where our packages lie, side by side."""


def refuse_shadows(*packages: str) -> None:
    """Raise `ImportError`, which names the file to rename, where `import PACKAGE` would not find ours."""
    for package in packages:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            continue  # Missing altogether: the import itself says so.
        if Path(spec.origin).parents[1].resolve() != _FOLDER.resolve():
            raise ImportError(
                f"{spec.origin} hides the package `{package}` of twin, which has the same name: rename that file",
                name=package,
                path=spec.origin,
            )
