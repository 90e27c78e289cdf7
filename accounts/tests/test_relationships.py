"""The follow state machine against the database: every state, every action, what is left and what is recorded.

What is expected is written here by hand, apart from the table that the services go by.
"""

import datetime as dt
from collections.abc import Callable
from itertools import product

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import services
from accounts.models import Block, Follow, FollowRequest, Mute, User
from accounts.relationships import EVENTS, TRANSITIONS, Action, Relationship, State
from accounts.selectors import relationship
from accounts.tests.factories import UserFactory
from socialgraph.models import OutboxEvent

pytestmark = pytest.mark.django_db

STATES = ["stranger", "requested", "following", "mutual"]
ACCOUNTS = ["open", "protected"]
ACTIONS: dict[str, Callable[[User, User], object]] = {
    "follow": lambda me, them: services.follow(follower=me, followee=them),
    "unfollow": lambda me, them: services.unfollow(follower=me, followee=them),
    "cancel": lambda me, them: services.cancel_request(follower=me, followee=them),
    "approve": lambda me, them: services.approve_request(followee=them, follower=me),
    "reject": lambda me, them: services.reject_request(followee=them, follower=me),
    "remove": lambda me, them: services.remove_follower(followee=them, follower=me),
    "block": lambda me, them: services.block(blocker=me, blocked=them),
    "be blocked": lambda me, them: services.block(blocker=them, blocked=me),
    "unblock": lambda me, them: services.unblock(blocker=me, blocked=them),
    "be unblocked": lambda me, them: services.unblock(blocker=them, blocked=me),
    "mute": lambda me, them: services.mute(muter=me, muted=them),
    "unmute": lambda me, them: services.unmute(muter=me, muted=them),
}
EXPECTED = """
state     account   follow                        unfollow                            cancel                              approve                    reject                   remove
stranger  open      following:followed            -                                   -                                   -                          -                        -
stranger  protected requested:follow_requested    -                                   -                                   -                          -                        -
requested open      following:followed            stranger:follow_request_cancelled   stranger:follow_request_cancelled   following:follow_approved  stranger:follow_rejected -
requested protected -                             stranger:follow_request_cancelled   stranger:follow_request_cancelled   following:follow_approved  stranger:follow_rejected -
following open      -                             stranger:unfollowed                 -                                   -                          -                        stranger:follower_removed
following protected -                             stranger:unfollowed                 -                                   -                          -                        stranger:follower_removed
mutual    open      -                             stranger:unfollowed                 -                                   -                          -                        stranger:follower_removed
mutual    protected -                             stranger:unfollowed                 -                                   -                          -                        stranger:follower_removed
"""  # noqa: E501 # a table
HEAD, *ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
CASES = [(row[0], row[1], action, cell) for row in ROWS for action, cell in zip(HEAD[2:], row[2:], strict=True)]


def stand(state: str, account: str) -> tuple[User, User]:
    """(I, they): I stand so towards them, whose account is as said. Nothing is in the outbox."""
    me, them = UserFactory.create_batch(2)
    if state == "requested":
        FollowRequest.objects.create(follower=me, followee=them)
    if state in ("following", "mutual"):
        Follow.objects.create(follower=me, followee=them)
    if state == "mutual":
        Follow.objects.create(follower=them, followee=me)
    User.objects.filter(pk=them.pk).update(protected=account == "protected")
    return me, them


def state_of(me: User, them: User) -> str:
    """As the rows say, of which no two may contradict each other."""
    follows = Follow.objects.filter(follower=me, followee=them).exists()
    asks = FollowRequest.objects.filter(follower=me, followee=them).exists()
    assert not (follows and asks)
    if follows:
        return "mutual" if Follow.objects.filter(follower=them, followee=me).exists() else "following"
    return "requested" if asks else "stranger"


def recorded() -> list[tuple[str, dict[str, int]]]:
    return [(row.event, row.payload) for row in OutboxEvent.objects.order_by("id")]


def version(user: User) -> int:
    return User.objects.values_list("graph_version", flat=True).get(pk=user.pk)


def test_the_table_of_this_test_is_whole() -> None:
    assert {(state, account) for state, account, *_ in ROWS} == set(product(STATES, ACCOUNTS))
    assert len(TRANSITIONS) == 14
    assert {state.name.lower() for state in State} == set(STATES)
    assert {action.name for action in Action} == {name.upper() for name in HEAD[2:]} | {"REQUEST", "BLOCK"}


@pytest.mark.parametrize(("state", "account", "action", "expected"), CASES)
def test_each_action_in_each_state(state: str, account: str, action: str, expected: str) -> None:
    me, them = stand(state, account)
    changed = ACTIONS[action](me, them)
    after, _, event = expected.partition(":")
    pair = {"follower_id": me.pk, "followee_id": them.pk}
    assert changed is (expected != "-")
    assert recorded() == ([(event, pair)] if event else [])
    assert state_of(me, them) == (after if event else state)
    is_back = Follow.objects.filter(follower=them, followee=me).exists()
    assert is_back is (state == "mutual")
    moved = event in ("followed", "follow_approved", "unfollowed", "follower_removed")
    assert (version(me), version(them)) == (int(moved), 0)
    assert ACTIONS[action](me, them) is False, "once more changes nothing"


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("by", ["me", "them"])
def test_a_block_ends_what_was_between_the_two(state: str, account: str, by: str) -> None:
    me, them = stand(state, account)
    blocker, blocked = (me, them) if by == "me" else (them, me)
    assert services.block(blocker=blocker, blocked=blocked) is True
    assert services.block(blocker=blocker, blocked=blocked) is False
    mine, theirs = ({"follower_id": a.pk, "followee_id": b.pk} for a, b in ((me, them), (them, me)))
    ended = {
        "stranger": [],
        "requested": [("follow_request_cancelled", mine)],
        "following": [("unfollowed", mine)],
        "mutual": [("unfollowed", mine), ("unfollowed", theirs)],
    }[state]
    *ends, last = recorded()
    assert ends == ended, "in the order of ids"
    assert last == ("blocked", {"blocker_id": blocker.pk, "blocked_id": blocked.pk})
    assert state_of(me, them) == state_of(them, me) == "stranger"
    assert not Follow.objects.exists()
    assert not FollowRequest.objects.exists()


def test_a_block_ends_the_request_of_the_blocked_one_too() -> None:
    me, them = stand("stranger", "open")
    User.objects.filter(pk=me.pk).update(protected=True)
    services.follow(follower=them, followee=me)
    services.block(blocker=me, blocked=them)
    assert not FollowRequest.objects.exists()


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("flag", ["block", "be blocked"])
@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_each_action_while_a_block_stands(flag: str, account: str, action: str) -> None:
    me, them = stand("stranger", account)
    ACTIONS[flag](me, them)
    OutboxEvent.objects.all().delete()
    if action == "follow":
        told = "Unblock them first" if flag == "block" else "You cannot follow"
        with pytest.raises(PermissionDenied, match=told):
            ACTIONS[action](me, them)
        with pytest.raises(PermissionDenied):
            services.follow(follower=them, followee=me)
        assert recorded() == []
    else:
        does = {"block": "unblock", "be blocked": "be unblocked"}[flag]
        other = {"block": "be blocked", "be blocked": "block"}[flag]
        changes = {does: "unblocked", other: "blocked", "mute": "muted"}
        assert ACTIONS[action](me, them) is (action in changes)
        assert [event for event, _ in recorded()] == ([changes[action]] if action in changes else [])
        assert Block.objects.count() == {does: 0, other: 2}.get(action, 1)
    assert state_of(me, them) == "stranger"


@pytest.mark.parametrize(("state", "account"), [*product(STATES, ACCOUNTS)])
@pytest.mark.parametrize("action", HEAD[2:])
def test_a_mute_changes_nothing_of_it(state: str, account: str, action: str) -> None:
    me, them = stand(state, account)
    services.mute(muter=me, muted=them)
    services.mute(muter=them, muted=me)
    before = recorded()
    assert [event for event, _ in before] == ["muted", "muted"]
    [expected] = [cell for s, a, name, cell in CASES if (s, a, name) == (state, account, action)]
    assert ACTIONS[action](me, them) is (expected != "-")
    assert state_of(me, them) == (state if expected == "-" else expected.partition(":")[0])
    assert Mute.objects.count() == 2


def test_an_account_that_opens_lets_in_who_asks_again() -> None:
    me, them = stand("stranger", "protected")
    services.follow(follower=me, followee=them)
    services.protect(user=them, protected=False)
    assert services.follow(follower=me, followee=them) is True
    assert state_of(me, them) == "following"


def test_who_follows_keeps_following_an_account_that_closes() -> None:
    me, them = stand("following", "open")
    assert services.protect(user=them, protected=True) is True
    assert them.protected
    assert services.protect(user=them, protected=True) is False
    assert state_of(me, them) == "following"
    assert relationship(me, them).may_read
    assert recorded() == [("protection_changed", {"user_id": them.pk})]


@pytest.mark.parametrize("action", ["follow", "block", "mute"])
def test_nobody_does_it_to_themselves(action: str) -> None:
    me = UserFactory.create()
    with pytest.raises(ValidationError, match="yourself"):
        ACTIONS[action](me, me)


def test_what_one_knows_of_another() -> None:
    me, them = stand("mutual", "protected")
    until = timezone.now() + dt.timedelta(days=1)
    services.mute(muter=me, muted=them, until=until)
    known = relationship(me, User.objects.get(pk=them.pk))
    assert known == Relationship(
        follows=True, is_followed_by=True, is_muting=True, muted_until=until, is_protected=True
    )
    assert (known.state, known.reversed_state) == (State.MUTUAL, State.MUTUAL)
    services.block(blocker=them, blocked=me)
    seen_by_me, seen_by_them = relationship(me, them), relationship(them, me)
    assert (seen_by_me.is_blocked_by, seen_by_me.is_blocking) == (True, False)
    assert (seen_by_them.is_blocked_by, seen_by_them.is_blocking) == (False, True)
    assert not seen_by_me.may_read
    assert not seen_by_them.may_read
    assert seen_by_me.state is State.STRANGER
    visitor = relationship(None, User.objects.get(pk=them.pk))
    assert (visitor.is_protected, visitor.may_read) == (True, False)


@pytest.mark.parametrize("account", ACCOUNTS)
def test_everybody_may_read_what_they_wrote_themselves(account: str) -> None:
    me = UserFactory.create(protected=account == "protected")
    assert relationship(me, me).may_read


def test_asking_is_not_following() -> None:
    me, them = stand("requested", "protected")
    known = relationship(me, User.objects.get(pk=them.pk))
    assert known.state is State.REQUESTED
    assert relationship(them, me).reversed_state is State.REQUESTED
    assert not known.may_read


def test_a_mute_that_has_ended_is_none() -> None:
    me, them = stand("stranger", "open")
    Mute.objects.create(muter=me, muted=them, expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert not relationship(me, them).is_muting
    assert services.mute(muter=me, muted=them) is True
    assert relationship(me, them).is_muting
    assert services.mute(muter=me, muted=them) is False
    assert services.mute(muter=me, muted=them, until=timezone.now() + dt.timedelta(hours=1)) is True
    assert services.unmute(muter=me, muted=them) is True
    assert services.unmute(muter=me, muted=them) is False


def test_unmuting_what_has_ended_changes_nothing() -> None:
    me, them = stand("stranger", "open")
    Mute.objects.create(muter=me, muted=them, expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert services.unmute(muter=me, muted=them) is False
    assert not Mute.objects.exists()
    assert recorded() == []


def test_a_mute_ends_in_the_future() -> None:
    me, them = stand("stranger", "open")
    with pytest.raises(ValidationError) as refused:
        services.mute(muter=me, muted=them, until=timezone.now())
    assert list(refused.value.message_dict) == ["until"]
    assert not Mute.objects.exists()


def test_every_event_of_the_table_was_seen() -> None:
    seen = {cell.partition(":")[2] for *_, cell in CASES} - {""}
    assert sorted(seen) == EVENTS


def test_requests_that_wait_are_let_in_when_the_account_is_open() -> None:
    them = UserFactory.create(protected=True)
    people = UserFactory.create_batch(5)
    for person in people:
        services.follow(follower=person, followee=them)
    assert services.approve_waiting(followee_id=them.pk, limit=9) == 0
    services.protect(user=them, protected=False)
    assert [services.approve_waiting(followee_id=them.pk, limit=3) for _ in range(3)] == [3, 2, 0]
    assert Follow.objects.filter(followee=them).count() == 5
    assert not FollowRequest.objects.exists()


def test_a_request_beside_a_follow_does_not_wait_for_ever() -> None:
    """No service leaves both, but rows are also loaded from files."""
    me, them = stand("following", "open")
    FollowRequest.objects.create(follower=me, followee=them)
    assert services.approve_waiting(followee_id=them.pk, limit=9) == 1
    assert services.approve_waiting(followee_id=them.pk, limit=9) == 0


def test_following_is_three_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """Locks, how the two stand, and the writes with their event; beside the savepoint of this test's transaction."""
    me, them = UserFactory.create_batch(2)
    for change in (services.follow, services.unfollow):
        with django_assert_num_queries(3 + 2):
            assert change(follower=me, followee=them)
        with django_assert_num_queries(2 + 2):
            assert not change(follower=me, followee=them)
