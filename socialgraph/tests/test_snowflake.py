import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import DatabaseError, connection
from django.forms import inlineformset_factory

from accounts.models import Follow, User
from accounts.tests.factories import UserFactory
from socialgraph.snowflake import BULK_SHARD, EPOCH_MS, TIME_SHIFT, BulkIds, first_id_at, moment_of
from tweets.models import Tweet

IDS_PER_CONNECTION = 125_000
CONNECTIONS = 8


def raw_connection() -> psycopg.Connection[tuple[int, ...]]:
    database = connection.settings_dict
    return psycopg.connect(
        host=database["HOST"],
        port=database["PORT"],
        user=database["USER"],
        password=database["PASSWORD"],
        dbname=database["NAME"],
    )


def draw_ids() -> list[tuple[int, int]]:
    """(id, milliseconds of the clock right before it was made), in the order of their making."""
    with raw_connection() as own, own.cursor() as cursor:
        cursor.execute(
            "SELECT snowflake(), floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
            " FROM generate_series(1, %s)",
            [IDS_PER_CONNECTION],
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_a_million_ids_from_eight_connections() -> None:
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        runs = list(pool.map(lambda _: draw_ids(), range(CONNECTIONS)))
    made = [pair for run in runs for pair in run]
    assert len({snowflake for snowflake, _ in made}) == IDS_PER_CONNECTION * CONNECTIONS
    for run in runs:
        milliseconds = [snowflake >> TIME_SHIFT for snowflake, _ in run]
        assert milliseconds == sorted(milliseconds)
    # The id carries the millisecond in which it was made: the clock read after it is not earlier.
    assert all(0 <= after - ((snowflake >> TIME_SHIFT) + EPOCH_MS) <= 1000 for snowflake, after in made)


@pytest.mark.django_db
def test_save_gives_an_id_of_now() -> None:
    user = User(username="ada", email="ada@example.org", display_name="Ada")
    assert user.id is None
    assert user != User(username="bob")  # unsaved rows are different rows
    before = dt.datetime.now(dt.UTC) - dt.timedelta(milliseconds=1)
    user.save()
    assert before <= moment_of(user.pk) <= dt.datetime.now(dt.UTC)
    assert abs(user.created_at - moment_of(user.pk)) < dt.timedelta(seconds=5)


@pytest.mark.django_db
def test_bulk_create_returns_ids_in_order() -> None:
    author = UserFactory.create()
    made = Tweet.objects.bulk_create([Tweet(author=author, text=f"{n}") for n in range(50)])
    ids = [tweet.pk for tweet in made]
    assert len(set(ids)) == 50
    assert list(Tweet.objects.order_by("id").values_list("text", flat=True)) == [
        text for _, text in sorted(zip(ids, [t.text for t in made], strict=True))
    ]


@pytest.mark.django_db
def test_copy_gives_ids() -> None:
    author = UserFactory.create()
    with connection.cursor() as cursor, cursor.copy("COPY tweets (author_id, text, updated_at) FROM STDIN") as copy:
        for n in range(100):
            copy.write_row((author.pk, f"copied {n}", dt.datetime.now(dt.UTC)))
    assert Tweet.objects.values("id").distinct().count() == 100


@pytest.mark.django_db
def test_own_ids_are_accepted() -> None:
    past = first_id_at(dt.datetime(2010, 12, 1, tzinfo=dt.UTC))
    tweet = Tweet.objects.create(id=past, author=UserFactory.create(), text="from an archive")
    assert Tweet.objects.get(pk=past) == tweet
    assert moment_of(past) == dt.datetime(2010, 12, 1, tzinfo=dt.UTC)


@pytest.mark.django_db
def test_inline_formsets_save() -> None:
    """What an admin inline is made of."""
    ada, bob, eve = UserFactory.create_batch(3)
    formset_class = inlineformset_factory(User, Follow, fk_name="follower", fields=["followee"])
    data = {f"following_rows-{n}-followee": str(user.pk) for n, user in enumerate([bob, eve])}
    formset = formset_class(
        {**data, "following_rows-TOTAL_FORMS": "2", "following_rows-INITIAL_FORMS": "0"}, instance=ada
    )
    assert formset.is_valid(), formset.errors
    follows = formset.save()
    assert [follow.followee for follow in follows] == [bob, eve]
    assert bob.pk < follows[0].pk < follows[1].pk


@pytest.mark.django_db
def test_shard_bits_come_from_the_session() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL socialgraph.shard = '5'")
        cursor.execute("SELECT snowflake()")
        snowflake = cursor.fetchone()[0]
    assert (snowflake >> 12) & 1023 == 5


def test_first_id_at_bounds_the_millisecond() -> None:
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=dt.UTC)
    assert moment_of(first_id_at(moment)) == moment
    assert moment_of(first_id_at(moment) - 1) == moment - dt.timedelta(milliseconds=1)
    assert first_id_at(dt.datetime(2080, 1, 1, tzinfo=dt.UTC)) < 2**63


@pytest.mark.django_db
def test_bulk_ids_ascend_from_now_on_and_are_the_same_in_sql() -> None:
    before = first_id_at(dt.datetime.now(dt.UTC))
    with connection.cursor() as cursor:
        bulk = BulkIds(cursor)
    ids = [bulk[place] for place in range(10_000)]
    assert ids == sorted(set(ids))
    assert before <= ids[0] < first_id_at(dt.datetime.now(dt.UTC) + dt.timedelta(milliseconds=1))
    assert (ids[-1] - ids[0]) >> TIME_SHIFT == 10_000 // 4096
    assert {i >> 12 & 1023 for i in ids} == {BULK_SHARD}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {bulk.sql('n')} FROM generate_series(0, 9999) n ORDER BY n")
        assert [row[0] for row in cursor.fetchall()] == ids


@pytest.mark.parametrize("shard", ["1023", "1024", "-1"])
def test_a_session_may_not_take_the_shard_of_loads(db: None, shard: str) -> None:
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match=r"socialgraph\.shard is from 0 to 1022"):
        cursor.execute("SELECT set_config('socialgraph.shard', %s, true), snowflake()", [shard])


def test_the_shard_is_the_setting_of_the_session(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('socialgraph.shard', '1022', true), (snowflake() >> 12) & 1023")
        assert cursor.fetchone()[1] == 1022
