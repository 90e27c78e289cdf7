"""What the fan-out promises whatever the sizes of its batches: each follower once, whoever dies meanwhile."""

import pytest
from pytest_django import Settings

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph import events
from socialgraph.models import OutboxEvent
from socialgraph.redis import timelines
from timelines import fan_out, store
from timelines.home import home_page
from timelines.store import Kind, Pushes
from tweets import services as tweets

pytestmark = pytest.mark.django_db(transaction=True)
FANS = 10


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def fans(ada: User) -> list[User]:
    """Have timelines, but for one more who has none."""
    fans = UserFactory.create_batch(FANS)
    for fan in [*fans, UserFactory.create()]:
        accounts.follow(follower=fan, followee=ada)
    for fan in fans:
        home_page(fan, limit=10)
    accounts.flush_counts()
    return fans


def post(author: User) -> int:
    return int(tweets.post_tweet(author=author, text="to all").tweet.pk)


def held(user: User) -> list[int]:
    return [int(tweet_id) for tweet_id in timelines().lrange(Kind.HOME.key(user.pk), 1, -1)]


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 10, 11, 12, 22, 1000])
def test_each_follower_gets_it_once_in_batches_of_any_size(
    ada: User, fans: list[User], settings: Settings, batch: int
) -> None:
    settings.FAN_OUT_BATCH = batch
    tweet_ids = [post(ada), post(ada)]
    events.drain()
    assert [held(fan) for fan in fans] == [tweet_ids] * FANS
    done = OutboxEvent.objects.filter(event="tweet_posted")
    assert [event.deliveries for event in done] == [FANS, FANS]
    assert all(event.done_at for event in done)


@pytest.mark.parametrize("batch", [1, 4, 6])
def test_who_takes_over_repeats_at_most_one_batch(
    ada: User, fans: list[User], settings: Settings, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """The first worker dies when answers of its second half batch are due: by then the third may be on its way."""
    settings.FAN_OUT_BATCH = batch
    landed, calls = Pushes.landed, []

    def die(pushes: Pushes) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise ConnectionResetError
        return landed(pushes)

    tweet_id = post(ada)
    with monkeypatch.context() as dying:
        dying.setattr(Pushes, "landed", die)
        assert events.drain() == 0
    half = OutboxEvent.objects.get(event="tweet_posted")
    assert half.deliveries == (batch + 1) // 2
    OutboxEvent.objects.update(lease_until=None)
    assert events.drain() == 1
    copies = [held(fan).count(tweet_id) for fan in fans]
    assert min(copies) == 1
    assert sum(copies) - FANS <= 2 * half.deliveries
    assert OutboxEvent.objects.get(event="tweet_posted").deliveries == FANS


def test_who_lost_the_lease_stops(ada: User, fans: list[User], settings: Settings) -> None:
    settings.FAN_OUT_BATCH = 2
    post(ada)
    [slow] = events.claim()
    OutboxEvent.objects.update(lease_until="2020-01-01T00:00Z")
    [quick] = events.claim()
    with pytest.raises(events.LeaseLost):
        fan_out.deliver(slow)
    assert OutboxEvent.objects.get(event="tweet_posted").progress == 0
    assert events.handle(quick)
    assert OutboxEvent.objects.get(event="tweet_posted").deliveries == FANS


def test_who_unfollowed_gets_nothing_and_who_followed_gets_it_at_once(ada: User, fans: list[User]) -> None:
    first = post(ada)
    events.drain()
    left, came = fans[0], UserFactory.create()
    home_page(came, limit=10)
    accounts.unfollow(follower=left, followee=ada)
    accounts.follow(follower=came, followee=ada)
    events.drain()
    home_page(came, limit=10)
    second = post(ada)
    events.drain()
    assert second not in held(left)
    assert held(came).count(second) == 1
    assert [held(fan) for fan in fans[1:]] == [[first, second]] * (FANS - 1)


def test_ranges_cut_an_audience_without_a_gap(ada: User, fans: list[User], settings: Settings) -> None:
    settings.FAN_OUT_RANGE, settings.FAN_OUT_BATCH = 4, 3
    tweet_id = post(ada)
    events.drain()
    ranges = OutboxEvent.objects.filter(event="tweet_range").order_by("id")
    assert [(part.payload["after"] == 0) for part in ranges] == [True, False, False]
    assert [part.payload["until"] for part in ranges][:-1] == [part.payload["after"] for part in ranges][1:]
    assert [held(fan) for fan in fans] == [[tweet_id]] * FANS


def test_a_small_fan_out_asks_little(ada: User, fans: list[User], django_assert_num_queries: object) -> None:
    post(ada)
    [claim] = events.claim()
    with django_assert_num_queries(3):  # type: ignore[operator]  # the author, the followers, the end with its figures
        events.handle(claim)


def test_a_list_that_is_none_fails_the_batch_and_says_so(ada: User, fans: list[User]) -> None:
    key = Kind.HOME.key(fans[3].pk)
    timelines().delete(key)
    timelines().set(key, "not a list")
    post(ada)
    assert events.drain() == 0
    event = OutboxEvent.objects.get(event="tweet_posted")
    assert "ResponseError" in event.last_error
    timelines().delete(key)
    OutboxEvent.objects.update(lease_until=None)
    assert events.drain() == 1
    assert store.push(Kind.HOME, [fans[0].pk], 1) == 1  # the connections are still good
