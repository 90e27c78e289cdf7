"""The check finds what is wrong in Redis, and takes nothing for wrong that is only late."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection

from accounts import services as accounts
from accounts.models import User
from accounts.tests.factories import UserFactory
from socialgraph import events
from socialgraph.models import OutboxEvent
from socialgraph.redis import timelines
from timelines import checking, store
from timelines.checking import Difference, differences, viewer_ids, wait_for_deliveries, walk
from timelines.home import home_page
from timelines.pull import pull
from timelines.rebuild import build_active
from timelines.store import MAX_ID, Kind
from tweets import services as tweets

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada() -> User:
    return UserFactory.create(username="ada")


@pytest.fixture
def bob(ada: User) -> User:
    """Follows Ada and has a timeline."""
    bob = UserFactory.create(username="bob")
    accounts.follow(follower=bob, followee=ada)
    build_active()
    return bob


def post(author: User, count: int = 1) -> list[int]:
    """Delivered; newest first."""
    ids = [tweets.post_tweet(author=author, text=f"{n}").tweet.pk for n in range(count)]
    events.drain()
    return ids[::-1]


def check(*viewers: User, page_size: int = 2, looks: int = 3) -> list[Difference | None]:
    return list(differences([viewer.pk for viewer in viewers], page_size, looks))


def in_a_moment(action: Callable[[], object]) -> threading.Thread:
    def act() -> None:
        time.sleep(0.3)
        try:
            action()
        finally:
            connection.close()

    thread = threading.Thread(target=act)
    thread.start()
    return thread


@pytest.mark.parametrize("page_size", [1, 2, 50])
def test_true_timelines_pass(ada: User, bob: User, page_size: int) -> None:
    post(ada, 5)
    assert check(ada, bob, page_size=page_size) == [None, None]


def test_a_tweet_that_is_not_in_the_list_is_missing(ada: User, bob: User) -> None:
    lost = post(ada, 5)[2]
    timelines().lrem(Kind.HOME.key(bob.pk), 0, str(lost))
    assert check(ada, bob) == [None, Difference("bob", [lost], [], "", is_pending=False)]


def test_what_wrong_pages_show_is_found(ada: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    newest, middle, oldest = post(ada, 3)
    foreign = post(UserFactory.create())[0]

    def wrong(shown: list[int], trouble: str = "") -> Difference | None:
        monkeypatch.setattr(checking, "walk", lambda *args: (shown, trouble))
        return check(bob)[0]

    assert wrong([newest, middle, oldest]) is None
    assert wrong([newest, middle, middle, oldest]) == Difference("bob", [], [middle], "", False)
    assert wrong([foreign, newest, middle, oldest]) == Difference("bob", [], [foreign], "", False)
    assert wrong([middle, newest, oldest]) == Difference("bob", [], [], "not in descending order", False)
    assert wrong([newest, middle, oldest], "a page of 1 before the end") is not None


def test_pages_that_are_short_before_the_end_are_trouble(ada: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    newest, older, *_ = post(ada, 5)

    def short(viewer: User, *, before: int | None = None, limit: int):  # type: ignore[no-untyped-def]  # as home_page
        page = home_page(viewer, before=before, limit=limit)
        return type(page)(page.results[:2], page.next)

    monkeypatch.setattr(checking, "home_page", short)
    assert walk(bob, 3, MAX_ID) == ([newest, older], "a page of 2 before the end")


def test_tweets_that_are_posted_during_the_check_do_not_count(
    ada: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(ada, 3)

    def post_before_pulling(viewer_id: int, *, before: int | None = None) -> list[int]:
        tweets.post_tweet(author=ada, text="not delivered to Bob")
        return pull(viewer_id, before=before)

    monkeypatch.setattr(checking, "pull", post_before_pulling)
    assert check(ada, bob, looks=1) == [None, None]


def test_what_was_not_delivered_is_pending_and_not_wrong(ada: User, bob: User) -> None:
    late = tweets.post_tweet(author=ada, text="late").tweet.pk
    assert check(bob) == [Difference("bob", [late], [], "", is_pending=True)]


def test_what_was_lost_is_wrong_also_beside_what_is_pending(ada: User, bob: User) -> None:
    lost = post(ada)[0]
    timelines().lrem(Kind.HOME.key(bob.pk), 0, str(lost))
    late = tweets.post_tweet(author=ada, text="late").tweet.pk
    assert check(bob) == [Difference("bob", [late, lost], [], "", is_pending=False)]


def test_what_is_delivered_while_the_check_waits_is_right(ada: User, bob: User) -> None:
    tweets.post_tweet(author=ada, text="late")
    worker = in_a_moment(events.drain)
    assert check(bob, looks=20) == [None]
    worker.join()


def test_a_follow_during_the_check_is_looked_at_again(ada: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    carol = UserFactory.create()
    post(carol, 3)

    def follow_before_pulling(viewer_id: int, *, before: int | None = None) -> list[int]:
        accounts.follow(follower=bob, followee=carol)
        return pull(viewer_id, before=before)

    monkeypatch.setattr(checking, "pull", follow_before_pulling)
    assert check(bob) == [None]


def test_a_deletion_during_the_check_is_looked_at_again(ada: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    tweet = tweets.post_tweet(author=ada, text="gone soon").tweet
    events.drain()
    OutboxEvent.objects.all().delete()

    def delete_before_pulling(viewer_id: int, *, before: int | None = None) -> list[int]:
        tweets.delete_tweet(tweet=tweet, by=ada)
        return pull(viewer_id, before=before)

    monkeypatch.setattr(checking, "pull", delete_before_pulling)
    assert check(bob) == [None]


def test_the_timelines_of_inactive_people_do_not_stay(ada: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(last_active_on="2020-01-01")
    assert check(ada, bob) == [None, None]
    [hers, his] = store.read(Kind.HOME, [ada.pk, bob.pk])
    assert hers is not None
    assert his is None


def test_samples_are_drawn_by_seed() -> None:
    ids = sorted(user.pk for user in UserFactory.create_batch(30))
    assert viewer_ids() == viewer_ids(sample=30) == viewer_ids(sample=99) == ids
    assert viewer_ids(sample=5, seed=1) == viewer_ids(sample=5, seed=1) != viewer_ids(sample=5, seed=2)
    assert viewer_ids(sample=5, seed=1) == sorted(set(viewer_ids(sample=5, seed=1)))


def test_waiting_ends_with_the_last_delivery(ada: User, bob: User) -> None:
    assert wait_for_deliveries() == 0
    tweets.post_tweet(author=ada, text="late")
    worker = in_a_moment(events.drain)
    assert wait_for_deliveries() == 0
    worker.join()


def test_waiting_ends_when_nothing_moves(ada: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "STALL_SECONDS", 0.2)
    tweets.post_tweet(author=ada, text="late")
    assert wait_for_deliveries() == 1
