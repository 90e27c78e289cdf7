"""The ledger keeps every count exact, whoever changes the rows and by which statement."""

import logging

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Follow, User
from accounts.tests.factories import UserFactory
from socialgraph import counts
from socialgraph.models import CountDelta
from tweets import services as tweets
from tweets.models import Bookmark, Like, Tweet, TweetCounts

pytestmark = pytest.mark.django_db


def fold() -> None:
    while accounts.flush_counts():
        pass


def counted(user: User) -> tuple[int, int, int]:
    user.refresh_from_db()
    return user.follower_count, user.following_count, user.tweet_count


def test_follow_and_unfollow() -> None:
    ada, bob = UserFactory.create_batch(2)
    accounts.follow(follower=ada, followee=bob)
    fold()
    assert counted(ada) == (0, 1, 0)
    assert counted(bob) == (1, 0, 0)
    accounts.unfollow(follower=ada, followee=bob)
    fold()
    assert counted(ada) == counted(bob) == (0, 0, 0)


def test_bulk_statements_count_every_row() -> None:
    star, *fans = UserFactory.create_batch(21)
    Follow.objects.bulk_create([Follow(follower=fan, followee=star) for fan in fans])
    assert CountDelta.objects.get(counter="follower_count").delta == 20
    fold()
    assert counted(star) == (20, 0, 0)
    Follow.objects.filter(follower__in=fans[:5]).delete()
    fold()
    assert counted(star) == (15, 0, 0)


def test_copy_is_counted() -> None:
    ada, bob = UserFactory.create_batch(2)
    with connection.cursor() as cursor, cursor.copy("COPY follows (follower_id, followee_id) FROM STDIN") as copy:
        copy.write_row((ada.pk, bob.pk))
    fold()
    assert counted(bob) == (1, 0, 0)


def test_update_moves_the_count() -> None:
    ada, bob, eve = UserFactory.create_batch(3)
    accounts.follow(follower=ada, followee=bob)
    Follow.objects.filter(follower=ada).update(followee=eve)
    fold()
    assert (counted(bob)[0], counted(eve)[0], counted(ada)[1]) == (0, 1, 1)


def test_soft_delete_and_its_undoing() -> None:
    ada = UserFactory.create()
    root = tweets.post_tweet(author=ada, text="root").tweet
    reply = tweets.reply(author=ada, to=root, text="reply").tweet
    fold()
    assert counted(ada) == (0, 0, 2)
    assert TweetCounts.objects.get(tweet=root).reply_count == 1
    tweets.delete_tweet(tweet=reply, by=ada)
    fold()
    assert counted(ada) == (0, 0, 1)
    assert TweetCounts.objects.get(tweet=root).reply_count == 0
    Tweet.objects.filter(pk=reply.pk).update(deleted_at=None)
    fold()
    assert counted(ada) == (0, 0, 2)
    Tweet.objects.filter(pk=reply.pk).update(deleted_at=timezone.now())
    Tweet.objects.filter(pk=reply.pk).delete()
    fold()
    assert counted(ada) == (0, 0, 1)
    assert counts.drift()[1] == []


def test_retweets_quotes_likes_and_bookmarks() -> None:
    ada, bob = UserFactory.create_batch(2)
    tweet = tweets.post_tweet(author=ada, text="original").tweet
    Tweet.objects.create(author=bob, text="", retweet_of=tweet)
    Tweet.objects.create(author=bob, text="look", quote_of=tweet)
    tweets.like(user=bob, tweet=tweet)
    tweets.bookmark(user=bob, tweet=tweet)
    fold()
    row = TweetCounts.objects.get(tweet=tweet)
    assert (row.like_count, row.retweet_count, row.quote_count, row.reply_count, row.bookmark_count) == (1, 1, 1, 0, 1)
    assert counts.drift() == (2 * 3 + 3 * 5, [])


def test_truncate_zeroes_its_counts_only() -> None:
    ada, bob = UserFactory.create_batch(2)
    accounts.follow(follower=ada, followee=bob)
    tweet = tweets.post_tweet(author=ada, text="stays").tweet
    tweets.like(user=bob, tweet=tweet)
    fold()
    accounts.follow(follower=bob, followee=ada)  # still in the ledger
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE follows; TRUNCATE likes")
    fold()
    assert counted(ada) == (0, 0, 1)
    assert counted(bob) == (0, 0, 0)
    assert TweetCounts.objects.get(tweet=tweet).like_count == 0
    assert counts.drift()[1] == []


def test_the_database_refuses_a_negative_count() -> None:
    user = UserFactory.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(follower_count=-1)


def test_pending_ledger_rows_are_no_drift() -> None:
    ada, bob = UserFactory.create_batch(2)
    accounts.follow(follower=ada, followee=bob)
    assert counts.drift()[1] == []


def test_drift_is_found_and_repaired() -> None:
    ada, bob = UserFactory.create_batch(2)
    accounts.follow(follower=ada, followee=bob)
    fold()
    User.objects.filter(pk=bob.pk).update(follower_count=7)
    [row] = counts.drift()[1]
    assert (row.counter.name, row.subject_id, row.counted, row.truth) == ("follower_count", bob.pk, 7, 1)
    counts.repair([row])
    fold()
    assert counted(bob) == (1, 0, 0)
    assert counts.drift()[1] == []


def test_a_false_ledger_row_neither_stops_counting_nor_goes_unsaid(caplog: pytest.LogCaptureFixture) -> None:
    ada, bob = UserFactory.create_batch(2)
    CountDelta.objects.create(counter="follower_count", subject_id=ada.pk, delta=-3)
    accounts.follow(follower=ada, followee=bob)
    with caplog.at_level(logging.ERROR):
        fold()
    assert counted(bob) == (1, 0, 0)
    assert counted(ada) == (0, 1, 0)
    assert "below zero" in caplog.text


def test_flush_takes_batches_in_order() -> None:
    ada, bob = UserFactory.create_batch(2)
    tweet = tweets.post_tweet(author=ada, text="x").tweet
    for _ in range(3):
        tweets.like(user=bob, tweet=tweet)
        tweets.unlike(user=bob, tweet=tweet)
    tweets.like(user=bob, tweet=tweet)
    while CountDelta.objects.exists():
        counts.flush(limit=2)
        assert TweetCounts.objects.get(tweet=tweet).like_count in (0, 1)
    assert TweetCounts.objects.get(tweet=tweet).like_count == 1


def test_repeating_an_action_changes_nothing() -> None:
    ada, bob = UserFactory.create_batch(2)
    tweet = tweets.post_tweet(author=ada, text="x").tweet
    assert [tweets.like(user=bob, tweet=tweet) for _ in range(3)] == [True, False, False]
    assert [tweets.bookmark(user=bob, tweet=tweet) for _ in range(2)] == [True, False]
    assert [accounts.follow(follower=bob, followee=ada) for _ in range(2)] == [True, False]
    assert [accounts.unfollow(follower=bob, followee=ada) for _ in range(2)] == [True, False]
    assert [tweets.unlike(user=bob, tweet=tweet) for _ in range(2)] == [True, False]
    assert (Like.objects.count(), Bookmark.objects.count()) == (0, 1)
