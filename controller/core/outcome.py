"""The outcome of an item, for the log: its bin, or the reason for which it is rejected."""

from controller.core.events import Sorted
from controller.core.track import Stage, Track
from controller.settings import Settings


def outcome(item: Track, settings: Settings) -> Sorted:
    """The outcome of a loaded item that was pushed or given up."""
    pushed = item.stage is Stage.PUSHED
    return Sorted(
        number=item.number, label=item.label, confidence=item.confidence, bin=item.rod if pushed else None,
        reason=None if pushed else _reason(item, settings),
    )  # fmt: skip


def _reason(item: Track, settings: Settings) -> str:
    if item.ambiguity is not None:
        return item.ambiguity
    if item.label is None or item.confidence is None:
        return "the recognizer gave no answer"
    if item.label not in settings.bins:
        return "its label has no bin"
    if not settings.sure_at <= item.confidence <= 1.0:
        return f"confidence not within {settings.sure_at:g} to 1"
    return "the answer came after its gate"
