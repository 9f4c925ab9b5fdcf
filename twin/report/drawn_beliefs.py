"""What our controller believed of each item, as the pages draw it beside the truth."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from twin.beliefs import Belief
from twin.report.item_motion import GONE, ItemPath
from twin.scenario.layout import bin_name

_DIGITS: Final = 6
_LOADING_S: Final = 1.0
"""A track begins with its push; its item comes onto the belt only then."""

Step = tuple[float, str, int, str | None, float | None, int | None, str | None]
"""From when on, stage, last gate, class, its confidence, bin (0: reject, None: undecided), why it is rejected."""


class DrawnBelief(msgspec.Struct, frozen=True, array_like=True):
    """One track of the controller, or an item that it had none of (`number` is 0, and there are no steps).

    `number` is the controller's own count of loaded items (0: something that it did not load), `item` the number of
    the item in truth (None: there was none). `until_s` is when the track was over (None: never). `wrong` says where
    the belief differs from the truth.
    """

    number: int
    item: int | None
    from_s: float
    until_s: float | None
    steps: Sequence[Step]
    wrong: Sequence[str]


def drawn_beliefs(
    beliefs: Sequence[Belief], paths: Mapping[int, ItemPath], *, end_s: float, since_s: float = 0.0,
    until_s: float = math.inf,
) -> list[DrawnBelief]:  # fmt: skip
    """All tracks, in order, each beside the item that its push has loaded, and the items that no track stands for.

    `end_s` is how far the run has come. Where tracks are left out, `since_s` is when the first of the others begins: no
    earlier item is drawn. Where items are left out, `until_s` is when the last of the others was loaded: no later track
    is drawn.
    """
    if not beliefs:
        return []
    paths = {number: path for number, path in paths.items() if path.phases[0].from_s >= since_s}
    tracks: dict[int, list[Belief]] = {}
    for belief in beliefs:
        tracks.setdefault(belief.track, []).append(belief)
    tracks = {number: track for number, track in tracks.items() if track[0].t_s < until_s}
    loaded = [track for track in tracks.values() if track[0].item]
    items = _items_of(loaded, paths.values())
    drawn = [_drawn(track, items.get(track[0].track), end_s) for track in tracks.values()]
    known = {path.number for path in items.values()}
    unknown = [path for path in paths.values() if path.number > 0 and path.number not in known]
    drawn += map(_unknown, unknown)
    return sorted(drawn, key=lambda belief: belief.from_s)


def _items_of(tracks: Sequence[Sequence[Belief]], paths: Iterable[ItemPath]) -> dict[int, ItemPath]:
    """The item of each track: the first one loaded after the track's push and before the next push."""
    items: dict[int, ItemPath] = {}
    place = -1
    for path in sorted((path for path in paths if path.number > 0), key=lambda path: path.phases[0].from_s):
        while place + 1 < len(tracks) and tracks[place + 1][0].t_s <= path.phases[0].from_s:
            place += 1
        if place >= 0:
            items.setdefault(tracks[place][0].track, path)
    return items


def _drawn(track: Sequence[Belief], path: ItemPath | None, end_s: float) -> DrawnBelief:
    last = track[-1]
    steps = [
        (_short(each.t_s), each.stage, each.gate, each.label, _confidence(each), each.bin, each.reject_reason)
        for each in track
    ]
    item = None if path is None else path.number
    until_s = _short(last.t_s) if last.over else None
    return DrawnBelief(last.item, item, _short(track[0].t_s), until_s, steps, _wrong(track, path, end_s))


def _unknown(path: ItemPath) -> DrawnBelief:
    start, last = path.phases[0], path.phases[-1]
    until_s = _short(last.from_s) if last.how in GONE else None
    return DrawnBelief(0, path.number, _short(start.from_s), until_s, (), ("the controller has no track",))


def _wrong(track: Sequence[Belief], path: ItemPath | None, end_s: float) -> list[str]:
    """Where the controller's last belief of an item differs from the truth."""
    last = track[-1]
    if not last.item:
        return []
    if path is None:
        return ["there is no such item"] if end_s > track[0].t_s + _LOADING_S else []
    wrong = []
    if last.label is not None and last.label != path.item_class:
        wrong.append(f"class believed {last.label}, is {path.item_class}")
    end = path.phases[-1]
    if last.bin is not None and end.how == "binned" and end.number is not None and last.bin != end.number:
        wrong.append(f"bin planned {bin_name(last.bin)}, reached {bin_name(end.number)}")
    return wrong


def _confidence(belief: Belief) -> float | None:
    return None if belief.confidence is None else round(belief.confidence, 3)


def _short(value: float) -> float:
    return round(value, _DIGITS)
