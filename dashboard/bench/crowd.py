"""Many people at once, through the services: each connection is a thread with a database session of its own."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import OperationalError, connection
from psycopg.errors import DeadlockDetected, LockNotAvailable

from dashboard.bench.home import percentiles

Work = Callable[[], object]
LOOK_SECONDS = 0.02


@dataclass
class Outcome:
    seconds: float = 0.0
    took_ms: list[float] = field(default_factory=list)
    """Of what succeeded, ascending."""
    failed: Counter[str] = field(default_factory=Counter)
    """By name of the error: deadlocks, and waits for a lock that were too long."""
    waiting: list[int] = field(default_factory=list)
    """How many sessions waited for a lock, at each look."""

    @property
    def per_second(self) -> float:
        return len(self.took_ms) / self.seconds

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.seconds + other.seconds,
            sorted(self.took_ms + other.took_ms),
            self.failed + other.failed,
            self.waiting + other.waiting,
        )

    def figures(self) -> dict[str, Any]:
        return {
            "done": len(self.took_ms),
            "per_second": round(self.per_second),
            "ms": percentiles(self.took_ms),
            "deadlocks": self.failed[DeadlockDetected.__name__],
            "lock_timeouts": self.failed[LockNotAvailable.__name__],
            "sessions_waiting_for_locks": round(sum(self.waiting) / max(1, len(self.waiting)), 1),
        }


def crowd(works: Sequence[Work], connections: int, most_seconds: float = 600.0) -> Outcome:
    """Each work once, the next one by whichever connection is free; none begins after `most_seconds`.

    Errors but those of locks are raised.
    """
    outcome, waiting, turn = Outcome(), iter(works), threading.Lock()
    errors: list[BaseException] = []
    ends = time.perf_counter() + most_seconds
    start, over = threading.Barrier(connections + 1), threading.Event()

    def next_work() -> Work | None:
        with turn:
            return None if errors or time.perf_counter() > ends else next(waiting, None)

    def work_on() -> None:
        try:
            connection.ensure_connection()
            start.wait()
            while work := next_work():
                _do(work, outcome)
        except BaseException as error:
            start.abort()
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work_on) for _ in range(connections)]
    watcher = threading.Thread(target=_watch, args=(outcome, over))
    for thread in [watcher, *threads]:
        thread.start()
    try:
        start.wait()
        began = time.perf_counter()
    except threading.BrokenBarrierError:
        began = time.perf_counter()  # `errors` says why
    for thread in threads:
        thread.join()
    outcome.seconds = time.perf_counter() - began
    over.set()
    watcher.join()
    if errors:
        raise errors[0]
    outcome.took_ms.sort()
    return outcome


def _do(work: Work, outcome: Outcome) -> None:
    began = time.perf_counter()
    try:
        work()
    except OperationalError as error:
        if not isinstance(error.__cause__, DeadlockDetected | LockNotAvailable):
            raise
        outcome.failed[type(error.__cause__).__name__] += 1
    else:
        outcome.took_ms.append(1000 * (time.perf_counter() - began))


def _watch(outcome: Outcome, over: threading.Event) -> None:
    with connection.cursor() as cursor:
        while not over.wait(LOOK_SECONDS):
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            outcome.waiting.append(cursor.fetchone()[0])
    connection.close()
