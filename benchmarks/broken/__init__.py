"""Controllers with one deliberate, realistic bug each. `benchmarks/bug_finding.py` runs the suite against them."""

from collections.abc import Callable

from broken import connection, course, gates, labels, loading, rare, rods
from controller.core.controller import Controller
from controller.settings import Settings

Broken = Callable[[Settings], Controller]

BROKEN: dict[str, Broken] = {
    kind.__name__: kind for module in (course, rods, gates, labels, connection, loading) for kind in module.KINDS
}
"""Each broken controller by its name."""

RARE: dict[str, Broken] = {kind.__name__: kind for kind in rare.KINDS}
"""Those whose bug hardly ever shows: `benchmarks/rare_bugs.py` hunts them."""
