"""The outbox: what happened is recorded in the transaction that made it so, and handled after it.

`record` appends the event and nudges a worker after commit. A nudge may be lost (dead broker, killed worker): the
sweep that beat starts every few seconds finds what is pending. A worker claims events under a lease, handles them, and
marks them done; whoever dies leaves the rest to the next claim. Handlers run at least once and must be safe to repeat.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from kombu import Connection
from kombu.pools import producers
from redis import RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from socialgraph import metrics
from socialgraph.celery import app
from socialgraph.redis import connect

logger = logging.getLogger(__name__)

DRAIN_TASK = "socialgraph.tasks.drain_outbox"
QUEUE = "fanout"
CLAIM_SIZE = 10
MAX_BACKOFF_SECONDS = 300
SERVER_BACKOFF_SECONDS = 5
"""At most, when a server was away: what it missed must not stay missing for long once it is back."""
NUDGES_WAITING = 2
"""That many in the queue are enough: whoever takes one later sees all that was committed before. At a hundred posts a
second a nudge each keeps the workers busy with finding nothing."""
NUDGE_PAUSE_SECONDS = 2.0
"""How long a process leaves a broker alone that did not take its nudge; the sweep does the work meanwhile."""


# A progress mark that is lost in a crash only repeats an idempotent step: no need to wait for the disk. Said within the
# statement, it is one round trip instead of four.
_NO_WAIT = "set_config('synchronous_commit', 'off', true)"


class LeaseLost(Exception):
    """Another worker took the event over; stop without writing anything more."""


@dataclass
class Claim:
    """An event that this worker holds until its lease ends."""

    id: int
    event: str
    payload: dict[str, Any]
    progress: int
    attempts: int
    created: float = 0.0
    """Seconds since 1970, by the database's clock; 0 when nobody asked."""
    ended: float = 0.0
    """As `created`; 0 until it is finished."""

    delivered: int = 0
    """Not yet stored."""

    def note(self, progress: int, delivered: int) -> None:
        """How far the handler came, to be stored with what is written next: as the last step, with its end."""
        self.progress = progress
        self.delivered += delivered
        metrics.count(("deliveries",), delivered)

    def advance(self, progress: int, delivered: int) -> None:
        """Store how far the handler came and renew the lease. Raises LeaseLost when it has ended meanwhile."""
        self.note(progress, delivered)
        self._update("lease_until = clock_timestamp() + %s * interval '1 second'", [settings.OUTBOX_LEASE_SECONDS])

    def finish(self) -> float:
        """Returns `ended`. A handler may finish its own claim, within a transaction of what it leaves behind."""
        if not self.ended:
            done = "done_at = clock_timestamp(), lease_until = NULL, holder = NULL, last_error = ''"
            self.ended = self._update(done, [])
        return self.ended

    def postpone(self, error: Exception) -> None:
        """Leave the event to a later claim, in 1, 2, 4 … seconds up to the most for this error."""
        most = SERVER_BACKOFF_SECONDS if isinstance(error, RedisError | OperationalError) else MAX_BACKOFF_SECONDS
        seconds = min(2 ** min(self.attempts - 1, 10), most)
        self._update(
            "lease_until = clock_timestamp() + %s * interval '1 second', holder = NULL, last_error = %s",
            [seconds, repr(error)[:2000]],
        )

    def _update(self, assignments: str, values: list[Any]) -> float:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE outbox SET {assignments}, progress = %s, deliveries = deliveries + %s"  # nosec B608 # made of constants
                " WHERE id = %s AND attempts = %s AND done_at IS NULL"
                f" RETURNING extract(epoch FROM clock_timestamp())::float8, {_NO_WAIT}",
                [*values, self.progress, self.delivered, self.id, self.attempts],
            )
            if (row := cursor.fetchone()) is None:
                raise LeaseLost(f"{self.event} {self.id}")
        self.delivered = 0
        return float(row[0])


Handler = Callable[[Claim], None]
_handlers: dict[str, Handler] = {}
_announced: set[str] = set()
_prompt_hooks: dict[str, list[Callable[..., None]]] = {}


def handles(event: str) -> Callable[[Handler], Handler]:
    """Register the one handler of an event."""

    def register(handler: Handler) -> Handler:
        if event in _handlers:
            raise ValueError(f"{event} has a handler already: {_handlers[event]}")
        _handlers[event] = handler
        return handler

    return register


def announces(*events: str) -> None:
    """Declare events for which nobody has anything to do yet: until one has a handler they are recorded as done."""
    _announced.update(events)


def promptly(event: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register what the writing process itself does right after commit, before it answers.

    Called with the payload as keywords. For what must not wait for a worker and is repeated by one anyway.
    """

    def register(hook: Callable[..., None]) -> Callable[..., None]:
        _prompt_hooks.setdefault(event, []).append(hook)
        return hook

    return register


def record(event: str, **payload: Any) -> None:
    """Append an event to the outbox, inside the caller's transaction; after commit, run its prompt hooks and nudge."""
    record_with([], event, **payload)


def record_with(writes: Iterable[str], event: str, **payload: Any) -> None:
    """As `record`, and in the same statement, so in one round trip: each of `writes`, SQL that changes rows.

    They take values from the payload, as %(name)s. None sees what another did: they must not meet in a row.
    """
    is_done = event in _announced - _handlers.keys()
    values = {**payload, "_event": event, "_payload": json.dumps(payload), "_is_done": is_done}
    written = ", ".join(f"w{n} AS ({write})" for n, write in enumerate(writes))
    with connection.cursor() as cursor:  # raw, and nothing is read back: it is a part of almost every write
        cursor.execute(
            f"{'WITH ' if written else ''}{written} INSERT INTO outbox (event, payload, done_at) VALUES"  # nosec B608 # made of constants
            " (%(_event)s, %(_payload)s, CASE WHEN %(_is_done)s THEN statement_timestamp() END)",
            values,
        )
    if not is_done:
        transaction.on_commit(lambda: _after_commit(event, payload))


def _after_commit(event: str, payload: dict[str, Any]) -> None:
    metrics.count(("event", event))
    for hook in _prompt_hooks.get(event, []):
        try:
            hook(**payload)
        except Exception:  # what was committed stays true, and the outbox repeats the work
            logger.exception("%s failed after %s %s", hook, event, payload)
    nudge()


_nudge_after = 0.0
_NO_RETRY = Retry(NoBackoff(), 0)


def nudge() -> bool:
    """Ask a worker to look at the outbox. Never raises and never waits longer than half a second for the broker.

    (A failure inside `on_commit` would turn a stored post into a 500, and the user would post again.)
    """
    global _nudge_after
    if time.monotonic() < _nudge_after:
        return False
    try:
        if connect(settings.BROKER_URL, 0.5, _NO_RETRY).llen(QUEUE) >= NUDGES_WAITING:
            return True
        with producers[_broker()].acquire(block=True, timeout=0.5) as producer:
            app.send_task(DRAIN_TASK, producer=producer, queue=QUEUE, retry=False, ignore_result=True)
    except Exception as error:  # whatever the broker's client raises, the event is stored and the sweep finds it
        logger.warning("The broker did not take a nudge, the sweep will do it: %s", error)
        _nudge_after = time.monotonic() + NUDGE_PAUSE_SECONDS
        return False
    return True


@cache
def _broker() -> Connection:
    options = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5, "max_retries": 0}
    return Connection(settings.BROKER_URL, transport_options=options)


def claim(limit: int = CLAIM_SIZE) -> list[Claim]:
    """Lease up to `limit` pending events, oldest first; other workers skip them until the lease ends.

    It ends with its time, and at once when the database session of the claimant is gone, as after `kill -9`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox SET lease_until = clock_timestamp() + %s * interval '1 second',"
            " holder = pg_backend_pid(), attempts = attempts + 1"
            # ANY(ARRAY(…)) runs once; IN (…) may be planned to run for every row, and then takes more than `limit`.
            " WHERE id = ANY(ARRAY(SELECT id FROM outbox WHERE done_at IS NULL"
            " AND (lease_until IS NULL OR lease_until < clock_timestamp()"
            "  OR holder NOT IN (SELECT pid FROM pg_stat_activity WHERE pid IS NOT NULL))"
            " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED))"
            f" RETURNING id, event, payload, progress, attempts, extract(epoch FROM created_at)::float8, {_NO_WAIT}",  # nosec B608 # made of constants
            [settings.OUTBOX_LEASE_SECONDS, limit],
        )
        rows = cursor.fetchall()
    return sorted((Claim(i, e, json.loads(p), *rest) for i, e, p, *rest, _ in rows), key=lambda c: c.id)


def drain() -> int:
    """Handle pending events until none can be claimed; returns how many were finished."""
    finished = 0
    while claims := claim():
        finished += sum([handle(claimed) for claimed in claims])
    return finished


def handle(claimed: Claim) -> bool:
    """Run the event's handler; a failure is logged, kept on the row, and tried again later."""
    try:
        if handler := _handlers.get(claimed.event):
            handler(claimed)
        elif claimed.event not in _announced:
            raise LookupError(f"No handler for the event {claimed.event!r}")
        ended = claimed.finish()
    except LeaseLost:
        logger.warning("Lost the lease of %s %s: another worker goes on", claimed.event, claimed.id)
        return False
    except Exception as error:  # one failing event must not stop the others; it is kept and repeated
        logger.exception("%s %s failed, attempt %s", claimed.event, claimed.id, claimed.attempts)
        claimed.postpone(error)
        metrics.count(("event_failed", claimed.event))
        return False
    if since := claimed.payload.get("since", claimed.created):  # a part of a large audience counts from the post
        metrics.observe(("lag", claimed.event), 1000 * (ended - since))
    return True


def prune() -> int:
    """Delete events that were finished longer than OUTBOX_KEEP_HOURS ago; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM outbox WHERE done_at < clock_timestamp() - %s * interval '1 hour'",
            [settings.OUTBOX_KEEP_HOURS],
        )
        return int(cursor.rowcount)
