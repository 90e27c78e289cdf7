"""Two do something to each other at the same moment: one after the other, whoever is first, and never half of each."""

from collections.abc import Callable
from functools import partial
from itertools import permutations
from threading import Event, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from accounts import services
from accounts.models import Block, Follow, FollowRequest, User
from accounts.tests.factories import UserFactory
from socialgraph import counts, events
from socialgraph.models import OutboxEvent
from socialgraph.tests.test_races import at_once, fold
from tweets.models import Tweet
from tweets.services import post_tweet

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = range(10)


def follow_if_allowed(follower: User, followee: User) -> bool:
    try:
        return services.follow(follower=follower, followee=followee)
    except PermissionDenied:
        return False


def recorded(event: str) -> int:
    return OutboxEvent.objects.filter(event=event).count()


@pytest.mark.parametrize("protected", [False, True])
def test_follow_and_block(protected: bool) -> None:
    for _ in ROUNDS:
        ada, bob = UserFactory.create(), UserFactory.create(protected=protected)
        at_once(
            [
                partial(follow_if_allowed, ada, bob),
                partial(services.block, blocker=bob, blocked=ada),
                partial(follow_if_allowed, ada, bob),
            ]
        )
        assert Block.objects.filter(blocker=bob, blocked=ada).exists()
    assert not Follow.objects.exists()
    assert not FollowRequest.objects.exists()
    assert recorded("followed") == recorded("unfollowed")
    assert recorded("follow_requested") == recorded("follow_request_cancelled")


def test_approve_and_cancel() -> None:
    for _ in ROUNDS:
        ada, bob = UserFactory.create(), UserFactory.create(protected=True)
        services.follow(follower=ada, followee=bob)
        approved, cancelled = at_once(
            [
                partial(services.approve_request, followee=bob, follower=ada),
                partial(services.cancel_request, follower=ada, followee=bob),
            ]
        )
        assert approved is not cancelled
        assert Follow.objects.filter(follower=ada, followee=bob).exists() is approved
    assert not FollowRequest.objects.exists()
    assert recorded("follow_approved") + recorded("follow_request_cancelled") == len(ROUNDS)


@pytest.mark.parametrize("protected", [False, True])
def test_two_follows(protected: bool) -> None:
    for _ in ROUNDS:
        ada, bob = UserFactory.create(), UserFactory.create(protected=protected)
        done = at_once([partial(services.follow, follower=ada, followee=bob)] * 4)
        assert sorted(done) == [False, False, False, True]
    assert (FollowRequest if protected else Follow)._default_manager.count() == len(ROUNDS)
    assert recorded("follow_requested" if protected else "followed") == len(ROUNDS)


def test_each_blocks_the_other() -> None:
    for _ in ROUNDS:
        ada, bob = UserFactory.create_batch(2)
        services.follow(follower=ada, followee=bob)
        services.follow(follower=bob, followee=ada)
        assert all(at_once([partial(services.block, blocker=a, blocked=b) for a, b in ((ada, bob), (bob, ada))]))
    assert not Follow.objects.exists()
    assert recorded("unfollowed") == 2 * len(ROUNDS)


def test_blocks_in_a_ring_while_counts_are_folded() -> None:
    """Each ends two follows, and so writes two people's rows, as the flusher does: nobody waits in a circle."""
    people = UserFactory.create_batch(6)
    done = Event()

    def fold_all_the_time() -> None:
        try:
            while not done.is_set():
                services.flush_counts()
        finally:
            connection.close()

    folder = Thread(target=fold_all_the_time)
    folder.start()
    try:
        for _ in range(3):
            for a, b in permutations(people, 2):
                follow_if_allowed(a, b)
            at_once([partial(services.block, blocker=a, blocked=b) for a, b in permutations(people, 2) if a.pk > b.pk])
            assert not Follow.objects.exists()
            for a, b in permutations(people, 2):
                services.unblock(blocker=a, blocked=b)
    finally:
        done.set()
        folder.join()
    fold()
    assert counts.drift()[1] == []


def test_no_request_waits_at_an_account_that_is_open() -> None:
    """Who asks while the account opens either follows, or is among those that the opening lets in."""
    star = UserFactory.create(protected=True)
    people = UserFactory.create_batch(12)
    works = [partial(services.follow, follower=person, followee=star) for person in people]
    at_once([*works[:6], partial(services.protect, user=star, protected=False), *works[6:]])
    events.drain()
    assert Follow.objects.filter(followee=star).count() == 12
    assert not FollowRequest.objects.exists()


def test_two_accounts_open_to_the_same_people() -> None:
    """In opposite orders: the people's rows are still locked in one order."""
    people = UserFactory.create_batch(30)
    stars = UserFactory.create_batch(2, protected=True)
    for star, order in zip(stars, (people, people[::-1]), strict=True):
        for person in order:
            services.follow(follower=person, followee=star)
        services.protect(user=star, protected=False)
    done = at_once([partial(services.approve_waiting, followee_id=star.pk, limit=100) for star in stars])
    assert done == [30, 30]
    assert Follow.objects.count() == 60


def test_protect_and_post() -> None:
    """Each post is counted as the account is in the end, whether it came before the change or after it."""
    reader = UserFactory.create()
    root = post_tweet(author=reader, text="Question?").tweet
    for protected in (True, False) * 3:
        author = UserFactory.create(protected=not protected)
        works: list[Callable[[], object]] = [
            partial(post_tweet, author=author, text=f"{n}", reply_to=root) for n in range(6)
        ]
        change: Callable[[], object] = partial(services.protect, user=author, protected=protected)
        at_once([*works[:3], change, *works[3:]])
        events.drain()
        assert set(Tweet.objects.filter(author=author).values_list("is_protected", flat=True)) == {protected}
    fold()
    assert counts.drift()[1] == []
    root.counts.refresh_from_db()
    assert root.counts.reply_count == 18
