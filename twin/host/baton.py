"""The baton: of all the program's threads only the one that holds it runs. It also keeps the time in which they wait.

A thread passes the baton on where it waits, or when it has polled for a while. When no thread can go on at this
instant, the thread that notices it calls `idle`, which gets the new time from the twin.
"""

from __future__ import annotations

import _thread
import heapq
from collections import deque
from typing import Any, Callable

from .task import NEVER, Task

QUANTUM = 100
"""One turn of a thread that polls: this many lines of the program, or calls that would not wait."""

BURST = 30
"""Where chance decides, a thread that has waited is often interrupted within so many lines: within a callback."""

PREEMPTED_SHARE = 0.3
PREEMPTED_S = 0.01
"""Where chance decides, a thread that is interrupted there often gets the processor back only after as long as this.
Meanwhile messages come: whoever first copies a list and then clears it loses one.
"""

SLICE_TURNS = 50
"""A thread that computes gives way after this many turns, as if at the end of the system's time slice."""

TURNS = 3
"""A thread that polls is idle after this many turns without any change."""

BUSY_TURNS = 2000
"""After this many turns without a wait, a thread in a `while` loop counts as polling, whatever it computes."""

LAP_TURNS = 50
"""A thread is in a `while` loop if one has begun another lap within this many turns. A `for` loop ends by itself."""

FOR_TURNS = 50_000
"""After this many turns without a wait, a thread in a `for` loop polls, too: what it goes through has no end."""

BUSY_S = 0.001
"""How long each further turn takes, in s. It doubles after every `PATIENCE_TURNS` turns, up to `CLOCK_S`."""

PATIENCE_TURNS = 200

CLOCK_S = 0.01
"""The interval, in s, at which a thread that polls the clock may read it."""

CLOCK_TURNS = 20
"""A thread that read the clock within this many turns polls it."""

LOOK_S = 0.1
"""The interval, in s, at which a thread that polls may look although nothing has changed: perhaps it does not poll."""

SETTLED_S = 0.001
"""The least time, in s, by which the program's clock is ahead of the line's when it first connects."""

LEAST_S = 1e-5
"""The shortest wait, in s. No real system has a shorter one, and a wait that is rounded to nothing would never end."""

_real_start = _thread.start_new_thread
_real_ident = _thread.get_ident


class Baton:
    """The threads that run, are ready, or wait.

    `now_s` is the program's time, `read_s` its last reading of it. `chance`, if given, chooses the next thread. `idle`
    is called when no thread can go on; it calls `advance`, which wakes threads. `on_resume` is called by the main
    thread whenever it gets the baton back, `on_start` by a thread when it begins, `on_stranger` by a thread that is not
    the program's. `state_of` returns the state of the current thread: a thread that returns to an earlier state makes
    no progress.
    """

    def __init__(self) -> None:
        self.now_s = 0.0
        self.read_s = -1.0
        self.turns = 0
        self.main = self.current = Task(0)
        self.main.real_ident = _real_ident()
        self.tasks = {self.main}
        self.idle: Callable[[], None] = _nothing
        self.on_resume: Callable[[], None] = _nothing
        self.on_start: Callable[[], None] = _nothing
        self.on_stranger: Callable[[], None] = _nothing
        self.state_of: Callable[[], int] = lambda: 0
        self.chance: Any = None
        self._count = 0
        self._excused: set[int] = set()
        self._changes = 0
        self._ready: deque[Task] = deque()
        self._pollers: deque[Task] = deque()
        self._timers: list[tuple[float, int, Task, int]] = []

    def after(self, seconds: float) -> float:
        """The time at which a wait from now ends. Now is the last time that the program read."""
        return max(self.now_s, self.read_s) + max(float(seconds), LEAST_S)

    def park(self, deadline_s: float | None = None) -> bool:
        """Let the current thread wait until it is woken or its deadline passes. Returns whether the deadline passed."""
        task = self.own()
        task.parked, task.late, task.busy, task.read_clock = True, False, 0, False
        task.watched, task.lap, task.asked = False, NEVER, NEVER
        task.lines = 0 if self.chance is None else QUANTUM - 1 - self.chance.randrange(2 * BURST)
        task.epoch += 1
        if deadline_s is not None:
            self._count += 1
            heapq.heappush(self._timers, (deadline_s, self._count, task, task.epoch))
        self._pass_on(task)
        return task.late

    def wake(self, task: Task) -> None:
        """Let a thread that waits go on. It checks its condition itself."""
        if task.parked:
            task.parked = False
            self._ready.append(task)

    def tick(self) -> None:
        """Count an action of the current thread that did not wait: it may be polling."""
        task = self.current
        task.lines += 1
        task.asked = task.busy
        if task.lines >= QUANTUM:
            self.step_aside()

    def read_clock(self) -> None:
        """Note that the current thread has read the clock."""
        self.current.read_clock = True
        self.tick()

    def step_aside(self) -> None:
        """End a turn without a wait: the other threads are next. A thread without progress counts as polling."""
        task = self.own()
        task.busy += 1
        if task.seen != self._changes:
            task.seen, task.quiet = self._changes, 0
            task.states.clear()
        busy = task.busy - BUSY_TURNS
        polls = task.read_clock or self._polls(task)
        task.quiet = task.quiet + 1 if polls else 0
        task.clock_turns = CLOCK_TURNS if task.read_clock else max(0, task.clock_turns - 1)
        if task.clock_turns:
            pause_s = CLOCK_S
        elif busy > 0:
            pause_s = min(CLOCK_S, BUSY_S * 2.0 ** min(busy // PATIENCE_TURNS, 10))
        else:
            pause_s = LOOK_S
        task.look_s = self.now_s + pause_s
        task.read_clock = False
        task.lines = 0 if self.chance is None else self.chance.randrange(QUANTUM)
        if self.chance is not None and task.busy == 1 and self.chance.random() < PREEMPTED_SHARE:
            self.park(self.after(self.chance.random() * PREEMPTED_S))
            task.busy = 1  # Once after each wait, lest a long computation take for ever.
            return
        if task.quiet:
            self._pollers.append(task)
        elif self.chance is None and task.busy % SLICE_TURNS:
            return
        else:
            self._ready.append(task)
        self._pass_on(task)

    def _polls(self, task: Task) -> bool:
        """Whether a thread is in a `while` loop and makes no progress, or has been in one for long."""
        if task.busy <= BUSY_TURNS:
            state = self.state_of()
            is_new = state not in task.states
            task.states.add(state)
            if is_new:
                return False
        task.watched = True
        return task.busy - task.lap <= LAP_TURNS or task.busy - task.asked <= TURNS or task.busy > FOR_TURNS

    def yield_by_chance(self) -> None:
        """Let `chance`, if there is any, decide whether another thread is next."""
        if self.chance is not None and self._ready and self.chance.random() < 0.25:
            self.step_back()

    def step_back(self) -> None:
        """Let the threads that are ready go first."""
        task = self.own()
        self._ready.append(task)
        self._pass_on(task)

    def settle(self) -> None:
        """Note the program's first connection. What ran before, to import it, has no effect from here on."""
        self.current.lines = 0
        self.read_s = max(self.read_s, self.now_s + SETTLED_S)

    def changed(self) -> None:
        """Note a change that a polling thread may be waiting for."""
        self._changes += 1

    def spawn(self, run: Callable[[], None], *ends: Callable[[], None]) -> Task:
        """Start a thread. It runs when it gets the baton; `ends` are called when it has ended."""
        self.own()
        self._count += 1
        task = Task(self._count)
        task.ends.extend(ends)
        self.tasks.add(task)
        _real_start(self._boot, (task, run))
        self._ready.append(task)
        self.yield_by_chance()
        return task

    def next_s(self) -> float | None:
        """When the next wait ends."""
        timers = self._timers
        while timers and not (timers[0][2].parked and timers[0][2].epoch == timers[0][3]):
            heapq.heappop(timers)
        due = [timers[0][0]] if timers else []
        due += [task.look_s for task in self._pollers]
        return min(due) if due else None

    def advance(self, now_s: float) -> None:
        """Move the time on. Threads whose wait is over may go on, and those that poll the clock may read it."""
        self.now_s = max(self.now_s, now_s)
        for task in self._pollers:
            if task.look_s <= self.now_s:
                task.quiet = TURNS - 1
        timers = self._timers
        while timers and timers[0][0] <= self.now_s:
            _, _, task, epoch = heapq.heappop(timers)
            if task.parked and task.epoch == epoch:
                task.late = True
                self.wake(task)

    def own(self) -> Task:
        """The current thread, which holds the baton. A thread that the program did not start is a stranger.

        A thread that has ended may still release its locks, and the host has a thread of its own.
        """
        task, ident = self.current, _real_ident()
        if task.real_ident != ident and ident not in self._excused:
            self.on_stranger()
        return task

    def excuse(self) -> None:
        """Accept the calling thread as no stranger, although it never holds the baton."""
        self._excused.add(_real_ident())

    def _boot(self, task: Task, run: Callable[[], None]) -> None:
        task.gate.acquire()
        task.real_ident = _real_ident()
        self._excused.discard(task.real_ident)  # The system uses its numbers again.
        self.on_start()
        try:
            run()
        finally:
            for end in task.ends:
                end()
            self.tasks.discard(task)
            self._excused.add(task.real_ident)
            following = self.current = self._next()
            following.gate.release()

    def _pass_on(self, task: Task) -> None:
        following = self._next()
        if following is not task:
            self.current = following
            following.gate.release()
            task.gate.acquire()
        if task.exception is not None:
            exception, task.exception = task.exception, None
            raise exception
        if task is self.main:
            self.on_resume()

    def _next(self) -> Task:
        """The next thread to hold the baton. No thread runs until there is one."""
        self.turns += 1
        while True:
            if self._ready:
                self._changes += 1
                return self._pick(self._ready)
            for _ in range(len(self._pollers)):
                task = self._pollers.popleft()
                if task.seen != self._changes or task.quiet < TURNS:
                    return task
                self._pollers.append(task)
            self.idle()

    def _pick(self, tasks: deque[Task]) -> Task:
        if self.chance is not None and len(tasks) > 1:
            tasks.rotate(-self.chance.randrange(len(tasks)))
        return tasks.popleft()


def _nothing() -> None:
    pass
