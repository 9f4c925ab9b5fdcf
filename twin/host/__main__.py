"""`python PATH/TO/twin/host CONTROLLER.py ARGUMENTS...`: makes clock, threads and network virtual, runs the program."""

import importlib
import importlib.util
import os
import sys
from types import ModuleType

OLDEST, NEWEST = (3, 8), (3, 13)
"""The versions for which the replacements in `_thread` are known."""


def _check_version() -> None:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        version, oldest, newest = (".".join(map(str, pair)) for pair in (sys.version_info[:2], OLDEST, NEWEST))
        must = "{} to {} to be hosted, got {}".format(oldest, newest, version)
        sys.exit("the program's Python must be {}: use another, or --link realtime".format(must))


def _load(name: str) -> ModuleType:
    """Load this folder as a package under a name that no module of the program has."""
    here = os.path.dirname(os.path.abspath(__file__))
    spec = importlib.util.spec_from_file_location(
        name, os.path.join(here, "__init__.py"), submodule_search_locations=[here]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return importlib.import_module(f"{name}.start")


if __name__ == "__main__":
    sys.path = [folder for folder in sys.path if os.path.abspath(folder) != os.path.dirname(os.path.abspath(__file__))]
    _check_version()
    _load("_twin_host").start(sys.argv[1:])
