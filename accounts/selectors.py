"""Reads of people and the follow graph."""

import datetime as dt
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TypeVar

from django.db import connection
from django.db.models import Model, Q, QuerySet, Value
from django.db.models.functions import Collate, Lower, Now

from accounts.models import Block, Follow, FollowRequest, Mute, MutedWord, User
from accounts.relationships import Relationship
from socialgraph.models import OutboxEvent
from socialgraph.pagination import Page

Row = TypeVar("Row", bound=Model)


def user_named(username: str, *, closed_too: bool = False) -> User | None:
    """One query. A closed account is found only by those who ask for it: whoever follows it may stop."""
    user = User.objects.filter(username__iexact=username).first()
    return user if user is None or user.is_active or closed_too else None


ERASE_AFTER = "erase_after"
"""In `User.preferences` of who left for good: seconds since 1970, from when on the account is erased."""


def erased_after(user: User) -> dt.datetime | None:
    """When an account that was left for good is erased, unless its owner comes back; no query."""
    seconds = user.preferences.get(ERASE_AFTER)
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)


def rows_erased(user: User) -> int | None:
    """Of an account that is being erased: how many rows are gone already. None of any other. One query."""
    closing = OutboxEvent.objects.filter(done_at=None, event="account_closed", payload__user_id=user.pk)
    event = closing.order_by("-pk").first()
    return None if event is None or user.is_active else event.payload.get("erased", 0) + event.progress


def is_following(viewer: User, author: User) -> bool:
    """One query."""
    return Follow.objects.filter(follower=viewer, followee=author).exists()


def followed_among(viewer: User, user_ids: Iterable[int]) -> set[int]:
    """Whom of these the viewer follows; one query."""
    return set(Follow.objects.filter(follower=viewer, followee__in=user_ids).values_list("followee_id", flat=True))


_RELATIONSHIP = """
SELECT EXISTS(SELECT 1 FROM follows WHERE follower_id = %(viewer)s AND followee_id = o.id),
    EXISTS(SELECT 1 FROM follow_requests WHERE follower_id = %(viewer)s AND followee_id = o.id),
    EXISTS(SELECT 1 FROM follows WHERE follower_id = o.id AND followee_id = %(viewer)s),
    EXISTS(SELECT 1 FROM follow_requests WHERE follower_id = o.id AND followee_id = %(viewer)s),
    EXISTS(SELECT 1 FROM blocks WHERE blocker_id = %(viewer)s AND blocked_id = o.id),
    EXISTS(SELECT 1 FROM blocks WHERE blocker_id = o.id AND blocked_id = %(viewer)s),
    m.id IS NOT NULL, m.expires_at, o.protected
FROM users o
LEFT JOIN mutes m ON m.muter_id = %(viewer)s AND m.muted_id = o.id
    AND (m.expires_at IS NULL OR m.expires_at > clock_timestamp())
WHERE o.id = %(other)s
"""


def relationship(viewer: User | None, other: User) -> Relationship:
    """How the two stand; a visitor is a stranger to everybody. One query, or none for a visitor and oneself."""
    if viewer is None:
        return Relationship(is_protected=other.protected)
    if viewer.pk == other.pk:
        return Relationship(is_self=True, is_protected=other.protected)
    with connection.cursor() as cursor:
        cursor.execute(_RELATIONSHIP, {"viewer": viewer.pk, "other": other.pk})
        row = cursor.fetchone()
    return Relationship(*row) if row else Relationship()


def requests_to(followee: User, *, cursor: int | None, limit: int) -> Page[FollowRequest]:
    """Who asks to follow, the latest first, each with its `follower`; the cursor is the request's id. One query."""
    requests = FollowRequest.objects.filter(followee=followee, follower__is_active=True).select_related("follower")
    return _page_of(requests.order_by("-id"), cursor, limit)


def requests_by(follower: User, *, cursor: int | None, limit: int) -> Page[FollowRequest]:
    """Whom the user has asked, the latest first, each with its `followee`; the cursor is the request's id."""
    requests = FollowRequest.objects.filter(follower=follower, followee__is_active=True).select_related("followee")
    return _page_of(requests.order_by("-id"), cursor, limit)


def blocks_of(blocker: User, *, cursor: int | None, limit: int) -> Page[Block]:
    """The latest first, each with its `blocked`; the cursor is the block's id. One query."""
    blocks = Block.objects.filter(blocker=blocker).select_related("blocked")
    return _page_of(blocks.order_by("-id"), cursor, limit)


def mutes_of(muter: User, *, cursor: int | None, limit: int) -> Page[Mute]:
    """Those that have not ended, the latest first, each with its `muted`; the cursor is the mute's id. One query."""
    mutes = Mute.objects.filter(_has_not_ended(), muter=muter).select_related("muted")
    return _page_of(mutes.order_by("-id"), cursor, limit)


def muted_words_of(user: User) -> list[MutedWord]:
    """Those that have not ended, the latest first; one query. There are at most MUTED_WORDS_MAX."""
    return list(MutedWord.objects.filter(_has_not_ended(), user=user).order_by("-id"))


def _has_not_ended() -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=Now())


def followers(followee: User, *, cursor: int | None, limit: int) -> Page[Follow]:
    """The latest first, each with its `follower`; the cursor is the follow's id. One query."""
    follows = Follow.objects.filter(followee=followee, follower__is_active=True).select_related("follower")
    return _page_of(follows.order_by("-id"), cursor, limit)


def followees(follower: User, *, cursor: int | None, limit: int) -> Page[Follow]:
    """The latest first, each with its `followee`; the cursor is the follow's id. One query."""
    follows = Follow.objects.filter(follower=follower, followee__is_active=True).select_related("followee")
    return _page_of(follows.order_by("-id"), cursor, limit)


def _page_of(rows: QuerySet[Row], cursor: int | None, limit: int) -> Page[Row]:
    if cursor is not None:
        rows = rows.filter(id__lt=cursor)
    return Page.of(list(rows[: limit + 1]), limit)


def people_starting_with(prefix: str, *, limit: int) -> list[User]:
    """Active users whose name, or shown name, begins so, whatever the case: names first, each in alphabetical order.

    A leading @ is of no account. Two queries, each the first rows of a range of an index.
    """
    sought = unicodedata.normalize("NFC", prefix).strip().removeprefix("@").strip()
    if not sought:
        return []
    found: dict[int, User] = {}
    for column in ("username", "display_name"):
        folded = Collate(Lower(column), "C")
        users = User.objects.alias(folded=folded).filter(folded__startswith=Lower(Value(sought)), is_active=True)
        found |= {user.pk: user for user in users.order_by("folded")[:limit] if user.pk not in found}
    return list(found.values())[:limit]


def follower_batches(followee_id: int, after: int, until: int | None, size: int) -> Iterator[tuple[int, list[int]]]:
    """(last follow id, follower ids) in batches of `size`, in the order of their follows, one query a batch.

    Starts behind the follow id `after` and ends with `until`. An index-only walk of `follows_followers`.
    """
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, follower_id FROM follows WHERE followee_id = %s AND id > %s AND id <= %s"
                " ORDER BY id LIMIT %s",
                [followee_id, after, until if until is not None else 2**63 - 1, size],
            )
            rows = cursor.fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield after, [follower_id for _, follower_id in rows]
        if len(rows) < size:
            return


def follow_ranges(followee_id: int, size: int) -> list[tuple[int, int]]:
    """The followers cut into (after, until] ranges of follow ids with about `size` followers each; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS total"
            " FROM follows WHERE followee_id = %s) placed WHERE place %% %s = 0 OR place = total ORDER BY id",
            [followee_id, size],
        )
        ends = [0, *(row[0] for row in cursor.fetchall())]
    return list(pairwise(ends))
