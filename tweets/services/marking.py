"""Likes and bookmarks. What one may not see one cannot mark; a mark that is there can always be taken back."""

from django.core.exceptions import PermissionDenied
from django.db import connection
from psycopg import sql

from accounts.models import User
from socialgraph.rows import delete_where
from tweets.models import Bookmark, Like, Mark, Tweet
from tweets.selectors import may_see, seen_tweet

NOT_SHOWN = "This tweet was deleted, or is not shown to you."


def like(*, user: User, tweet: Tweet) -> bool:
    """Whether it is new."""
    return _mark(Like, user, tweet)


def unlike(*, user: User, tweet: Tweet) -> bool:
    """Whether there was a like to take back."""
    return _unmark(Like, user, tweet)


def bookmark(*, user: User, tweet: Tweet) -> bool:
    """Whether it is new."""
    return _mark(Bookmark, user, tweet)


def unbookmark(*, user: User, tweet: Tweet) -> bool:
    """Whether there was a bookmark to remove."""
    return _unmark(Bookmark, user, tweet)


def _mark(kind: type[Mark], user: User, tweet: Tweet) -> bool:
    """One statement, which asks itself whether the tweet may be seen."""
    seen, values = seen_tweet(user, tweet.pk)
    query = sql.SQL("INSERT INTO {} (user_id, tweet_id) SELECT %s, t.id {} ON CONFLICT DO NOTHING").format(
        sql.Identifier(kind._meta.db_table), sql.SQL(seen)
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [user.pk, *values])
        is_new = bool(cursor.rowcount)
    if not is_new and not may_see(user, tweet.pk):
        raise PermissionDenied(NOT_SHOWN)
    return is_new


def _unmark(kind: type[Mark], user: User, tweet: Tweet) -> bool:
    return delete_where(kind, user_id=user.pk, tweet_id=tweet.pk)
