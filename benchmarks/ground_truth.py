"""The ground truth: broken rules, counted from a run's records alone, without checks, excuses or facts.

A break is a rule and the item on which it was broken (None: no item). This repeats the checks on purpose: the verdict
is measured against it.
"""

import json
from collections import defaultdict

from twin import trace

OUT_S, UNSAFE_S = 3.0, 2.0
STROKES_OUT = ("extending", "out")
WORDS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def breaks(run):
    """Every broken rule in a run, whatever the reason."""
    records, scenario = list(run.trace), run.scenario
    return set().union(*(find(records, scenario) for find in FINDERS))


def delivered(run, item):
    """Whether the controller got everything of an item once and in time: picture, answer, both edges of each gate."""
    return not any(
        isinstance(record, trace.Disturbed) and (record.item == item or item in record.beside) for record in run.trace
    )


def _of(records, kind):
    return [record for record in records if type(record) is kind]


def _sorting(records, scenario):
    bins, threshold = scenario.controller.bins, scenario.controller.sure_at
    classes, answers = {}, {}
    for record in records:
        if type(record) is trace.Loaded:
            classes[record.item] = record.item_class
        elif type(record) is trace.Answered:
            answers[record.item] = (record.label, record.confidence)
        elif type(record) is trace.Binned and record.item > 0:
            label, confidence = answers.get(record.item, (classes[record.item], 1.0))
            answered = label is not None
            named = (
                bins.get(label if answered else classes[record.item], 0)
                if confidence >= threshold or not answered
                else 0
            )
            if record.bin not in (0, named if answered else 0):
                yield "wrong_bin", record.item
            if record.bin == 0 and named != 0:
                yield "needless_reject", record.item


def _rods(records, scenario):
    stroke, stood_s, met = defaultdict(lambda: "in"), {}, set()
    for record in records:
        if type(record) is trace.Struck and record.item > 0:
            yield "struck", record.item
        if type(record) in (trace.Struck, trace.Taken):
            met.add(record.rod)
        if type(record) is not trace.RodMoves:
            continue
        if record.stroke == "extending":
            met.discard(record.rod)
        turned = record.stroke in ("retracting", "in") and stroke[record.rod] in STROKES_OUT
        if turned and record.rod != 1 and record.rod not in met:
            yield "pushed_at_nothing", None
        if turned and record.rod in stood_s and record.t_s - stood_s[record.rod] > OUT_S:
            yield "rod_left_out", None
        stroke[record.rod] = record.stroke
        if record.stroke == "out":
            stood_s[record.rod] = record.t_s
        else:
            stood_s.pop(record.rod, None)
    (ended,) = _of(records, trace.Ended)
    for rod in ended.rods_out:
        if ended.reason == "crashed" or ended.t_s - stood_s.get(rod, ended.t_s) > OUT_S:
            yield "rod_left_out", None


def _jams(records, scenario):
    for record in records:
        if type(record) is trace.Held and record.item > 0:
            yield "jam", record.item
        if type(record) is trace.Loaded and record.onto is not None:
            yield "jam", record.item


def _commands(records, scenario):
    out = set()
    for record in records:
        if type(record) is trace.Refused:
            yield "protocol", None
        elif type(record) is trace.RodMoves:
            (out.add if record.stroke in STROKES_OUT else out.discard)(record.rod)
        elif type(record) is trace.Commanded:
            word, _, what = json.loads(record.payload).get("rod_control", "_").partition("_")
            if what == "push" and word in WORDS and WORDS.index(word) + 1 in out:
                yield "protocol", None


def _unsafe(records, scenario):
    stopped_s, out_s = None, {}
    for record in records:
        over = {  # Out for too long on a belt that stands, whichever came first.
            rod for rod, at_s in out_s.items()
            if stopped_s is not None and record.t_s - max(stopped_s, at_s) > UNSAFE_S
        }  # fmt: skip
        if type(record) is trace.RodMoves and record.stroke == "in":
            if record.rod in over:
                yield "unsafe_stop", None
            out_s.pop(record.rod, None)
        elif type(record) is trace.RodMoves and record.stroke == "out":
            out_s.setdefault(record.rod, record.t_s)
        elif type(record) is trace.BeltRuns:
            if record.running and over:
                yield "unsafe_stop", None
            stopped_s = None if record.running else record.t_s
        elif type(record) is trace.Ended and over & set(record.rods_out):
            yield "unsafe_stop", None
        if type(record) is trace.Ended and record.reason == "crashed" and record.running:
            yield "unsafe_stop", None


def _ends(records, scenario):
    (ended,) = _of(records, trace.Ended)
    if _of(records, trace.Crashed):
        yield "crash", None
    if ended.reason == "stalled":
        yield "stalled", None
    for item in ended.on_belt:
        if item > 0:
            yield "lost", item
    if _of(records, trace.EndRequested) and (ended.running or ended.rods_out):
        yield "not_at_rest", None


FINDERS = (_sorting, _rods, _jams, _commands, _unsafe, _ends)
