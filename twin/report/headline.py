"""The first sentence on a failed run: what happened on the line, and which fault came before it."""

from collections.abc import Sequence
from typing import Final, TypeVar

from twin import trace
from twin.scenario.faults import fault_name
from twin.scenario.item import item_text
from twin.scenario.layout import REJECT, bin_text
from twin.scenario.scenario import Scenario
from twin.verdict.checks import Violation

T = TypeVar("T", bound=trace.Record)

_KINDS: Final = {
    "needless_reject": "not sorted", "struck": "struck", "jam": "jammed", "rod_left_out": "rod left out",
    "pushed_at_nothing": "pushed at nothing", "protocol": "not understood", "stalled": "stood still",
    "lost": "left on the belt", "crash": "crashed", "unsafe_stop": "unsafe stop", "not_at_rest": "not at rest",
}  # fmt: skip
"""What a broken rule is called, in one or two words of the line."""


def headline(scenario: Scenario, records: Sequence[trace.AnyRecord], violation: Violation) -> str:
    """What a violation was: when, what in a word or two, how, and the fault that came last before it."""
    if violation.check == "wrong_bin" and violation.item is not None:
        what = _wrong_bin(scenario, records, violation.item)
    else:
        what = f"{_KINDS.get(violation.check, violation.check)}: {violation.detail}"
    return f"{violation.t_s:.1f} s {what}{_fault_before(records, violation)}"


def _wrong_bin(scenario: Scenario, records: Sequence[trace.AnyRecord], item: int) -> str:
    """Misread or mis-sorted: whether the recognizer, or what was made of its answer, sent an item astray."""
    loaded, binned = _last(records, trace.Loaded, item), _last(records, trace.Binned, item)
    item_class = "class unknown" if loaded is None else loaded.item_class
    into = "another bin" if binned is None else bin_text(binned.bin)
    name = f"{item_text(item, item_class)} fell into {into}"
    answer = _last(records, trace.Answered, item)
    if answer is not None and answer.own:
        if answer.label is None:
            return f"mis-sorted: {name}; the recognizer gave no answer, so it belongs in {bin_text(REJECT)}"
        sure = answer.confidence >= scenario.controller.sure_at
        belongs = bin_text(scenario.bin_of(answer.label) if sure else REJECT)
        unsure = "" if sure else f" with a confidence of only {answer.confidence:.2f}"
        return f"mis-sorted: {name}; it was recognised as {answer.label}{unsure}, so it belongs in {belongs}"
    belongs = bin_text(scenario.bin_of(item_class))
    if answer is not None and binned is not None and scenario.bin_of(answer.label) == binned.bin:
        return f"misread: {name}; the twin's recognizer, too, sees {answer.label} in its picture"
    seen = "" if answer is None or answer.label is None else f", and the twin's recognizer sees {answer.label}"
    return f"mis-sorted, or misread by the program's own recognizer: {name}; it belongs in {belongs}{seen}"


def _last(records: Sequence[trace.AnyRecord], kind: type[T], item: int) -> T | None:
    """The last record of a kind about an item."""
    return next((it for it in reversed(records) if isinstance(it, kind) and getattr(it, "item", None) == item), None)


def _fault_before(records: Sequence[trace.AnyRecord], violation: Violation) -> str:
    """The last thing that a fault did before a violation, with a leading comma; empty if none did anything."""
    acted = [it for it in records if isinstance(it, trace.Disturbed) and it.t_s <= violation.t_s]
    if not acted:
        return ""
    about = [it for it in acted if it.item is not None and it.item == violation.item]
    last = (about or acted)[-1]
    where = last.part if last.item is None else f"{last.part}, {item_text(last.item)}"
    return f", {violation.t_s - last.t_s:.1f} s after {fault_name(last.fault)} ({last.what.replace('_', ' ')}: {where})"
