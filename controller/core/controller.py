"""The controller's core: it decides what the line does next, without socket, thread, clock or log (sans-IO).

One typed event and the time go in; a tuple of commands and requests comes out. `next_deadline_s` is when the core needs
a `Tick`. The table in `controller.core.transitions` says what happens in each state.

The most important rule: a push must follow from detections. An item is pushed only if its class is sure, it was where
it was expected, and no other item is near. Every other item rides to the reject bin. Each push is followed by its pull.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from controller.core.agenda import Agenda
from controller.core.events import (
    BrokerBack,
    BrokerLost,
    Event,
    Finished,
    ImageSeen,
    Output,
    Recognise,
    Recognised,
    Start,
    Stop,
    Tick,
    Unrecognised,
)
from controller.core.loader import LoaderPushes
from controller.core.outcome import outcome
from controller.core.spacing import NEVER_S, headway_s, leg_is_free, soonest_nose_s
from controller.core.timing_model import TimingModel
from controller.core.track import Stage, Track, TrackEvent
from controller.core.tracker import Tracker
from controller.core.transitions import TRANSITIONS, Action, State
from controller.settings import Settings
from controller.wire import ALL, Conveyor, GateEdge, Rod

LOADER: Final = 1
SLACK_S: Final = 0.01
"""Added to the times of the rods' strokes: commands may arrive closer together than they were sent."""

CALM_ITEMS: Final = 2
"""This many items in a row must pass as expected before more than one may be on the belt."""

UNSEEN_ITEMS: Final = 2
"""After this many pushes in a row without a detection in time, while clutter passes the sensors, the belt must run at
another speed than was learned. Then it has to clear, and the times are learned again."""

CLEAR_LEGS: Final = 2.0
CLEAR_S: Final = 1.0
CLEAR_TRIPS: Final = 2.0
"""Limits for a belt that clears. A leg behind the last rod takes at most `CLEAR_LEGS` times the longest known leg; the
leg from the last gate to the belt's end takes at most that and `CLEAR_S`. If a gate still detects something, the core
waits for it to ride off, at most for `CLEAR_TRIPS` whole trips."""


class Controller:
    """The core for one line. `handle` must get the events in the order of their times."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # Only the gates before the last rod that a bin needs; no sorted item reaches a later one.
        self._gates = max(settings.bins.values(), default=settings.gates + 1) - 1
        self._timing = TimingModel(self._gates)
        self._rod_out_s = 2 * (settings.rod_stroke_s + SLACK_S)
        self._tracker = Tracker(self._timing, near_s=self._rod_out_s, patience_s=settings.patience_s)
        self._agenda: Agenda[Rod] = Agenda()
        self._state = State.IDLE
        self._ready_s = 0.0
        self._load_due_s: float | None = None
        self._rest_s = 0.0
        self._rods_in_s = 0.0
        self._loader = LoaderPushes(settings.loader_stroke_s)
        self._last_left_s = float("-inf")
        self._last_moved_s = float("-inf")
        self._loaded = 0
        self._done = 0
        self._calm = 0
        self._unseen = 0
        self._stopping = False
        self._retract = False
        self._images: dict[int, Track] = {}
        self._outputs: list[Output] = []
        self._due_s: float | None = None
        self._due_known = False
        self._actions: Mapping[Action, Callable[[Any, float], None]] = {
            Action.IGNORE: self._ignore, Action.START: self._start, Action.STARTED: self._started,
            Action.DETECTED_EARLY: self._detected_early, Action.TICK: self._tick, Action.EDGE: self._edge,
            Action.PICTURED: self._pictured, Action.RECOGNISED: self._recognised, Action.STOP: self._stop,
            Action.STOP_OFFLINE: self._stop_offline, Action.LOST: self._lost,
        }  # fmt: skip

    @property
    def state(self) -> State:
        """The present state."""
        return self._state

    @property
    def ending(self) -> bool:
        """Whether the core loads no more: it got `Stop`, or the set number of items is done."""
        counted = self._settings.items
        return self._stopping or (counted is not None and self._done >= counted)

    @property
    def tracks(self) -> tuple[Track, ...]:
        """What it believes of the items on the belt, for reading only."""
        return tuple(self._tracker.items)

    @property
    def next_deadline_s(self) -> float | None:
        """When the core needs a `Tick` if no other event comes first."""
        if not self._due_known:  # It is read more often than it changes.
            self._due_s, self._due_known = self._next_due_s(), True
        return self._due_s

    def _next_due_s(self) -> float | None:
        due_s = [self._agenda.next_s, self._tracker.next_deadline_s]
        if self._state is State.STARTING:
            due_s.append(self._ready_s)
        elif self._state is State.CLEARING and not self._tracker.items:
            due_s.append(self._cleared_s())
        elif self._state is State.SORTING:
            due_s.append(self._next_load_s() if self._load_due_s is None else self._load_due_s)
        return min([at_s for at_s in due_s if at_s is not None and at_s < NEVER_S], default=None)

    def handle(self, event: Event, now_s: float) -> tuple[Output, ...]:
        """Handle one event; returns commands and requests, in order."""
        act = TRANSITIONS.get((self._state, type(event)))
        assert act is not None, f"{type(event).__name__} while {self._state.value}"
        self._outputs = []
        self._due_known, self._load_due_s = False, None
        self._actions[act](event, now_s)
        return tuple(self._outputs)

    # One method for each action of the table of transitions.

    def _ignore(self, event: Event, now_s: float) -> None:
        pass

    def _start(self, event: Start | BrokerBack, now_s: float) -> None:
        """Retract all rods and run the belt. After a lost connection the belt clears before the first load."""
        wait_s = self._settings.belt_start_s
        if isinstance(event, BrokerBack):
            wait_s = max(wait_s, self._clear_s())
        self._begin(now_s, wait_s)

    def _begin(self, now_s: float, wait_s: float) -> None:
        self._state = State.STARTING
        self._agenda.clear()  # All rods are pulled now, so no scheduled pull is needed.
        self._emit(Rod(ALL, push=False), Conveyor(run=True))
        self._ready_s = now_s + wait_s
        self._rest_s = self._ready_s + CLEAR_TRIPS * self._clear_s()

    def _detected_early(self, event: GateEdge | ImageSeen, now_s: float) -> None:
        """Clutter is on the belt. It rides off before the first load.

        A gate that flickers must not delay that load for more than `CLEAR_TRIPS` trips."""
        self._ready_s = max(self._ready_s, min(now_s + self._clear_s(), self._rest_s))

    def _started(self, event: Tick, now_s: float) -> None:
        if now_s < self._ready_s:
            return
        self._state = State.SORTING
        self._go_on(now_s)

    def _tick(self, event: Tick, now_s: float) -> None:
        while (pull := self._agenda.take(now_s)) is not None:
            self._emit(pull)
        self._give_up(self._tracker.overdue(now_s), now_s)
        self._go_on(now_s)

    def _edge(self, event: GateEdge, now_s: float) -> None:
        if self._state is State.CLEARING:
            # Something is still on the belt. A gate that flickers must not keep the belt running without end.
            self._ready_s = max(self._ready_s, min(now_s + self._ride_off_s(), self._rest_s))
        if event.number > self._gates:
            return
        if event.blocked:
            self._tracker.blocked(event.number, now_s)
            return
        item = self._tracker.cleared(event.number, now_s)
        if item is not None:
            self._decide(item, now_s)
        self._go_on(now_s)

    def _pictured(self, event: ImageSeen, now_s: float) -> None:
        item = self._tracker.picture(event.image, now_s)
        if item is not None:
            self._images[event.image] = item
            self._emit(Recognise(event.image))

    def _recognised(self, event: Recognised | Unrecognised, now_s: float) -> None:
        item = self._images.pop(event.image, None)
        if item is None:
            return
        if item.stage not in (Stage.PUSHED, Stage.GONE):
            if isinstance(event, Recognised):
                item.label, item.confidence = event.label, event.confidence
            item.answered(self._rod_of(event))
        self._go_on(now_s)

    def _rod_of(self, event: Recognised | Unrecognised) -> int | None:
        """The rod of a sure answer's class. An answer with a confidence outside threshold to 1 is not sure."""
        if isinstance(event, Recognised) and self._settings.sure_at <= event.confidence <= 1.0:
            return self._settings.bins.get(event.label)
        return None

    def _stop(self, event: Stop, now_s: float) -> None:
        """Load no more; the belt clears, then the line comes to rest.

        During the start the belt already clears, and that time is not cut short.
        """
        self._stopping = True
        if self._state is not State.STARTING:
            self._clear(now_s)
            self._go_on(now_s)

    def _lost(self, event: BrokerLost, now_s: float) -> None:
        """The broker is lost: the core cannot know what is on the belt, and cannot send commands.

        Items that a sensor detected on the belt count as done, because they are not loaded again.
        """
        self._done += sum(item.seen and not item.clutter for item in self._tracker.items)
        self._forget()
        self._state = State.OFFLINE

    def _stop_offline(self, event: Stop, now_s: float) -> None:
        """No command can be sent now. The line comes to rest when the broker is back."""
        self._stopping = True

    # Loading, pushing, giving up, coming to rest.

    def _go_on(self, now_s: float) -> None:
        """Do what the present state allows now."""
        if self._retract and self._resting(now_s):
            self._retract = False
            self._emit(Rod(ALL, push=False))  # A rod whose pull was lost may have held an item.
        if self._state is State.SORTING:
            if self.ending:
                self._clear(now_s)
            else:
                self._load_due_s = self._next_load_s()
                if now_s >= self._load_due_s:
                    self._load(now_s)
        if self._state is State.CLEARING and not self._tracker.items and now_s >= self._cleared_s():
            self._forget()
            self._emit(Rod(ALL, push=False), Conveyor(run=False), Finished())
            self._state = State.FINISHED

    def _resting(self, now_s: float) -> bool:
        """Whether every rod must be in by now."""
        return now_s >= max(self._rods_in_s, self._loader.in_s)

    def _load(self, now_s: float) -> None:
        self._emit(Rod(LOADER, push=True))
        self._agenda.add(self._loader.push(now_s), Rod(LOADER, push=False))
        self._loaded += 1
        self._tracker.items.append(Track(now_s, number=self._loaded))
        self._load_due_s = None

    def _next_load_s(self) -> float:
        """When the next item may be loaded; infinite while another item must leave the belt first."""
        items, most = self._tracker.items, self._most()
        if len(items) >= most:
            return NEVER_S
        counted = self._settings.items
        if counted is not None and self._done + sum([not item.clutter for item in items]) >= counted:
            return NEVER_S
        # A missing picture may still come. It must not be associated with the next item.
        tracker, patience_s = self._tracker, self._settings.late_image_s
        ready_s = max(self._ready_s, self._loader.in_s, tracker.unpictured_s + patience_s, tracker.early_until_s)
        # On a short line the next item may reach the first rod before that rod is in again.
        ready_s = max(ready_s, self._rods_in_s - (0.0 if most == 1 else soonest_nose_s(self._timing)))
        timing, rod_out_s = self._timing, self._rod_out_s
        return max([ready_s, *[item.loaded_s + headway_s(item, timing, rod_out_s) for item in items]])

    def _most(self) -> int | float:
        """How many items may be on the belt: one, until times are learned and items pass as expected."""
        if not self._timing.separates_items or self._calm < CALM_ITEMS:
            return 1
        in_flight = self._settings.in_flight
        return float("inf") if in_flight == "auto" else in_flight

    def _decide(self, item: Track, now_s: float) -> None:
        """An item's tail has left a gate: push it now, or not at this gate."""
        if item.clutter:
            self._calm = 0
        if item.gate == item.leaves_at(self._gates):
            if self._may_push(item, now_s):
                self._push(item, now_s)
                return
            item.mark_ambiguous("another item near its rod")
        if item.gate == self._gates:
            self._last_left_s = now_s
            item.take(TrackEvent.LEFT)
            self._leave(item, now_s)

    def _may_push(self, item: Track, now_s: float) -> bool:
        if item.gate == self._gates and now_s < self._last_left_s + self._timing.longest_leg_s:
            return False  # The last item that left may still be before this item's rod.
        return leg_is_free(item, self._tracker.items, self._timing, now_s, self._rod_out_s)

    def _push(self, item: Track, now_s: float) -> None:
        assert item.rod is not None
        self._emit(Rod(item.rod, push=True))
        self._agenda.add(now_s + self._rod_out_s / 2, Rod(item.rod, push=False))
        self._rods_in_s = now_s + self._rod_out_s
        item.take(TrackEvent.CLEAR)
        self._leave(item, now_s)

    def _leave(self, item: Track, now_s: float) -> None:
        """An item has left the belt, or rides off it behind the last gate."""
        self._tracker.items.remove(item)
        self._last_moved_s = now_s
        if item.clutter:
            self._calm = 0
            return
        if item.seen:
            self._emit(outcome(item, self._settings))
        else:
            self._renumber(item)
        self._done += item.surely_loaded
        if item.seen:
            self._unseen = 0
        self._calm = self._calm + 1 if item.ambiguity is None else 0
        self._loader.brought(seen=item.seen)

    def _renumber(self, absent: Track) -> None:
        """A push loaded nothing: the items behind it move up by one number."""
        self._loaded -= 1
        for item in self._tracker.items:
            item.number -= item.number > absent.number

    def _give_up(self, late: list[Track], now_s: float) -> None:
        """Handle overdue items: one item at a time from now on; items that no longer exist are dropped."""
        for item in late:
            self._calm = 0
            self._retract = True
            if not self._tracker.gone(item, now_s):
                continue
            item.take(TrackEvent.VANISHED)
            self._leave(item, now_s)
            self._unseen += not item.seen
            if self._unseen >= UNSEEN_ITEMS and self._tracker.items and self._state is State.SORTING:
                self._forget()
                self._begin(now_s, self._clear_s())
                self._timing.forget()
                return
            if self._resting(now_s) and not item.seen and self._state is State.SORTING and not self._tracker.items:
                # Nothing was loaded: the push was too short, the stack is empty, or the plant was not connected.
                empty = self._loader.brought_nothing(item.loaded_s, now_s)
                if empty and self._settings.items is not None:
                    self._clear(now_s)
                else:
                    self._begin(now_s, self._settings.belt_start_s)

    def _clear(self, now_s: float) -> None:
        self._state = State.CLEARING
        self._ready_s = now_s
        self._rest_s = now_s + CLEAR_TRIPS * self._clear_s()

    def _cleared_s(self) -> float:
        """When the last rod is in and the last item has ridden off. Valid while no item is tracked."""
        return max(self._ready_s, self._rods_in_s, self._loader.in_s, self._last_moved_s + self._ride_off_s())

    def _ride_off_s(self) -> float:
        """Longest time from the last gate to the belt's end."""
        return CLEAR_LEGS * self._timing.longest_leg_s + CLEAR_S

    def _clear_s(self) -> float:
        """How long the belt needs to clear."""
        travel = self._timing.ahead(0, self._gates)
        if travel is None:
            return self._settings.patience_s
        behind = self._settings.gates - self._gates
        return travel[0] + travel[1] + behind * CLEAR_LEGS * self._timing.longest_leg_s + self._ride_off_s()

    def _forget(self) -> None:
        self._agenda.clear()
        self._images.clear()
        self._tracker.forget()
        self._calm = 0

    def _emit(self, *outputs: Output) -> None:
        self._outputs.extend(outputs)
