"""Queues that the planner believes to be empty, as autovacuum often meets them, when a burst arrives.

A plan that runs `IN (SELECT … LIMIT n)` again for every row is quadratic, and with FOR UPDATE SKIP LOCKED it takes all
rows instead of n, since each run skips what the one before has locked. `= ANY(ARRAY(SELECT …))` runs once.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from accounts.tests.factories import UserFactory
from socialgraph import counts, events
from socialgraph.models import CountDelta, OutboxEvent

pytestmark = pytest.mark.django_db(transaction=True)
LEDGER = "INSERT INTO count_deltas (counter, subject_id, delta) SELECT 'follower_count', {user}, 1 {rows}"
OUTBOX = "INSERT INTO outbox (event, payload) SELECT 'x', '{{}}' {rows}"
ROWS = 20_000


@contextmanager
def burst(table: str, insert: str, rows: int) -> Iterator[None]:
    """`rows` + 1 rows where the statistics know of one; then each statement may take five seconds."""
    with connection.cursor() as cursor:
        cursor.execute(insert.format(user=UserFactory.create().pk, rows=f"FROM generate_series(1, {ROWS})"))
        cursor.execute(f"DELETE FROM {table} WHERE id < (SELECT max(id) FROM {table})")
        cursor.execute(f"VACUUM (ANALYZE) {table}")
        cursor.execute(insert.format(user=UserFactory.create().pk, rows=f"FROM generate_series(1, {rows})"))
        cursor.execute("SET statement_timeout = '5s'")
        try:
            yield
        finally:
            cursor.execute("RESET statement_timeout")


def test_a_full_ledger_is_folded_in_linear_time() -> None:
    with burst("count_deltas", LEDGER, ROWS):
        assert len(counts.flush(ROWS + 2)["follower_count"]) == 2
    assert not CountDelta.objects.exists()


def test_a_worker_claims_no_more_events_than_it_asked_for() -> None:
    with burst("outbox", OUTBOX, 500):
        assert len(events.claim(limit=10)) == 10
    assert OutboxEvent.objects.filter(attempts=0).count() == 491
