"""Reads of people and the follow graph."""

from collections.abc import Iterator
from itertools import pairwise

from django.db import connection

from accounts.models import Follow, User


def user_named(username: str) -> User | None:
    """One query."""
    return User.objects.filter(username__iexact=username, is_active=True).first()


def is_following(viewer: User, author: User) -> bool:
    """One query."""
    return Follow.objects.filter(follower=viewer, followee=author).exists()


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
