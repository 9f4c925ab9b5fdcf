"""Property-based tests of the sorting line: strategies to import, and the suite that `pytest scenarios/` runs."""

from scenarios.strategies import fault_lists, fault_of, items, layouts, link_models, recognizer_models, scenarios

__all__ = ["fault_lists", "fault_of", "items", "layouts", "link_models", "recognizer_models", "scenarios"]
