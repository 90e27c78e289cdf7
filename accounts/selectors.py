"""Reads of people and the follow graph."""

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise

from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.functions import Collate, Lower

from accounts.models import Follow, User
from socialgraph.pagination import Page


def user_named(username: str, *, closed_too: bool = False) -> User | None:
    """One query. A closed account is found only by those who ask for it: whoever follows it may stop."""
    user = User.objects.filter(username__iexact=username).first()
    return user if user is None or user.is_active or closed_too else None


def is_following(viewer: User, author: User) -> bool:
    """One query."""
    return Follow.objects.filter(follower=viewer, followee=author).exists()


def followed_among(viewer: User, user_ids: Iterable[int]) -> set[int]:
    """Whom of these the viewer follows; one query."""
    return set(Follow.objects.filter(follower=viewer, followee__in=user_ids).values_list("followee_id", flat=True))


def followers(followee: User, *, cursor: int | None, limit: int) -> Page[Follow]:
    """The latest first, each with its `follower`; the cursor is the follow's id. One query."""
    follows = Follow.objects.filter(followee=followee, follower__is_active=True).select_related("follower")
    return _page_of(follows.order_by("-id"), cursor, limit)


def followees(follower: User, *, cursor: int | None, limit: int) -> Page[Follow]:
    """The latest first, each with its `followee`; the cursor is the follow's id. One query."""
    follows = Follow.objects.filter(follower=follower, followee__is_active=True).select_related("followee")
    return _page_of(follows.order_by("-id"), cursor, limit)


def _page_of(follows: QuerySet[Follow], cursor: int | None, limit: int) -> Page[Follow]:
    if cursor is not None:
        follows = follows.filter(id__lt=cursor)
    return Page.of(list(follows[: limit + 1]), limit)


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
