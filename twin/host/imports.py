"""Calls an action on a module as soon as the program has imported it."""

from __future__ import annotations

import importlib.machinery
import sys
from types import ModuleType
from typing import Any, Callable

Action = Callable[[ModuleType], None]
_actions: dict[str, Action] = {}


def when_imported(name: str, action: Action) -> None:
    """Call `action` with the named module once it is imported, or now if it already is."""
    if name in sys.modules:
        action(sys.modules[name])
    if not _actions:
        sys.meta_path.insert(0, _Finder())
    _actions[name] = action


class _Finder:
    """Finds a module by the other finders, and adds the action to its loader.

    The action remains: the module may only have been asked for, may fail, or may be imported anew.
    """

    def __init__(self) -> None:
        self._sought: set[str] = set()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The module's spec with our loader around its own, or None for a name without an action."""
        action = _actions.get(name)
        if action is None or name in self._sought:
            return None
        self._sought.add(name)  # Another finder may ask all of them in its turn.
        try:
            finders = [finder for finder in sys.meta_path if finder is not self and hasattr(finder, "find_spec")]
            specs = (finder.find_spec(name, path, target) for finder in finders)
            found = next((spec for spec in specs if spec is not None), None)
        finally:
            self._sought.remove(name)
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
