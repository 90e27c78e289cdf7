"""The seams of the home timeline: floor, celebrities, following, own tweets, a Redis that is away."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from knox.models import get_token_model
from pytest_django import Settings
from redis.connection import AbstractConnection

from accounts import services as accounts
from accounts.models import Celebrity, User
from accounts.tests.factories import UserFactory
from socialgraph import events
from socialgraph.models import OutboxEvent
from socialgraph.pagination import decode_cursor
from socialgraph.redis import timelines
from timelines import rebuild, store
from timelines.home import home_page, visit
from timelines.pull import pull
from timelines.store import Kind
from timelines.tests.site import logged_in
from tweets import services as tweets
from tweets.models import Tweet

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def bob(ada: User) -> User:
    """Follows Ada."""
    bob = UserFactory.create(username="bob")
    accounts.follow(follower=bob, followee=ada)
    return bob


def post(author: User, count: int = 1) -> list[int]:
    """Newest first."""
    return [tweets.post_tweet(author=author, text=f"{n}").tweet.pk for n in range(count)][::-1]


def home(viewer: User, size: int = 50) -> list[int]:
    """All pages of the home timeline."""
    page = home_page(viewer, limit=size)
    ids = [tweet.pk for tweet in page.results]
    while page.next:
        page = home_page(viewer, before=decode_cursor(page.next), limit=size)
        ids += [tweet.pk for tweet in page.results]
    return ids


def make_celebrity(author: User) -> None:
    User.objects.filter(pk=author.pk).update(celebrity=Celebrity.YES, crossings=1)


def test_an_empty_timeline_is_kept_and_gets_what_is_posted(ada: User, bob: User) -> None:
    assert home(bob) == []
    assert timelines().llen(Kind.HOME.key(bob.pk)) == 1
    [tweet_id] = post(ada)
    events.drain()
    assert timelines().lrange(Kind.HOME.key(bob.pk), 1, -1) == [str(tweet_id).encode()]
    assert home(bob) == [tweet_id]


def test_own_tweets_are_there_before_any_worker_ran(ada: User) -> None:
    assert home(ada) == []
    [tweet_id] = post(ada)
    assert home(ada) == [tweet_id]


def test_a_timeline_that_missed_an_own_tweet_is_rebuilt(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home(ada) == []
    with monkeypatch.context() as away:
        away.setattr("django.conf.settings.TIMELINES_URL", "redis://127.0.0.1:1/0")
        [tweet_id] = post(ada)
        assert home(ada) == [tweet_id]  # from PostgreSQL
    assert home(ada) == [tweet_id]  # the server is back, with the old list in it


def test_following_and_unfollowing_show_on_the_next_read(ada: User, bob: User) -> None:
    eve = UserFactory.create()
    of_ada, of_eve = post(ada, 2), post(eve, 2)
    events.drain()
    assert home(bob) == of_ada
    accounts.follow(follower=bob, followee=eve)
    assert home(bob) == of_eve + of_ada
    accounts.unfollow(follower=bob, followee=ada)
    assert home(bob) == of_eve
    accounts.follow(follower=bob, followee=ada)
    assert home(bob) == of_eve + of_ada


def test_a_tweet_delivered_after_the_unfollow_is_not_shown(ada: User, bob: User) -> None:
    home(bob)
    accounts.unfollow(follower=bob, followee=ada)
    home(bob)
    [tweet_id] = post(ada)
    store.push(Kind.HOME, [bob.pk], tweet_id)  # by a worker that had read the followers before
    assert home(bob) == []


def test_deleted_tweets_are_gone_and_the_page_is_refilled(ada: User, bob: User) -> None:
    ids = post(ada, 6)
    events.drain()
    assert home(bob) == ids
    for tweet in Tweet.objects.filter(pk__in=ids[:3]):
        tweets.delete_tweet(tweet=tweet, by=ada)
    page = home_page(bob, limit=2)
    assert [tweet.pk for tweet in page.results] == ids[3:5]
    assert page.next is not None
    assert home(bob, size=2) == ids[3:]


@pytest.mark.parametrize("size", [1, 3, 50])
def test_pages_go_on_below_the_floor(ada: User, bob: User, settings: Settings, size: int) -> None:
    settings.TIMELINE_LENGTH, settings.TIMELINE_SLACK = 5, 1
    home(bob)
    ids = post(ada, 20)
    events.drain()
    [stored] = store.read(Kind.HOME, [bob.pk])
    assert stored is not None
    assert stored.floor > 0
    assert len(stored.ids) <= 6
    assert home(bob, size) == ids


def test_celebrities_are_merged_and_not_pushed(ada: User, bob: User) -> None:
    make_celebrity(ada)
    eve = UserFactory.create()
    accounts.follow(follower=bob, followee=eve)
    home(bob)
    mixed = [post(author)[0] for author in (ada, eve, ada, eve)][::-1]
    events.drain()
    assert [int(i) for i in timelines().lrange(Kind.HOME.key(bob.pk), 1, -1)] == [mixed[2], mixed[0]]
    assert home(bob) == home(bob, 1) == mixed
    assert sum(OutboxEvent.objects.values_list("deliveries", flat=True)) == 2


def test_a_page_is_complete_only_above_every_merged_floor(ada: User, bob: User, settings: Settings) -> None:
    settings.AUTHOR_LIST_LENGTH = 2
    make_celebrity(ada)
    eve = UserFactory.create()
    accounts.follow(follower=bob, followee=eve)
    ids = [post(author)[0] for author in (ada, eve, ada, ada, eve, ada)][::-1]
    events.drain()
    assert home(bob) == home(bob, 2) == ids


def test_crossing_up_and_down_loses_and_doubles_nothing(ada: User, bob: User, settings: Settings) -> None:
    ids = post(ada, 2)
    events.drain()
    home(bob)
    accounts.flush_counts()
    settings.CELEBRITY_FOLLOWER_COUNT = 1
    accounts.flag_celebrities()
    ids = post(ada, 2) + ids
    events.drain()
    assert home(bob) == ids
    settings.CELEBRITY_FOLLOWER_COUNT = 100
    accounts.flag_celebrities()
    assert home(bob) == ids  # leaving: still merged
    ids = post(ada, 2) + ids
    events.drain()
    ada.refresh_from_db()
    assert ada.celebrity == Celebrity.NO
    assert home(bob) == ids


def test_who_is_leaving_is_pushed_and_merged(ada: User, bob: User) -> None:
    """A timeline that is rebuilt while the others are still being dropped gets what is posted from then on."""
    User.objects.filter(pk=ada.pk).update(celebrity=Celebrity.LEAVING, crossings=2)
    assert home(bob) == []
    [tweet_id] = post(ada)
    events.drain()
    assert timelines().lrange(Kind.HOME.key(bob.pk), 1, -1) == [str(tweet_id).encode()]
    assert home(bob) == [tweet_id]


def test_large_audiences_are_split_into_ranges(ada: User, settings: Settings) -> None:
    settings.FAN_OUT_RANGE, settings.FAN_OUT_BATCH = 4, 3
    fans = UserFactory.create_batch(10)
    for fan in fans:
        accounts.follow(follower=fan, followee=ada)
        home(fan)
    accounts.flush_counts()
    [tweet_id] = post(ada)
    events.drain()
    ranges = OutboxEvent.objects.filter(event="tweet_range").order_by("id")
    assert [event.deliveries for event in ranges] == [4, 4, 2]
    assert all(timelines().lrange(Kind.HOME.key(fan.pk), 1, -1) == [str(tweet_id).encode()] for fan in fans)


def test_inactive_users_get_no_pushes_and_find_everything_on_return(ada: User, bob: User) -> None:
    ids = post(ada, 3)
    events.drain()
    assert timelines().exists(Kind.HOME.key(bob.pk)) == 0
    assert sum(OutboxEvent.objects.values_list("deliveries", flat=True)) == 0
    assert home(bob) == ids


def test_while_another_builds_the_page_comes_from_postgresql(
    ada: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "WAIT_SECONDS", 0.0)
    ids = post(ada, 3)
    assert store.begin(Kind.HOME, bob.pk)
    assert home(bob, 2) == ids
    assert home(bob) == ids


def test_no_redis_at_all(ada: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = post(ada, 5)
    monkeypatch.setattr("django.conf.settings.TIMELINES_URL", "redis://127.0.0.1:1/0")
    assert home(bob, 2) == ids
    bob.last_active_on = None
    visit(bob)  # says so in the log and goes on


@pytest.mark.parametrize("count", [1, 50])
def test_a_warm_page_takes_one_query(ada: User, bob: User, count: int) -> None:
    post(ada, count)
    events.drain()
    home(bob)
    with CaptureQueriesContext(connection) as queries:
        page = home_page(bob, limit=50)
        assert [(card.author_id, card.counts.like_count) for card in page.results] == [(ada.pk, 0)] * count
    assert len(queries) == 1


def test_pull_agrees_with_a_hand_made_timeline(ada: User, bob: User) -> None:
    eve = UserFactory.create()
    of_ada, _, of_bob = post(ada, 2), post(eve, 2), post(bob, 1)
    assert pull(bob.pk) == of_bob + of_ada
    assert pull(bob.pk, before=of_bob[0], limit=1) == of_ada[:1]
    assert pull(eve.pk) == pull(eve.pk, limit=2)


@pytest.mark.parametrize("path", ["/?limit=50", "/api/users/{}/timeline?limit=50"])
def test_a_warm_page_asks_redis_no_more_than_three_times(
    ada: User, bob: User, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With session or rate limit, and with a celebrity whose posts are merged in."""
    celebrity = UserFactory.create()
    accounts.follow(follower=bob, followee=celebrity)
    User.objects.filter(pk=celebrity.pk).update(celebrity=Celebrity.YES)
    post(ada, 20)
    post(celebrity, 20)
    events.drain()
    browser = logged_in(bob)
    token = get_token_model().objects.create(bob)[1]
    address, headers = path.format(bob.pk), {"Authorization": f"Token {token}"} if "api" in path else {}
    for _ in range(3):  # a page each to find the celebrity, to build the lists, and to keep the cards
        browser.get(address, headers=headers)
    sent: list[object] = []
    send = AbstractConnection.send_packed_command

    def counted(self: AbstractConnection, *args: Any, **options: Any) -> None:
        sent.append(args)
        send(self, *args, **options)  # type: ignore[no-untyped-call]  # of redis

    monkeypatch.setattr(AbstractConnection, "send_packed_command", counted)
    page = browser.get(address, headers=headers).content
    assert page.count(b'"like_count"' if "api" in path else b'class="card"') == 40
    assert 0 < len(sent) <= 3
