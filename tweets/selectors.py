"""Reads of tweets, each with a fixed number of queries."""

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BooleanField, JSONField, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL

from accounts.models import User
from tweets.models import Tweet

# Raw, because this is the query of every page, and building Exists(queryset) costs Django more than the rest of it.
_MENTIONED_NAMES = "ARRAY(SELECT lower(u.username) FROM users u WHERE u.id = ANY(tweets.mentions))"
_PICTURES = (
    "CASE WHEN tweets.media_count > 0 THEN (SELECT jsonb_agg(jsonb_build_object("
    "'name', m.file, 'width', m.width, 'height', m.height, 'alt', m.alt) ORDER BY m.position)"
    " FROM media m WHERE m.tweet_id = tweets.id) END"
)
_REPLIED_TO = (
    "CASE WHEN tweets.reply_to_id IS NOT NULL THEN (SELECT u.username FROM tweets p JOIN users u ON u.id = p.author_id"
    " WHERE p.id = tweets.reply_to_id AND p.deleted_at IS NULL) END"
)
_LIKED = "EXISTS(SELECT 1 FROM likes l WHERE l.user_id = %s AND l.tweet_id = tweets.id)"
_BOOKMARKED = "EXISTS(SELECT 1 FROM bookmarks b WHERE b.user_id = %s AND b.tweet_id = tweets.id)"


def cards(viewer: User | None) -> "QuerySet[Tweet]":
    """Tweets that are not deleted, with all that a card shows, in one query however many there are.

    Adds `author`, `counts`, `known_mentions` (lower-cased names of mentioned users), `pictures` (a list of the fields
    of `Picture`, or None), `replied_to` (the name of whom it answers, or None), and the viewer's `liked` and
    `bookmarked`.
    """
    return (
        Tweet.objects.filter(deleted_at=None)
        .select_related("author", "counts")
        .annotate(
            known_mentions=RawSQL(_MENTIONED_NAMES, [], output_field=ArrayField(TextField())),  # nosec B611 # made of constants
            pictures=RawSQL(_PICTURES, [], output_field=JSONField()),  # nosec B611 # made of constants
            replied_to=RawSQL(_REPLIED_TO, [], output_field=TextField()),  # nosec B611 # made of constants
            liked=_is_marked(_LIKED, viewer),
            bookmarked=_is_marked(_BOOKMARKED, viewer),
        )
    )


# A CTE that stops: replies are older upwards, and the depth is bounded, so neither a loop nor a long thread costs more.
_ANCESTORS = """
WITH RECURSIVE up (id, reply_to_id, depth) AS (
    SELECT id, reply_to_id, 1 FROM tweets WHERE id = %(start)s
    UNION ALL
    SELECT t.id, t.reply_to_id, up.depth + 1 FROM up JOIN tweets t ON t.id = up.reply_to_id WHERE up.depth < %(limit)s
)
SELECT id FROM up ORDER BY depth DESC
"""


def ancestors(tweet: Tweet, *, limit: int) -> list[int]:
    """Ids of what the tweet answers, directly and through others, the farthest first, deleted ones too; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_ANCESTORS, {"start": tweet.reply_to_id, "limit": limit})
        return [row[0] for row in cursor.fetchall()]


def _is_marked(condition: str, viewer: User | None) -> RawSQL | Value:
    if viewer is None:
        return Value(False, output_field=BooleanField())
    return RawSQL(condition, [viewer.pk], output_field=BooleanField())  # nosec B611 # made of constants
