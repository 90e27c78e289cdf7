"""Reads of people and the follow graph."""

import datetime as dt
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Value
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

CLOSED = "closed"
"""In `User.preferences` of an account that is being erased."""


def is_closed(user_id: int) -> bool:
    """Whether there is such an account that shall be erased, and nobody has reactivated it."""
    return User.objects.filter(pk=user_id, is_active=False, preferences__has_key=CLOSED).exists()


def erased_after(user: User) -> dt.datetime | None:
    """When an account that was left for good is erased, unless its owner comes back; no query."""
    seconds = user.preferences.get(ERASE_AFTER)
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)


def rows_erased(user: User) -> int | None:
    """Of an account that is being erased: how many rows are gone already. None of any other. At most one query."""
    if user.is_active or CLOSED not in user.preferences:
        return None
    closing = OutboxEvent.objects.filter(done_at=None, event="account_closed", payload__user_id=user.pk)
    event = closing.order_by("-pk").first()
    return event.payload.get("erased", 0) + event.progress if event else 0


_RELATIONSHIPS = """
SELECT o.id, EXISTS(SELECT 1 FROM follows WHERE follower_id = %(viewer)s AND followee_id = o.id),
    EXISTS(SELECT 1 FROM follow_requests WHERE follower_id = %(viewer)s AND followee_id = o.id),
    EXISTS(SELECT 1 FROM follows WHERE follower_id = o.id AND followee_id = %(viewer)s),
    EXISTS(SELECT 1 FROM follow_requests WHERE follower_id = o.id AND followee_id = %(viewer)s),
    EXISTS(SELECT 1 FROM blocks WHERE blocker_id = %(viewer)s AND blocked_id = o.id),
    EXISTS(SELECT 1 FROM blocks WHERE blocker_id = o.id AND blocked_id = %(viewer)s),
    m.id IS NOT NULL, m.expires_at, o.protected
FROM users o
LEFT JOIN mutes m ON m.muter_id = %(viewer)s AND m.muted_id = o.id
    AND (m.expires_at IS NULL OR m.expires_at > clock_timestamp())
WHERE o.id = ANY(%(others)s)
"""


def relationship(viewer: User | None, other: User) -> Relationship:
    """How the two stand; a visitor is a stranger to everybody. One query, or none for a visitor and oneself."""
    return relationships(viewer, [other])[other.pk]


def relationships(viewer: User | None, others: Iterable[User]) -> dict[int, Relationship]:
    """How the viewer stands to each, by id. One query, or none where nobody has to be looked up."""
    found = {other.pk: Relationship(is_protected=other.protected) for other in others}
    if viewer is None:
        return found
    if viewer.pk in found:
        found[viewer.pk] = replace(found[viewer.pk], is_self=True)
    sought = [user_id for user_id in found if user_id != viewer.pk]
    if sought:
        with connection.cursor() as cursor:
            cursor.execute(_RELATIONSHIPS, {"viewer": viewer.pk, "others": sought})
            found |= {other_id: Relationship(*row) for other_id, *row in cursor.fetchall()}
    return found


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
    blocks = Block.objects.filter(blocker=blocker, blocked__is_active=True).select_related("blocked")
    return _page_of(blocks.order_by("-id"), cursor, limit)


def mutes_of(muter: User, *, cursor: int | None, limit: int) -> Page[Mute]:
    """Those that have not ended, the latest first, each with its `muted`; the cursor is the mute's id. One query."""
    mutes = Mute.objects.filter(_has_not_ended(), muter=muter, muted__is_active=True).select_related("muted")
    return _page_of(mutes.order_by("-id"), cursor, limit)


def muted_words_of(user: User) -> list[MutedWord]:
    """Those that have not ended, the latest first; one query. There are at most MUTED_WORDS_MAX."""
    return list(MutedWord.objects.filter(_has_not_ended(), user=user).order_by("-id"))


def _has_not_ended() -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=Now())


def followers(followee: User, viewer: User | None, *, cursor: int | None, limit: int) -> Page[Follow]:
    """The latest first, each with its `follower`; the cursor is the follow's id. One query.

    Without those from whom a block parts the viewer, whoever made it. Ask `relationship(…).may_read` before.
    """
    # A range of one: told that it is equal, PostgreSQL takes the followee out of the order, and for somebody with one
    # in twenty of all follows walks the primary key, past everybody else's, until it has a page.
    only = Follow.objects.filter(followee__gte=followee.pk, followee__lte=followee.pk, follower__is_active=True)
    follows = _met(only.select_related("follower"), viewer, "follower_id")
    return _page_of(follows.order_by("followee_id", "-id"), cursor, limit)


def followees(follower: User, viewer: User | None, *, cursor: int | None, limit: int) -> Page[Follow]:
    """As `followers`, each with its `followee`."""
    follows = Follow.objects.filter(follower=follower, followee__is_active=True).select_related("followee")
    return _page_of(_met(follows, viewer, "followee_id").order_by("-id"), cursor, limit)


def _met(rows: QuerySet[Row], viewer: User | None, person: str) -> QuerySet[Row]:
    """Those about whom no block stands between the viewer and the one whom the column names."""
    if viewer is None:
        return rows
    made = Block.objects.filter(blocker=viewer, blocked=OuterRef(person))
    suffered = Block.objects.filter(blocker=OuterRef(person), blocked=viewer)
    return rows.filter(~Exists(made), ~Exists(suffered))


def waiting_requests(followee: User, *, limit: int) -> int:
    """How many ask to follow, counted up to `limit`. One query, or none for an account that everybody can follow."""
    if not followee.protected:
        return 0
    return FollowRequest.objects.filter(followee=followee, follower__is_active=True)[:limit].count()


def _page_of(rows: QuerySet[Row], cursor: int | None, limit: int) -> Page[Row]:
    if cursor is not None:
        rows = rows.filter(id__lt=cursor)
    return Page.of(list(rows[: limit + 1]), limit)


def people_starting_with(prefix: str, viewer: User | None, *, limit: int) -> list[User]:
    """Active users whose name, or shown name, begins so, whatever the case: names first, each in alphabetical order.

    Nobody from whom a block parts the viewer. A leading @ is of no account. Two queries, each the first rows of a range
    of an index.
    """
    sought = unicodedata.normalize("NFC", prefix).strip().removeprefix("@").strip()
    if not sought:
        return []
    found: dict[int, User] = {}
    for column in ("username", "display_name"):
        folded = Collate(Lower(column), "C")
        begin = User.objects.alias(folded=folded).filter(folded__startswith=Lower(Value(sought)), is_active=True)
        users = _met(begin.order_by("folded"), viewer, "pk")[:limit]
        found |= {user.pk: user for user in users if user.pk not in found}
    return list(found.values())[:limit]


def follower_batches(followee_id: int, after: int, until: int | None, size: int) -> Iterator[tuple[int, list[str]]]:
    """(last follow id, follower ids as text) in batches of `size`, in the order of their follows, one query a batch.

    Starts behind the follow id `after` and ends with `until`. An index-only walk of `follows_followers`, whose result
    is one value: as rows it took this process more time than PostgreSQL.
    """
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT max(id), string_agg(follower_id::text, ' '), count(*) FROM"
                " (SELECT id, follower_id FROM follows WHERE followee_id = %s AND id > %s AND id <= %s"
                "  ORDER BY id LIMIT %s) batch",
                [followee_id, after, until if until is not None else 2**63 - 1, size],
            )
            last, follower_ids, count = cursor.fetchone()
        if not count:
            return
        after = last
        yield after, follower_ids.split(" ")
        if count < size:
            return


def follow_ranges(followee_id: int, size: int) -> Iterator[tuple[int, int]]:
    """The followers cut into (after, until] ranges of follow ids with `size` followers each; one query a range."""
    after = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT max(id) FROM (SELECT id FROM follows WHERE followee_id = %s AND id > %s"
                " ORDER BY id LIMIT %s) range",
                [followee_id, after, size],
            )
            [until] = cursor.fetchone()
            if until is None:
                return
            yield after, until
            after = until
