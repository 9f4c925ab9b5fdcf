"""Calls an action on a module as soon as the program has imported it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from types import ModuleType
from typing import Any, Callable

Action = Callable[[ModuleType], None]
_actions: dict[str, Action] = {}


def when_imported(name: str, action: Action) -> None:
    """Call `action` with the named module once it is imported, or now if it already is."""
    if name in sys.modules:
        action(sys.modules[name])
    elif not _actions:
        sys.meta_path.insert(0, _Finder())
    _actions[name] = action


class _Finder:
    """Finds a module by the other finders, and adds the action to its loader."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The module's spec with our loader around its own, or None for a name without an action."""
        action = _actions.pop(name, None)
        if action is None:
            return None
        found = importlib.util.find_spec(name)
        if found is not None and hasattr(found.loader, "exec_module"):
            found.loader = _Loader(found.loader, action)  # type: ignore[assignment]
        return found


class _Loader:
    """A module's own loader, followed by the action."""

    def __init__(self, loader: Any, action: Action) -> None:
        self._loader = loader
        self._action = action

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """As its own loader does."""
        return self._loader.create_module(spec)  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        """As its own loader does; then the action."""
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._action(module)
