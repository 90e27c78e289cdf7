"""A table that was filled fast has its keys and indexes again; one that holds more is not locked."""

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, OperationalError

from accounts.models import Follow, User
from accounts.tests.factories import UserFactory
from socialgraph.bulk import fast_filling, one_at_a_time

KEYS = """
    SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass
    UNION SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass
"""


def keys_of(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(KEYS, [table, table])
        return {definition for (definition,) in cursor.fetchall()}


@pytest.fixture
def pair(db: None) -> tuple[User, User]:
    return UserFactory.create(), UserFactory.create()


@pytest.mark.parametrize("table", ["follows", "likes", "tweets", "tweet_counts"])
@pytest.mark.django_db
def test_keys_and_indexes_are_back_after_a_filling(table: str) -> None:
    before = keys_of(table)
    with transaction.atomic(), connection.cursor() as cursor:
        with fast_filling(cursor, {table: 1_000}):
            assert len(keys_of(table)) < len(before)
        assert keys_of(table) == before


@pytest.mark.parametrize("is_known", [True, False], ids=["a pair stored twice", "a followee that does not exist"])
def test_what_breaks_a_key_fails_when_the_block_ends(pair: tuple[User, User], is_known: bool) -> None:
    follower, followee = pair
    rows = [(follower.pk, followee.pk), (follower.pk, followee.pk if is_known else 1)]
    before = keys_of("follows")
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
        fast_filling(cursor, {"follows": 2}),
    ):
        cursor.executemany("INSERT INTO follows (follower_id, followee_id) VALUES (%s, %s)", rows)
    assert not Follow.objects.exists()
    assert keys_of("follows") == before


def test_a_table_that_holds_more_is_not_touched(pair: tuple[User, User]) -> None:
    Follow.objects.create(follower=pair[0], followee=pair[1])
    before = keys_of("follows")
    with transaction.atomic(), connection.cursor() as cursor, fast_filling(cursor, {"follows": 1}):
        assert keys_of("follows") == before
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE relation = 'follows'::regclass AND mode = 'AccessExclusiveLock'"
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_loads_come_one_after_another() -> None:
    other = connection.copy()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            one_at_a_time(cursor)
            with other.cursor() as second:
                second.execute("SET lock_timeout = 100")
                with pytest.raises(OperationalError, match="lock timeout"):
                    one_at_a_time(second)
        with other.cursor() as second:
            one_at_a_time(second)
    finally:
        other.close()
