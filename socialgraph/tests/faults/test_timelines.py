"""Fan-out and home at the moment of a fault, seen from inside: what exactly was done, and what the next read shows."""

import time
from pathlib import Path

import pytest
from django.db import connection

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph.local_stack.testing import TestServers
from socialgraph.models import OutboxEvent
from socialgraph.redis import timelines
from socialgraph.tests.workers import celery, fan_out_worker, kill, nothing_pending, wait_for
from timelines.home import home_page
from timelines.store import Kind
from tweets import services as tweets

pytestmark = [pytest.mark.serial, pytest.mark.django_db(transaction=True)]
AUDIENCE = 20_000
SWEEP_SECONDS = 30  # generous: a worker's start alone takes seconds on a busy machine


def author_with_active_followers(count: int) -> tuple[User, list[int]]:
    """Every follower has an empty timeline in Redis."""
    author = UserFactory.create()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO users (username, email, display_name, password)"
            " SELECT 'f' || n, 'f' || n || '@example.org', 'F', '' FROM generate_series(1, %s) n RETURNING id",
            [count],
        )
        follower_ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "INSERT INTO follows (follower_id, followee_id) SELECT unnest(%s), %s", [follower_ids, author.pk]
        )
    pipeline = timelines().pipeline(transaction=False)
    for follower_id in follower_ids:
        pipeline.rpush(Kind.HOME.key(follower_id), "F:0:0")
    pipeline.execute()
    return author, follower_ids


def copies_of(tweet_id: int, owner_ids: list[int]) -> list[int]:
    """How often each owner's list holds the tweet."""
    pipeline = timelines().pipeline(transaction=False)
    for owner_id in owner_ids:
        pipeline.lrange(Kind.HOME.key(owner_id), 1, -1)
    return [ids.count(str(tweet_id).encode()) for ids in pipeline.execute()]


def test_a_fan_out_whose_worker_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    author, follower_ids = author_with_active_followers(AUDIENCE)
    tweet = tweets.post_tweet(author=author, text="to twenty thousand").tweet
    event = OutboxEvent.objects.get(event="tweet_posted")
    slow = {"FAN_OUT_BATCH": "100", "CELEBRITY_FOLLOWER_COUNT": str(AUDIENCE * 2)}  # two hundred batches to die between

    def has_begun() -> bool:
        event.refresh_from_db()
        return event.progress > 0

    with fan_out_worker(tmp_path / "first.log", **slow) as first:
        wait_for(has_begun, 60, "The fan-out's first step")
        kill(first)
    event.refresh_from_db()
    reached = event.deliveries
    assert event.done_at is None
    assert 0 < reached < AUDIENCE
    before = time.monotonic()
    with (
        fan_out_worker(tmp_path / "second.log", **slow),
        celery(tmp_path / "beat.log", "beat", "--schedule", str(tmp_path / "schedule")),
    ):
        wait_for(nothing_pending, SWEEP_SECONDS, "The rest of the fan-out")
    assert time.monotonic() - before < SWEEP_SECONDS
    event.refresh_from_db()
    assert event.attempts == 2
    assert event.deliveries == AUDIENCE  # the second worker did the rest and not the whole
    copies = copies_of(tweet.pk, follower_ids)
    assert min(copies) == 1
    assert copies.count(1) >= AUDIENCE - 100  # at most the batch in which the first one died came twice


@pytest.mark.parametrize("fault", ["stop", "freeze"])
def test_home_is_read_and_posted_to_without_the_timeline_server(servers: TestServers, fault: str) -> None:
    author, reader = UserFactory.create_batch(2)
    accounts.follow(follower=reader, followee=author)
    first = tweets.post_tweet(author=author, text="before").tweet
    home_page(reader, limit=10)
    home_page(author, limit=10)
    getattr(servers.valkey["timelines"], fault)()
    before = time.monotonic()
    second = tweets.post_tweet(author=author, text="meanwhile").tweet
    for user in (author, reader):
        assert [card.pk for card in home_page(user, limit=10).results] == [second.pk, first.pk]
    assert time.monotonic() - before < 5
    servers.heal()
    # The author's old list is back in the frozen case, and lacks the second tweet; the reader waits for the fan-out.
    assert [card.pk for card in home_page(author, limit=10).results] == [second.pk, first.pk]
