"""Erasing what a closed account has posted and marked, in steps as those of `accounts.services.erasing`.

Nothing of others goes but what is empty without it: their marks on erased tweets, and their retweets of them. Their
answers and quotes stay, and an answer keeps its place in its conversation: `thread_path` and `conversation` name what
was above it.
"""

from collections.abc import Sequence

from django.db import connection, transaction

from socialgraph import events
from socialgraph.rows import clear_some, delete_some, take_lock
from tweets.services.media import remove_media_of_owner

OWN = (
    *(("post_keys", "author_id"), ("drafts", "author_id"), ("likes", "user_id"), ("bookmarks", "user_id")),
    ("bookmark_folders", "user_id"),
)
ON_TWEETS = ("likes", "bookmarks", "tweets_history", "post_keys", "media", "tweet_counts")
"""What goes with a tweet, by `tweet_id`."""
GONE = "What you answered or quoted was deleted."


@transaction.atomic
def erase_own(*, user_id: int, limit: int) -> int:
    take_lock("erasing", user_id)
    for table, column in OWN:
        if gone := delete_some(table, column, [user_id], limit):
            return gone
    return remove_media_of_owner(owner_id=user_id, limit=limit)


@transaction.atomic
def forget_reports(*, user_id: int, limit: int) -> int:
    """Reports by and about the account stay, with the name that it had."""
    take_lock("erasing", user_id)
    return clear_some("reports", "reporter_id", [user_id], limit) or clear_some(
        "reports", "person_id", [user_id], limit
    )


@transaction.atomic
def erase_tweets(*, user_id: int, limit: int) -> int:
    """The newest first, so that what answers or quotes the author's own goes before that or with it.

    A tweet with a million likes takes many steps before its own: each takes up to `limit` of what hangs on the next
    `limit` tweets, and when nothing does, the tweets.
    """
    take_lock("erasing", user_id)
    ids = _ids("SELECT id FROM tweets WHERE author_id = %s ORDER BY id DESC LIMIT %s", [user_id, limit])
    return (_loosen(ids, user_id, limit) or _delete(ids)) if ids else 0


def _loosen(ids: list[int], author_id: int, limit: int) -> int:
    for table in ("likes", "bookmarks"):
        if gone := delete_some(table, "tweet_id", ids, limit):
            return gone
    if retweets := _ids("SELECT id FROM tweets WHERE retweet_of_id = ANY(%s) LIMIT %s", [ids, limit]):
        return _delete(retweets)
    for column in ("reply_to_id", "quote_of_id"):
        if loosened := _loosen_answers(column, ids, author_id, limit) or _stop_drafts(column, ids, limit):
            return loosened
    return clear_some("reports", "tweet_id", ids, limit)


def _loosen_answers(column: str, ids: list[int], author_id: int, limit: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE tweets SET {column} = NULL WHERE id = ANY(ARRAY(SELECT id FROM tweets"  # nosec B608 # made of constants
            f" WHERE {column} = ANY(%s) AND author_id <> %s LIMIT %s))",
            [ids, author_id, limit],
        )
        return int(cursor.rowcount)


def _stop_drafts(column: str, ids: list[int], limit: int) -> int:
    """Without what it answers a draft would say something else, so it waits for its author."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE drafts SET {column} = NULL, due_at = NULL, refusal = %s WHERE id = ANY(ARRAY"  # nosec B608 # made of constants
            f"(SELECT id FROM drafts WHERE {column} = ANY(%s) LIMIT %s))",
            [GONE, ids, limit],
        )
        return int(cursor.rowcount)


def _ids(query: str, values: Sequence[int | list[int]]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [row[0] for row in cursor.fetchall()]


def _delete(ids: list[int]) -> int:
    """Tweets with what is left on them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT media FROM tweets_history WHERE tweet_id = ANY(%s) AND media <> '[]'", [ids])
        names = {picture["name"] for (pictures,) in cursor.fetchall() for picture in pictures}
        for table in ON_TWEETS:
            cursor.execute(f"DELETE FROM {table} WHERE tweet_id = ANY(%s)", [ids])  # nosec B608 # made of constants
        cursor.execute("DELETE FROM tweets WHERE id = ANY(%s)", [ids])
        deleted = int(cursor.rowcount)
    if names:
        events.record("files_released", names=sorted(names))
    return deleted
