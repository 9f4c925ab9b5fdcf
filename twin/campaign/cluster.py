"""The workers of a campaign: Dask's, on this machine or on a cluster that somebody has started."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from controller.system import wall_s
from twin.campaign.plan import code_version
from twin.campaign.unit import UnitTask
from twin.errors import TwinError

CONNECT_S: Final = 10.0
LOOK_S: Final = 1.0
"""How often the driver looks for workers that hang, and the progress is redrawn at the least."""

UNIT_LIMIT_S: Final = {"memory": 300.0, "hosted": 3800.0}
"""A unit takes about 10 s. A worker that has not finished one after this time, on whatever machine, hangs. A hosted
program that hangs is found out after 70 s, and may do so in each of a unit's 50 scenarios."""

TRIES: Final = 3
SETTINGS: Final = {"distributed.admin.low-level-log-length": 100, "distributed.worker.profile.enabled": False}
"""Dask's scheduler keeps its last 1,000 events, and with each of a unit all that the unit was given: up to 300 MB. Its
workers look a hundred times a second at what they are doing, and keep it."""

LONGEST_MESSAGE: Final = 300
LOGGERS: Final = ("distributed", "distributed.client")
AHEAD: Final = 2
"""Units given out for each worker: one that it runs, and one that waits there."""


class WorkerError(TwinError):
    """The workers cannot be reached, run other code, or failed with a unit. The message says which."""


@contextmanager
def connected(scheduler: str | None, workers: int | None) -> Iterator[Any]:
    """A Dask client: of a cluster of processes on this machine, or of the scheduler at an address.

    Raises `WorkerError` if the scheduler cannot be reached, or runs workers with other code, and if Dask is not
    installed.
    """
    require_dask()
    distributed: Any = import_module("distributed")
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # What matters of it is in the `WorkerError`.
    if scheduler is None:
        with _local_cluster(workers) as local, distributed.Client(local) as client:
            yield client
        return
    try:
        client = distributed.Client(scheduler, timeout=CONNECT_S)
    except (OSError, ValueError, TimeoutError) as error:
        raise WorkerError(f"--scheduler must be the address of a Dask scheduler, got {scheduler!r} ({error})") from None
    with client:
        _check_workers(client, scheduler)
        _check_code(client)
        yield client


def require_dask() -> None:
    """Raise `WorkerError` if the packages of the extra `cluster` are not installed."""
    try:
        for name in ("dask", "distributed", "fsspec"):
            import_module(name)
    except ImportError:
        raise WorkerError('twin campaign needs Dask; install it: pip install -e ".[cluster]"') from None


def _local_cluster(workers: int | None) -> Any:
    """A cluster of processes on this machine, by default one for each core that this process may use.

    Ctrl-C in a terminal goes to all of them. The driver ends them in order, so they ignore it from their start.
    """
    dask, distributed = import_module("dask"), import_module("distributed")
    count = workers or import_module("dask.system").CPU_COUNT
    with dask.config.set(SETTINGS), _ignoring_interrupts():
        return distributed.LocalCluster(
            n_workers=count, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50,
            host="127.0.0.1",
        )  # fmt: skip


@contextmanager
def _ignoring_interrupts() -> Iterator[None]:
    """Processes that are started meanwhile ignore SIGINT; on Windows they do not."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread may change what a signal does.
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _check_workers(client: Any, scheduler: str) -> None:
    """Raise `WorkerError` if the scheduler has no worker, and gets none soon."""
    try:
        client.wait_for_workers(1, timeout=CONNECT_S)
    except TimeoutError:
        raise WorkerError(
            f"--scheduler must have a worker, got {scheduler!r}, which has none; start one: dask worker {scheduler}"
        ) from None


def _check_code(client: Any) -> None:
    """Raise `WorkerError` for a worker that runs other code than this process, or cannot load it."""
    for address, found in client.run(_found_code, on_error="return").items():
        if isinstance(found, Exception):
            raise WorkerError(f"worker {address} must be able to load the twin, got {type(found).__name__}: {found}")
        if found != code_version():
            raise WorkerError(f"worker {address} must run {code_version()}, got {found}; install the same there")


def _found_code() -> str:
    return code_version()


@contextmanager
def scheduler_answers() -> Iterator[None]:
    """What asks the scheduler runs in this. Raises `WorkerError` once it does not answer any more."""
    try:
        yield
    except BrokenPipeError:
        raise  # That of the screen: nobody reads it any more.
    except (CancelledError, OSError) as error:
        must = "start it, and go on with --resume"
        raise WorkerError(f"the scheduler was lost ({type(error).__name__}); {must}") from None


def short(error: BaseException) -> str:
    """The message of an error; Hypothesis's can have a whole scenario in it."""
    text = str(error)
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}..."


class Units:
    """Gives out units to the workers, and brings in their results, in whatever order they come."""

    def __init__(
        self,
        client: Any,
        run: Callable[[UnitTask, Any], Any],
        program: Any,
        on_trouble: Callable[[str], None],
        now_s: Callable[[], float] = wall_s,
    ) -> None:
        self._client = client
        self._run = run
        self._program = program
        self._on_trouble = on_trouble
        self._now_s = now_s
        self._out: dict[Any, tuple[UnitTask, float]] = {}
        self._tries: dict[int, int] = {}
        self._given = 0
        self._hung: set[str] = set()

    @property
    def full(self) -> bool:
        """Whether every worker has enough to do."""
        return len(self._out) >= AHEAD * max(1, len(self._client.nthreads()))

    @property
    def empty(self) -> bool:
        """Whether no unit is given out."""
        return not self._out

    def give(self, task: UnitTask) -> None:
        """Give out a unit."""
        self._tries[task.number] = self._tries.get(task.number, 0) + 1
        self._given += 1  # No key is used again: Dask may still be cancelling the one before.
        key = f"unit-{task.number}-{self._given}-{task.plan.seed}-{id(self)}"
        others = [worker for worker in self._client.nthreads() if worker not in self._hung] if self._hung else None
        future = self._client.submit(self._run, task, self._program, key=key, pure=False, workers=others or None)
        self._out[future] = (task, self._now_s())

    def results(self) -> Iterator[Any]:
        """The results that have come, after a wait of at most `LOOK_S`. Raises `WorkerError` for a unit that failed."""
        distributed: Any = import_module("distributed")
        try:
            done = distributed.wait(list(self._out), timeout=LOOK_S, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            done = ()
        failed = [future for future in done if future.status == "error"]
        for future in (one for one in done if one not in failed):
            del self._out[future]
            yield future.result()
        for future in failed:
            task, _ = self._out.pop(future)
            error = future.exception()
            kind = "" if isinstance(error, TwinError) else f"{type(error).__name__}: "
            raise WorkerError(f"unit {task.number} failed: {kind}{short(error)}") from None
        self._look_for_hung()

    def _look_for_hung(self) -> None:
        """Give the units of a worker that hangs to others. It runs the first of them; the others only wait there."""
        now_s = self._now_s()
        late = {
            future: limit_s
            for future, (task, since_s) in self._out.items()
            if now_s - since_s >= (limit_s := AHEAD * UNIT_LIMIT_S[task.plan.link])
        }
        if not late:
            return
        for worker, keys in self._client.processing().items():
            held = [(future, *given) for future, given in self._out.items() if future.key in keys]
            limits_s = [late[future] for future, _, _ in held if future in late]
            if not limits_s:
                continue
            self._hung.add(worker)
            _, hung, _ = held[0]
            self._on_trouble(f"unit {hung.number} took more than {limits_s[0]:.0f} s on worker {worker}: given up")
            if self._tries[hung.number] >= TRIES:
                raise WorkerError(
                    f"unit {hung.number} hung {TRIES} times; its scenarios are those of its seed and plan"
                )
            for future, task, _ in held:
                del self._out[future]
                future.cancel()
                self._tries[task.number] -= task is not hung
                self.give(task)
