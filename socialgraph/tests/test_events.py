"""What is recorded is handled at least once, whoever dies meanwhile."""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import F
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from socialgraph import events
from socialgraph.events import Claim, LeaseLost
from socialgraph.models import OutboxEvent


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Registers a handler for the event `noted`, which notes numbers; negative ones make it fail."""
    numbers: list[int] = []

    def note(claim: Claim) -> None:
        if claim.payload["number"] < 0:
            raise ValueError("negative")
        numbers.append(claim.payload["number"])

    monkeypatch.setitem(events._handlers, "noted", note)
    return numbers


def expire_leases() -> None:
    OutboxEvent.objects.filter(done_at=None).update(lease_until="2020-01-01T00:00Z")


@pytest.mark.django_db
def test_events_are_handled_once_oldest_first(seen: list[int]) -> None:
    for number in range(25):
        events.record("noted", number=number)
    assert events.drain() == 25
    assert seen == list(range(25))
    assert events.drain() == 0
    assert OutboxEvent.objects.filter(done_at=None).count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_write_leaves_no_event(seen: list[int]) -> None:
    with transaction.atomic():
        events.record("noted", number=1)
        transaction.set_rollback(True)
    assert events.drain() == 0


@pytest.mark.django_db
def test_a_failure_is_kept_said_and_tried_again(seen: list[int], caplog: pytest.LogCaptureFixture) -> None:
    events.record("noted", number=-1)
    events.record("noted", number=2)
    with caplog.at_level(logging.ERROR):
        assert events.drain() == 1
    assert seen == [2]
    failed = OutboxEvent.objects.get(done_at=None)
    assert "negative" in failed.last_error
    assert "negative" in caplog.text
    assert failed.lease_until is not None  # it waits before the next attempt
    OutboxEvent.objects.filter(pk=failed.pk).update(payload={"number": 3})
    expire_leases()
    assert events.drain() == 1
    assert seen == [2, 3]


@pytest.mark.django_db
def test_an_unknown_event_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    events.record("never_heard_of")
    events.drain()
    assert "never_heard_of" in OutboxEvent.objects.get().last_error


@pytest.mark.django_db
def test_a_lease_keeps_others_away_until_it_ends(seen: list[int]) -> None:
    events.record("noted", number=1)
    [held] = events.claim()
    assert events.claim() == []
    expire_leases()
    [taken] = events.claim()
    assert (taken.id, taken.attempts) == (held.id, held.attempts + 1)


@pytest.mark.django_db(transaction=True)
def test_a_lease_ends_with_the_session_of_its_holder(seen: list[int]) -> None:
    events.record("noted", number=1)

    def claim_and_die() -> None:
        assert len(events.claim()) == 1
        connection.close()

    dying = threading.Thread(target=claim_and_die)
    dying.start()
    dying.join()
    deadline = time.monotonic() + 10
    while not (taken := events.claim()) and time.monotonic() < deadline:
        time.sleep(0.05)  # the server notices the closed connection in its own time
    assert [claim.attempts for claim in taken] == [2]


@pytest.mark.django_db
def test_who_lost_the_lease_writes_nothing_more(seen: list[int]) -> None:
    events.record("noted", number=1)
    [slow] = events.claim()
    expire_leases()
    [quick] = events.claim()
    quick.advance(progress=10, delivered=3)
    late_writes: list[Callable[[], object]] = [
        partial(slow.advance, 5, 2),
        slow.finish,
        partial(slow.postpone, ValueError("late")),
    ]
    for late_write in late_writes:
        with pytest.raises(LeaseLost):
            late_write()
    row = OutboxEvent.objects.get()
    assert (row.progress, row.deliveries, row.last_error, row.done_at) == (10, 3, "", None)


@pytest.mark.django_db
def test_the_next_worker_starts_where_the_last_one_stopped(seen: list[int]) -> None:
    events.record("noted", number=1)
    [dying] = events.claim()
    dying.advance(progress=7, delivered=7)
    expire_leases()
    [heir] = events.claim()
    assert heir.progress == 7
    heir.advance(progress=9, delivered=2)
    heir.finish()
    assert OutboxEvent.objects.get().deliveries == 9


@pytest.mark.django_db
@pytest.mark.parametrize("ending", ["finish", "postpone", "advance"])
def test_what_is_noted_is_stored_once_with_the_next_write(seen: list[int], ending: str) -> None:
    events.record("noted", number=1)
    [claim] = events.claim()
    claim.advance(progress=4, delivered=4)
    claim.note(progress=7, delivered=3)
    assert OutboxEvent.objects.get().deliveries == 4
    if ending == "finish":
        claim.finish()
    elif ending == "postpone":
        claim.postpone(ValueError("later"))
    else:
        claim.advance(progress=7, delivered=0)
    row = OutboxEvent.objects.get()
    assert (row.progress, row.deliveries) == (7, 7)


@pytest.mark.django_db(transaction=True)
def test_only_the_outbox_does_not_wait_for_the_disk(seen: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")  # the tests' server has it off
        events.record("noted", number=1)
        [claim] = events.claim()
        claim.advance(progress=1, delivered=1)
        claim.finish()
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone()[0] == "on"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("later"), [1, 2, 4, 300]),
        (RedisConnectionError("away"), [1, 2, 4, 5]),
        (OperationalError(), [1, 2, 4, 5]),
    ],
    ids=["a defect", "Redis is away", "PostgreSQL is away"],
)
def test_the_wait_grows_and_is_bounded(error: Exception, expected: list[int]) -> None:
    waits = []
    for attempts in (1, 2, 3, 20):
        row = OutboxEvent.objects.create(event="noted", payload={}, attempts=attempts)
        Claim(row.pk, row.event, {}, 0, attempts).postpone(error)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT round(extract(epoch FROM lease_until - clock_timestamp())) FROM outbox WHERE id = %s", [row.pk]
            )
            waits.append(int(cursor.fetchone()[0]))
    assert waits == expected


@pytest.mark.django_db
def test_a_handler_may_finish_its_own_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(events._handlers, "noted", Claim.finish)
    events.record("noted", number=1)
    assert events.drain() == 1


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_never_share_an_event(seen: list[int]) -> None:
    for number in range(200):
        events.record("noted", number=number)
    finished: list[int] = []

    def work() -> None:
        try:
            finished.append(events.drain())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(finished) == 200
    assert sorted(seen) == list(range(200))


@pytest.mark.django_db(transaction=True)
def test_prompt_hooks_run_after_commit_and_may_fail(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[int] = []

    def broken(number: int) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setitem(events._prompt_hooks, "noted", [broken, lambda number: ran.append(number)])
    with transaction.atomic():
        events.record("noted", number=4)
        assert ran == []
    assert ran == [4]
    assert "out of order" in caplog.text


def test_nudges_do_not_pile_up() -> None:
    broker = Redis.from_url(settings.BROKER_URL)
    broker.delete(events.QUEUE)
    assert all(events.nudge() for _ in range(5))
    assert broker.llen(events.QUEUE) == events.NUDGES_WAITING
    broker.rpop(events.QUEUE)  # a worker takes one
    assert events.nudge()
    assert broker.llen(events.QUEUE) == events.NUDGES_WAITING


@pytest.mark.django_db
def test_prune_deletes_old_finished_events_only() -> None:
    old, fresh, pending = (OutboxEvent.objects.create(event="noted", payload={}) for _ in range(3))
    OutboxEvent.objects.filter(pk=old.pk).update(done_at="2020-01-01T00:00Z", attempts=F("attempts") + 1)
    OutboxEvent.objects.filter(pk=fresh.pk).update(done_at=fresh.created_at)
    assert events.prune() == 1
    assert set(OutboxEvent.objects.values_list("id", flat=True)) == {fresh.pk, pending.pk}


def test_one_handler_an_event() -> None:
    with pytest.raises(ValueError, match="tweet_posted"):
        events.handles("tweet_posted")(lambda claim: None)
