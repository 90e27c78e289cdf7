"""Many at once, on real threads and real PostgreSQL: exact counts, no deadlock, no error."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from itertools import permutations
from threading import Barrier, Event, Thread
from typing import TypeVar

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import services as accounts
from accounts.models import Follow, User
from accounts.tests.factories import UserFactory
from socialgraph import counts, events
from socialgraph.redis import timelines
from timelines import store
from timelines.home import home_page
from timelines.pull import pull
from timelines.store import Kind
from tweets import services as tweets
from tweets.models import Bookmark, Like, PostKey, Tweet, TweetCounts

pytestmark = pytest.mark.django_db(transaction=True)
Result = TypeVar("Result")


def at_once(works: Sequence[Callable[[], Result]]) -> list[Result]:
    """The results of all, each on a thread with a connection of its own, started together; an error is raised."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], Result]) -> Result:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def fold() -> None:
    while accounts.flush_counts():
        pass


def test_a_hundred_likes_on_one_tweet() -> None:
    tweet = tweets.post_tweet(author=UserFactory.create(), text="popular").tweet
    people = UserFactory.create_batch(100)
    assert all(at_once([partial(tweets.like, user=user, tweet=tweet) for user in people]))
    fold()
    assert TweetCounts.objects.get(tweet=tweet).like_count == Like.objects.count() == 100


def test_likes_and_unlikes_of_the_same_people_while_counts_are_folded() -> None:
    tweet = tweets.post_tweet(author=UserFactory.create(), text="popular").tweet
    people = UserFactory.create_batch(10)
    done = Event()

    def fold_all_the_time() -> None:
        try:
            while not done.is_set():
                accounts.flush_counts()
        finally:
            connection.close()

    folders = [Thread(target=fold_all_the_time) for _ in range(2)]
    for folder in folders:
        folder.start()
    actions = [tweets.like, tweets.unlike, tweets.bookmark, tweets.unbookmark]
    works = [partial(action, user=user, tweet=tweet) for user in people for action in actions for _ in range(3)]
    changed = at_once(works[:100])
    done.set()
    for folder in folders:
        folder.join()
    fold()
    row = TweetCounts.objects.get(tweet=tweet)
    assert (row.like_count, row.bookmark_count) == (Like.objects.count(), Bookmark.objects.count())
    assert counts.drift()[1] == []
    assert any(changed)


def test_everybody_follows_and_unfollows_everybody_both_ways() -> None:
    people = UserFactory.create_batch(8)
    pairs = list(permutations(people, 2))
    at_once([partial(accounts.follow, follower=a, followee=b) for a, b in pairs])
    fold()
    assert set(User.objects.values_list("follower_count", "following_count")) == {(7, 7)}
    works = [partial(accounts.unfollow, follower=a, followee=b) for a, b in pairs]
    works += [partial(accounts.follow, follower=a, followee=b) for a, b in pairs[::2]]
    at_once(works)
    fold()
    assert counts.drift()[1] == []
    assert sum(User.objects.values_list("follower_count", flat=True)) == Follow.objects.count()


def test_one_follow_sent_many_times() -> None:
    ada, bob = UserFactory.create_batch(2)
    assert sum(at_once([lambda: accounts.follow(follower=ada, followee=bob)] * 20)) == 1
    fold()
    bob.refresh_from_db()
    assert bob.follower_count == Follow.objects.count() == 1


def test_one_form_sent_many_times_posts_once() -> None:
    ada = UserFactory.create()
    posted = at_once([lambda: tweets.post_tweet(author=ada, text="once", key="form-1")] * 20)
    assert [p.created for p in posted].count(True) == 1
    assert {p.tweet.pk for p in posted} == {Tweet.objects.get().pk}
    assert PostKey.objects.count() == 1
    fold()
    ada.refresh_from_db()
    assert ada.tweet_count == 1


def test_one_name_registered_many_times() -> None:
    def sign_up() -> set[str]:
        """The fields that were refused."""
        try:
            accounts.register(username="ada", email="ada@example.org", password="difference engine 1843")
        except ValidationError as refusal:
            return set(refusal.message_dict)
        return set()

    refused = at_once([sign_up] * 10)
    assert refused.count(set()) == 1
    # Who looked while the winner was committing may have seen one of the two taken and not yet the other.
    assert all(fields <= {"username", "email"} for fields in refused)
    assert User.objects.get().username == "ada"


def test_home_is_right_while_redis_is_emptied_again_and_again() -> None:
    author, *readers = UserFactory.create_batch(5)
    for reader in readers:
        accounts.follow(follower=reader, followee=author)
    for number in range(60):
        tweets.post_tweet(author=author, text=f"{number}")
    events.drain()
    done = Event()

    def empty() -> None:
        while not done.is_set():
            timelines().flushdb()

    def read(reader: User) -> set[tuple[int, ...]]:
        return {tuple(t.pk for t in home_page(reader, limit=50).results) for _ in range(10)}

    emptying = Thread(target=empty)
    emptying.start()
    try:
        pages = at_once([partial(read, reader) for reader in readers])
    finally:
        done.set()
        emptying.join()
    assert pages == [{tuple(pull(reader.pk, limit=50))} for reader in readers]


def test_a_cold_timeline_read_by_many_at_once_is_built_and_right() -> None:
    author, reader = UserFactory.create_batch(2)
    accounts.follow(follower=reader, followee=author)
    ids = [tweets.post_tweet(author=author, text=f"{n}").tweet.pk for n in range(30)][::-1]
    events.drain()
    timelines().flushdb()
    pages = at_once([lambda: [t.pk for t in home_page(reader, limit=50).results]] * 20)
    assert pages == [ids] * 20


def test_tweets_posted_while_timelines_are_built_are_not_lost() -> None:
    author, *readers = UserFactory.create_batch(7)
    for reader in readers:
        accounts.follow(follower=reader, followee=author)

    def post() -> None:
        for number in range(20):
            tweets.post_tweet(author=author, text=f"{number}")
            events.drain()

    def read_and_forget(reader: User) -> None:
        for _ in range(15):
            home_page(reader, limit=5)
            accounts.outdate_timeline(user_id=reader.pk)
        home_page(reader, limit=1)

    works: list[Callable[[], None]] = [post, *(partial(read_and_forget, reader) for reader in readers)]
    at_once(works)
    events.drain()
    for reader in readers:
        assert [t.pk for t in home_page(reader, limit=50).results] == pull(reader.pk)


def test_a_retweet_on_its_way_goes_with_the_tweet() -> None:
    """Whether the deletion and its clean-up come before or after the retweet's commit, none is left."""
    author, fan = UserFactory.create_batch(2)
    tweet = tweets.post_tweet(author=author, text="soon gone").tweet
    inserted, may_commit = Event(), Event()

    def pass_on() -> None:
        with transaction.atomic():
            tweets.retweet(user=fan, tweet=tweet)
            inserted.set()
            may_commit.wait(timeout=60)
        connection.close()

    def remove() -> None:
        tweets.delete_tweet(tweet=tweet, by=author)
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        retweeting = pool.submit(pass_on)
        inserted.wait(timeout=60)
        deleting = pool.submit(remove)
        wait([deleting], timeout=1)
        events.drain()
        may_commit.set()
        retweeting.result(timeout=60)
        deleting.result(timeout=60)
    events.drain()
    assert not Tweet.objects.filter(retweet_of=tweet).exists()
    with pytest.raises(ValidationError):
        tweets.retweet(user=fan, tweet=tweet)


def test_a_timeline_that_many_ask_for_at_once_is_built_once() -> None:
    author, reader = UserFactory.create_batch(2)
    accounts.follow(follower=reader, followee=author)
    posted = [tweets.post_tweet(author=author, text=f"{n}").tweet.pk for n in range(5)][::-1]
    reader.refresh_from_db()

    def read() -> tuple[list[int], int]:
        with CaptureQueriesContext(connection) as asked:
            page = home_page(reader, limit=10)
        built = sum("u.graph_version, ARRAY(" in query["sql"] for query in asked)
        return [card.pk for card in page.results], built

    for _ in range(10):
        store.drop(Kind.HOME, [reader.pk])
        found = at_once([read] * 8)
        assert [page for page, _ in found] == [posted] * 8
        assert sum(built for _, built in found) == 1
