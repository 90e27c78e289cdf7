"""Writes to how people relate. Each is one transaction and says whether it changed anything.

What two people do to each other at the same moment happens one after the other: each write locks the pair, and nobody
else, so a popular account is never waited for; who follows shares the followee's lock, which only opening or protecting
the account takes for itself. Locks are taken in this order: author, pair, rows of users by id.
`accounts.relationships` says which writes are possible when.
"""

import datetime as dt

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from accounts.models import Block, FollowRequest, Mute, MutedWord, User
from accounts.muting import fold
from accounts.relationships import TRANSITIONS, Action, Relationship, State
from accounts.selectors import relationship
from socialgraph import events
from socialgraph.rows import delete_where, insert_if_absent, share_lock, take_lock


@transaction.atomic
def follow(*, follower: User, followee: User) -> bool:
    """Follow an open account, ask a protected one. The follower's next home read includes the earlier tweets.

    Raises ValidationError for oneself, PermissionDenied when one of the two blocks the other.
    """
    if follower.pk == followee.pk:
        raise ValidationError("You cannot follow yourself.")
    known = _locked(follower, followee, keeps_open=True)
    if known.is_blocking:
        raise PermissionDenied(f"You blocked @{followee.username}. Unblock them first.")
    if known.is_blocked_by:
        raise PermissionDenied(f"You cannot follow @{followee.username}.")
    action = Action.REQUEST if known.is_protected else Action.FOLLOW
    return _move(follower.pk, followee.pk, known.state, action)


@transaction.atomic
def unfollow(*, follower: User, followee: User) -> bool:
    """Ends a follow, or takes back the request for one."""
    return _move(follower.pk, followee.pk, _locked(follower, followee).state, Action.UNFOLLOW)


@transaction.atomic
def cancel_request(*, follower: User, followee: User) -> bool:
    return _move(follower.pk, followee.pk, _locked(follower, followee).state, Action.CANCEL)


@transaction.atomic
def approve_request(*, followee: User, follower: User) -> bool:
    """Whether there was a request. The follower's next home read includes the earlier tweets."""
    return _move(follower.pk, followee.pk, _locked(follower, followee).state, Action.APPROVE)


@transaction.atomic
def reject_request(*, followee: User, follower: User) -> bool:
    """The one who asked is not told, and may ask again."""
    return _move(follower.pk, followee.pk, _locked(follower, followee).state, Action.REJECT)


@transaction.atomic
def remove_follower(*, followee: User, follower: User) -> bool:
    """The follower is not told, and may follow (or ask) again."""
    return _move(follower.pk, followee.pk, _locked(follower, followee).state, Action.REMOVE)


@transaction.atomic
def block(*, blocker: User, blocked: User) -> bool:
    """Ends follows and requests in both directions; from now on neither sees the other."""
    if blocker.pk == blocked.pk:
        raise ValidationError("You cannot block yourself.")
    known = _locked(blocker, blocked)
    if not insert_if_absent(Block, blocker_id=blocker.pk, blocked_id=blocked.pk):
        return False
    ends = [(blocker.pk, blocked.pk, known.state), (blocked.pk, blocker.pk, known.reversed_state)]
    for follower_id, followee_id, state in sorted(ends, key=lambda end: end[0]):  # the order of their rows' locks
        _move(follower_id, followee_id, state, Action.BLOCK)
    events.record("blocked", blocker_id=blocker.pk, blocked_id=blocked.pk)
    return True


@transaction.atomic
def unblock(*, blocker: User, blocked: User) -> bool:
    """What the block has ended stays ended."""
    _locked(blocker, blocked)
    if not _deleted(Block, blocker_id=blocker.pk, blocked_id=blocked.pk):
        return False
    events.record("unblocked", blocker_id=blocker.pk, blocked_id=blocked.pk)
    return True


@transaction.atomic
def mute(*, muter: User, muted: User, until: dt.datetime | None = None) -> bool:
    """Whether anything changed: muting again moves the end. The muted one is not told."""
    if muter.pk == muted.pk:
        raise ValidationError("You cannot mute yourself.")
    _check_future(until)
    _, is_new = Mute.objects.get_or_create(muter=muter, muted=muted, defaults={"expires_at": until})
    if not is_new and not Mute.objects.filter(muter=muter, muted=muted).exclude(expires_at=until).update(
        expires_at=until
    ):
        return False
    events.record("muted", muter_id=muter.pk, muted_id=muted.pk)
    return True


@transaction.atomic
def unmute(*, muter: User, muted: User) -> bool:
    """Whether there was a mute that had not ended."""
    known = relationship(muter, muted)
    _deleted(Mute, muter_id=muter.pk, muted_id=muted.pk)
    if known.is_muting:
        events.record("unmuted", muter_id=muter.pk, muted_id=muted.pk)
    return known.is_muting


@transaction.atomic
def mute_word(*, user: User, word: str, until: dt.datetime | None = None) -> MutedWord:
    """Muting the same word again moves the end. Raises ValidationError with a message under `word` or `until`."""
    _check_future(until)
    folded = fold(word)
    if not folded.strip("#@"):
        raise ValidationError({"word": "Write the word that you do not want to read."})
    muted = MutedWord(user=user, word=folded, expires_at=until)
    muted.clean_fields(exclude=["user"])
    take_lock("muted words", user.pk)
    MutedWord.objects.filter(user=user, expires_at__lte=timezone.now()).delete()  # they are shown nowhere
    if not MutedWord.objects.filter(user=user, word=folded).update(expires_at=until):
        if MutedWord.objects.filter(user=user).count() >= settings.MUTED_WORDS_MAX:
            raise ValidationError({"word": f"You mute {settings.MUTED_WORDS_MAX} words. Remove one first."})
        muted.save(force_insert=True)
    return MutedWord.objects.get(user=user, word=folded)


def unmute_word(*, user: User, word_id: int) -> bool:
    """Whether there was such a word of this user's."""
    return _deleted(MutedWord, user_id=user.pk, id=word_id)


@transaction.atomic
def protect(*, user: User, protected: bool) -> bool:
    """Whether it changed. Who may read is asked at every read, so it holds at once, for earlier tweets too.

    The public counts on what others wrote, and, when the account opens, the requests that wait, follow by the event
    `protection_changed`.
    """
    take_lock("author", user.pk)  # a tweet that is being posted is posted under one of the two
    changed = User.objects.filter(pk=user.pk).exclude(protected=protected)
    if not changed.update(protected=protected, updated_at=timezone.now()):
        return False
    user.protected = protected
    events.record("protection_changed", user_id=user.pk)
    return True


@transaction.atomic
def approve_waiting(*, followee_id: int, limit: int) -> int:
    """Let up to `limit` requests to an account that is open again become follows; returns how many there were."""
    share_lock("author", followee_id)
    requests = FollowRequest.objects.filter(followee_id=followee_id, followee__protected=False)
    waiting = list(requests.select_related("follower", "followee").order_by("id")[:limit])
    for request in sorted(waiting, key=lambda request: request.follower_id):  # the order of their rows' locks
        approve_request(followee=request.followee, follower=request.follower)
        _deleted(FollowRequest, id=request.pk)  # of who follows already, which approving leaves alone
    return len(waiting)


_OUTDATE = "UPDATE users SET graph_version = graph_version + 1 WHERE id = %(follower_id)s"
_INSERT = "INSERT INTO {} (follower_id, followee_id) VALUES (%(follower_id)s, %(followee_id)s) ON CONFLICT DO NOTHING"
_DELETE = "DELETE FROM {} WHERE follower_id = %(follower_id)s AND followee_id = %(followee_id)s"


def outdate_timeline(*, user_id: int) -> None:
    """The stored home timeline of this user no longer holds all it should: the next read rebuilds it.

    A number in PostgreSQL and not a deletion in Redis, so that a Redis that is away for a moment cannot serve the old.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OUTDATE, {"follower_id": user_id})


def _locked(actor: User, other: User, *, keeps_open: bool = False) -> Relationship:
    """How the two stand, which stays so until the transaction ends.

    `keeps_open`: whether the other account is protected stays so too, or a request would reach one that has just
    opened, and wait there.
    """
    take_lock("pair", *sorted((actor.pk, other.pk)), shared=("author", other.pk) if keeps_open else None)
    return relationship(actor, other)


def _move(follower_id: int, followee_id: int, state: State, action: Action) -> bool:
    """Carry out the transition of the follower's state towards the followee, if the table has one."""
    transition = TRANSITIONS.get((state, action))
    if transition is None:
        return False
    writes = []
    if state is State.REQUESTED:
        writes += [_DELETE.format("follow_requests")]
    if state in (State.FOLLOWING, State.MUTUAL):
        writes += [_DELETE.format("follows"), _OUTDATE]
    if transition.to is State.REQUESTED:
        writes += [_INSERT.format("follow_requests")]
    if transition.to is State.FOLLOWING:
        writes += [_INSERT.format("follows"), _OUTDATE]
    events.record_with(writes, transition.event, follower_id=follower_id, followee_id=followee_id)
    return True


def _deleted(model: type[Model], **ids: int) -> bool:
    """Django's delete would first read the rows to see what hangs on them, and nothing does."""
    return delete_where(model, **ids)


def _check_future(until: dt.datetime | None) -> None:
    if until is not None and until <= timezone.now():
        raise ValidationError({"until": "Choose a moment that is still to come."})
