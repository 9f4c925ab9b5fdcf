"""The controller's core: decides what the line does next. No socket, no thread, no clock, no log set-up (sans-IO).

One typed event and the time go in, a tuple of commands and requests comes out; `next_deadline_s` says when it wants
to be asked again. What happens in which state stands in one table (`controller.core.transitions`).

The rule above all others: a push must follow from what was seen. Whatever is not surely an item of one class, where
it was expected, with nobody beside it, rides to the reject bin. And every push is followed by its pull.
"""

from typing import Final

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
from controller.core.spacing import NEVER_S, headway_s, leg_is_free, soonest_nose_s
from controller.core.timing_model import TimingModel
from controller.core.track import Stage, Track, TrackEvent
from controller.core.tracker import Tracker
from controller.core.transitions import TRANSITIONS, State
from controller.settings import Settings
from controller.wire import ALL, Conveyor, GateEdge, Rod

LOADER: Final = 1
SLACK_S: Final = 0.01
"""A stroke is given this much more than it takes: commands may arrive a little closer together than they were sent."""

LOADER_STEP: Final = 1.5
LONGEST_STROKE: Final = 3.0
"""A loader that seems to push nothing is given longer strokes, up to so many times as long."""

CALM_ITEMS: Final = 2
"""So many items must have gone as expected before more than one is on the belt."""

EMPTY_PUSHES: Final = 4
EMPTY_S: Final = 60.0
"""Whoever was told how many items to sort takes the stack to be empty after so many pushes in a row that loaded
nothing, each with a longer stroke, over so long a time: items may come late."""

UNSEEN_ITEMS: Final = 2
"""After so many pushes in a row of which nothing was seen in time, while things ride by that nobody expects, the belt
has to clear: it goes at another pace than was learned."""

CLEAR_LEGS: Final = 2.0
CLEAR_S: Final = 1.0
CLEAR_TRIPS: Final = 2.0
"""From one gate that decides nothing to the next it takes at most so many of the longest ways that are known, and from
the last one to the belt's end no more than that and this. What a gate still sees when all should be gone is waited for,
at most for so many whole trips."""


class Controller:
    """The core, for one line. `handle` takes events in the order of their times."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # Gates behind the last rod decide nothing, and no item that is sorted ever comes to them.
        self._gates = max(settings.bins.values(), default=settings.gates + 1) - 1
        self._timing = TimingModel(self._gates)
        self._rod_out_s = 2 * (settings.rod_stroke_s + SLACK_S)
        self._tracker = Tracker(self._timing, near_s=self._rod_out_s, patience_s=settings.patience_s)
        self._agenda: Agenda[Rod] = Agenda()
        self._state = State.IDLE
        self._ready_s = 0.0
        self._rest_s = 0.0
        self._rods_in_s = 0.0
        self._stroke_s = settings.loader_stroke_s + SLACK_S
        self._loader_in_s = 0.0
        self._last_left_s = float("-inf")
        self._last_moved_s = float("-inf")
        self._done = 0
        self._calm = 0
        self._unseen = 0
        self._empty_pushes = 0
        self._empty_since_s = 0.0
        self._stopping = False
        self._retract = False
        self._images: dict[int, Track] = {}
        self._outputs: list[Output] = []
        self._due_s: float | None = None
        self._due_known = False

    @property
    def state(self) -> State:
        """What the controller is about now."""
        return self._state

    @property
    def ending(self) -> bool:
        """Whether it loads no more: it was told to stop, or all items that it was told of are done."""
        counted = self._settings.items
        return self._stopping or (counted is not None and self._done >= counted)

    @property
    def next_deadline_s(self) -> float | None:
        """When it wants a `Tick` if nothing happens before."""
        if not self._due_known:  # It is asked for more often than anything happens.
            self._due_s, self._due_known = self._next_due_s(), True
        return self._due_s

    def _next_due_s(self) -> float | None:
        due_s = [self._agenda.next_s, self._tracker.next_deadline_s]
        if self._state is State.STARTING:
            due_s.append(self._ready_s)
        elif self._state is State.CLEARING and not self._tracker.items:
            due_s.append(self._cleared_s())
        elif self._state is State.SORTING:
            due_s.append(self._next_load_s())
        return min((at_s for at_s in due_s if at_s is not None and at_s < NEVER_S), default=None)

    def handle(self, event: Event, now_s: float) -> tuple[Output, ...]:
        """Take an event; returns what is to be said and asked, in order."""
        act = TRANSITIONS.get((self._state, type(event)))
        assert act is not None, f"{type(event).__name__} while {self._state.value}"
        self._outputs = []
        self._due_known = False
        getattr(self, act)(event, now_s)
        return tuple(self._outputs)

    # What the events do. Each has a place in the table below.

    def _ignore(self, event: Event, now_s: float) -> None:
        pass

    def _start(self, event: Start | BrokerBack, now_s: float) -> None:
        """Retract all rods and run the belt; whatever may lie on it after a loss rides to the end first."""
        wait_s = self._settings.belt_start_s
        if isinstance(event, BrokerBack):
            wait_s = max(wait_s, self._clear_s())
        self._begin(now_s, wait_s)

    def _begin(self, now_s: float, wait_s: float) -> None:
        self._state = State.STARTING
        self._agenda.clear()  # Every rod is pulled now.
        self._emit(Rod(ALL, push=False), Conveyor(run=True))
        self._ready_s = now_s + wait_s
        self._rest_s = self._ready_s + CLEAR_TRIPS * self._clear_s()

    def _sighted_early(self, event: GateEdge | ImageSeen, now_s: float) -> None:
        """Something is on the belt that this controller did not load: it rides off first.

        A gate that flickers may not keep the belt running for ever.
        """
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
            # Whatever it is, it is still on the belt; but a gate that flickers may not keep the belt running for ever.
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
            item.answered(self._rod_of(event))
        self._go_on(now_s)

    def _rod_of(self, event: Recognised | Unrecognised) -> int | None:
        """The rod that a sure answer names; a confidence that is none is not sure."""
        if isinstance(event, Recognised) and self._settings.confidence_threshold <= event.confidence <= 1.0:
            return self._settings.bins.get(event.label)
        return None

    def _stop(self, event: Stop, now_s: float) -> None:
        """No further item; the belt clears, then everything comes to rest.

        While the line starts, whatever may lie on the belt has until then to ride off.
        """
        self._stopping = True
        if self._state is not State.STARTING:
            self._clear(now_s)
            self._go_on(now_s)

    def _lost(self, event: BrokerLost, now_s: float) -> None:
        """Nothing is known any more of what lies on the belt, and nothing can be said.

        What was seen on the belt is not loaded again, so it counts.
        """
        self._done += sum(item.seen and not item.clutter for item in self._tracker.items)
        self._forget()
        self._state = State.OFFLINE

    def _stop_offline(self, event: Stop, now_s: float) -> None:
        """Nothing can be said now: the line is brought to rest when the broker is back."""
        self._stopping = True

    # Loading, pushing, giving up, coming to rest.

    def _go_on(self, now_s: float) -> None:
        """Whatever the present state lets be done now."""
        if self._retract and self._resting(now_s):
            self._retract = False
            self._emit(Rod(ALL, push=False))  # What held an item up may be a rod whose pull was lost.
        if self._state is State.SORTING:
            if self.ending:
                self._clear(now_s)
            elif now_s >= self._next_load_s():
                self._load(now_s)
        if self._state is State.CLEARING and not self._tracker.items and now_s >= self._cleared_s():
            self._forget()
            self._emit(Rod(ALL, push=False), Conveyor(run=False), Finished())
            self._state = State.FINISHED

    def _resting(self, now_s: float) -> bool:
        """Whether every rod should be in."""
        return now_s >= max(self._rods_in_s, self._loader_in_s)

    def _load(self, now_s: float) -> None:
        self._emit(Rod(LOADER, push=True))
        self._agenda.add(now_s + self._stroke_s, Rod(LOADER, push=False))
        self._loader_in_s = now_s + 2 * self._stroke_s
        self._tracker.items.append(Track(now_s))

    def _next_load_s(self) -> float:
        """When the next item may be loaded; infinitely late while one on the belt must leave it first."""
        items = self._tracker.items
        if self._settings.items is not None:
            loaded = sum([not item.clutter for item in items])
            if self._done + loaded >= self._settings.items:
                return NEVER_S
        # A picture that is missing may still come, and must not be taken for that of the next item.
        tracker, patience_s = self._tracker, self._settings.late_image_s
        ready_s = max(self._ready_s, self._loader_in_s, tracker.unpictured_s + patience_s, tracker.early_until_s)
        most = self._most()
        if len(items) >= most:
            return NEVER_S
        # On a short line the next item is at the first rod before that one is in again.
        ready_s = max(ready_s, self._rods_in_s - (0.0 if most == 1 else soonest_nose_s(self._timing)))
        timing, rod_out_s = self._timing, self._rod_out_s
        return max([ready_s, *[item.loaded_s + headway_s(item, timing, rod_out_s) for item in items]])

    def _most(self) -> int | float:
        """How many items may be on the belt: one, as long as times are not known or things do not go as expected."""
        if not self._timing.tells_items_apart or self._calm < CALM_ITEMS:
            return 1
        in_flight = self._settings.in_flight
        return float("inf") if in_flight == "auto" else in_flight

    def _decide(self, item: Track, now_s: float) -> None:
        """An item's tail has left a gate: push it now, or never here."""
        if item.clutter:
            self._calm = 0
        if item.gate == item.leaves_at(self._gates):
            if self._may_push(item, now_s):
                self._push(item, now_s)
                return
            item.mark_ambiguous("no room for its rod")
        if item.gate == self._gates:
            self._last_left_s = now_s
            item.take(TrackEvent.LEFT)
            self._leave(item, now_s)

    def _may_push(self, item: Track, now_s: float) -> bool:
        if item.gate == self._gates and now_s < self._last_left_s + self._timing.longest_leg_s:
            return False  # The one that left last may still be before this one's rod.
        return leg_is_free(item, self._tracker.items, self._timing, now_s, self._rod_out_s)

    def _push(self, item: Track, now_s: float) -> None:
        assert item.rod is not None
        self._emit(Rod(item.rod, push=True))
        self._agenda.add(now_s + self._rod_out_s / 2, Rod(item.rod, push=False))
        self._rods_in_s = now_s + self._rod_out_s
        item.take(TrackEvent.CLEAR)
        self._leave(item, now_s)

    def _leave(self, item: Track, now_s: float) -> None:
        """An item is off the belt, or about to ride off it."""
        self._tracker.items.remove(item)
        self._last_moved_s = now_s
        if item.clutter:
            self._calm = 0
            return
        self._done += item.surely_loaded
        if item.seen:
            self._unseen = self._empty_pushes = 0
        self._calm = self._calm + 1 if item.ambiguity is None else 0
        self._stroke_s = max(self._settings.loader_stroke_s + SLACK_S, self._stroke_s / LOADER_STEP**0.1)

    def _give_up(self, late: list[Track], now_s: float) -> None:
        """Items that were not seen where they should have been: the line slows down, and some are not there at all."""
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
                # Nothing came: the push was too short, the stack is empty, or the plant was not there to hear.
                longest_s = LONGEST_STROKE * self._settings.loader_stroke_s
                self._stroke_s = min(self._stroke_s * LOADER_STEP, longest_s)
                if self._stack_is_empty(item, now_s):
                    self._clear(now_s)
                else:
                    self._begin(now_s, self._settings.belt_start_s)

    def _stack_is_empty(self, item: Track, now_s: float) -> bool:
        """Whether, with this item that never came, enough pushes have loaded nothing for one who counts."""
        if self._empty_pushes == 0:
            self._empty_since_s = item.loaded_s
        self._empty_pushes += 1
        long_since = now_s - self._empty_since_s >= EMPTY_S
        return self._settings.items is not None and self._empty_pushes >= EMPTY_PUSHES and long_since

    def _clear(self, now_s: float) -> None:
        self._state = State.CLEARING
        self._ready_s = now_s
        self._rest_s = now_s + CLEAR_TRIPS * self._clear_s()

    def _cleared_s(self) -> float:
        """When the last rod is in and the last item has ridden off, as long as no item is tracked any more."""
        return max(self._ready_s, self._rods_in_s, self._loader_in_s, self._last_moved_s + self._ride_off_s())

    def _ride_off_s(self) -> float:
        """From the last gate to the belt's end, at most."""
        return CLEAR_LEGS * self._timing.longest_leg_s + CLEAR_S

    def _clear_s(self) -> float:
        """How long a belt needs to carry off whatever lies on it."""
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
