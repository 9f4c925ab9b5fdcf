"""`python PATH/TO/twin/host CONTROLLER.py ARGUMENTS...`: patches what is to be virtual, and runs the program."""

import importlib.util
import os
import sys
from types import ModuleType


def _load(name: str) -> ModuleType:
    """This folder as a package of that name, which the program can't have."""
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
    _load("_twin_host").start(sys.argv[1:])
