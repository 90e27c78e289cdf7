"""Reads of tweets, each with a fixed number of queries."""

from collections.abc import Iterable, Sequence

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BooleanField, JSONField, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL

from accounts.models import User
from accounts.visibility import Condition, is_muted_by, is_seen_by
from tweets.models import Tweet

# Raw, because this is the query of every page, and building Exists(queryset) costs Django more than the rest of it.
_MENTIONED_NAMES = "ARRAY(SELECT lower(u.username) FROM users u WHERE u.id = ANY(tweets.mentions) AND u.is_active)"


def _pictures(tweet: str) -> str:
    """A list of the images of the alias `tweet`, or null."""
    return (
        f"CASE WHEN {tweet}.media_count > 0 THEN (SELECT jsonb_agg(jsonb_build_object("  # nosec B608 # made of constants
        "'id', m.id, 'name', m.file, 'thumbnail', m.thumbnail, 'placeholder', m.placeholder, 'width', m.width,"
        f" 'height', m.height, 'alt', m.alt) ORDER BY m.position) FROM media m WHERE m.tweet_id = {tweet}.id) END"
    )


# OFFSET 0: where many cards are expected, PostgreSQL would else read everything that the viewer ever marked, once.
LIKED = "EXISTS(SELECT 1 FROM likes l WHERE l.user_id = %s AND l.tweet_id = tweets.id OFFSET 0)"
BOOKMARKED = "EXISTS(SELECT 1 FROM bookmarks b WHERE b.user_id = %s AND b.tweet_id = tweets.id OFFSET 0)"
RETWEETED = (
    "EXISTS(SELECT 1 FROM tweets r WHERE r.author_id = %s AND r.retweet_of_id = tweets.id AND r.deleted_at IS NULL"
    " OFFSET 0)"
)


def marked_among(tweets: str) -> tuple[str, str, str]:
    """Which of the SQL array `tweets` the reader `%(reader)s` liked, retweeted and bookmarked, as arrays of ids."""
    return (
        f"ARRAY(SELECT l.tweet_id FROM likes l WHERE l.user_id = %(reader)s AND l.tweet_id = ANY({tweets}))",  # nosec B608 # made of constants
        "ARRAY(SELECT r.retweet_of_id FROM tweets r WHERE r.author_id = %(reader)s"  # nosec B608 # made of constants
        f" AND r.retweet_of_id = ANY({tweets}) AND r.deleted_at IS NULL)",
        f"ARRAY(SELECT b.tweet_id FROM bookmarks b WHERE b.user_id = %(reader)s AND b.tweet_id = ANY({tweets}))",  # nosec B608 # made of constants
    )


def cards(viewer: User | None) -> "QuerySet[Tweet]":
    """Tweets that the viewer may see, with all that a card shows, in one query however many there are; no retweets.

    Adds `author`, `counts`, `known_mentions` (lower-cased names of mentioned users), `pictures` (a list of id,
    name, thumbnail, placeholder, width, height and alt, or None), `replied_to` (the name of whom it answers, or None),
    `quote` (what it quotes: see `_quote`; None where that cannot be shown), and the viewer's `liked`, `retweeted` and
    `bookmarked`.
    """
    return every_card(viewer).filter(_condition(*is_seen_by(viewer)))


def every_card(viewer: User | None) -> "QuerySet[Tweet]":
    """As `cards`, whoever wrote them: for ids of which something else has decided that they may be seen."""
    return (
        Tweet.objects.filter(deleted_at=None, retweet_of=None)
        .select_related("author", "counts")
        .annotate(
            known_mentions=RawSQL(_MENTIONED_NAMES, [], output_field=ArrayField(TextField())),  # nosec B611 # made of constants
            pictures=RawSQL(_pictures("tweets"), [], output_field=JSONField()),  # nosec B611 # made of constants
            replied_to=_replied_to(viewer),
            quote=_quote(viewer),
            liked=_is_marked(LIKED, viewer),
            retweeted=_is_marked(RETWEETED, viewer),
            bookmarked=_is_marked(BOOKMARKED, viewer),
        )
    )


def looks(viewer: User | None) -> Condition:
    """SQL over `tweets` and its author `users`: a bigint, another one as soon as a card shows anything else.

    Without what changes all the time: counts, and the viewer's own marks; and without what never changes. What the
    viewer may not see of an answered or quoted post makes another number.
    """
    replied_to, quote = _replied_to(viewer), _quote(viewer)
    sql = (
        "hashtextextended(ROW(tweets.text, tweets.edited_at, tweets.version, tweets.reply_to_id, tweets.quote_of_id,"
        " users.username, users.display_name, users.avatar, users.bio, users.verified, users.protected,"
        f" CASE WHEN tweets.mentions <> '{{}}' THEN {_MENTIONED_NAMES} END, {_pictures('tweets')},"
        f" {replied_to.sql}, {quote.sql})::text, 0)"
    )
    return sql, [*replied_to.params, *quote.params]


def by_id(tweets: "QuerySet[Tweet]", ids: Iterable[int]) -> dict[int, Tweet]:
    """Those of them that are among `tweets`; one query, or none without ids.

    Unlike `in_bulk` it sends the same SQL for any number of ids, which PostgreSQL has to plan once.
    """
    asked = list(ids)
    if not asked:
        return {}
    return {tweet.pk: tweet for tweet in tweets.filter(_condition("tweets.id = ANY(%s::bigint[])", [asked]))}


def _replied_to(viewer: User | None) -> RawSQL:
    is_seen, values = is_seen_by(viewer, "u")
    return RawSQL(  # nosec B611 # made of constants
        "CASE WHEN tweets.reply_to_id IS NOT NULL THEN (SELECT u.username FROM tweets p JOIN users u"  # nosec B608
        f" ON u.id = p.author_id WHERE p.id = tweets.reply_to_id AND p.deleted_at IS NULL AND {is_seen}) END",
        values,
        output_field=TextField(),
    )


def _quote(viewer: User | None) -> RawSQL:
    """id, text, created_at, edited_at, username, display_name, author_id, avatar, pictures and is_muted."""
    is_seen, seen_values = is_seen_by(viewer, "u")
    is_muted, muted_values = is_muted_by(viewer, "u")
    return RawSQL(  # nosec B611 # made of constants
        "CASE WHEN tweets.quote_of_id IS NOT NULL THEN (SELECT jsonb_build_object('id', q.id, 'text', q.text,"  # nosec B608
        " 'created_at', q.created_at, 'edited_at', q.edited_at, 'username', u.username, 'display_name', u.display_name,"
        f" 'author_id', u.id, 'avatar', u.avatar, 'pictures', {_pictures('q')}, 'is_muted', {is_muted})"
        " FROM tweets q JOIN users u ON u.id = q.author_id"
        f" WHERE q.id = tweets.quote_of_id AND q.deleted_at IS NULL AND {is_seen}) END",
        [*muted_values, *seen_values],
        output_field=JSONField(),
    )


def is_author_seen_by(viewer: User | None) -> RawSQL:
    """A filter for queries of tweets: those of authors whose tweets the viewer may see."""
    is_seen, values = is_seen_by(viewer, "sa")
    seen = f"EXISTS(SELECT 1 FROM users sa WHERE sa.id = tweets.author_id AND {is_seen})"  # nosec B608 # made of constants
    return _condition(seen, values)


def is_unmuted(viewer: User | None) -> RawSQL:
    """A filter for `cards`: leaves out whom the viewer has muted."""
    is_muted, values = is_muted_by(viewer)
    return _condition(f"NOT {is_muted}", values)


def _condition(sql: str, values: Sequence[object]) -> RawSQL:
    return RawSQL(sql, values, output_field=BooleanField())  # nosec B611 # made of constants


def seen_tweet(viewer: User | None, tweet_id: int) -> Condition:
    """FROM and WHERE of that tweet as `t`: no row if it is deleted, a retweet, or not shown to the viewer."""
    is_seen, values = is_seen_by(viewer, "u")
    return (
        f"FROM tweets t JOIN users u ON u.id = t.author_id WHERE t.id = %s AND t.deleted_at IS NULL"
        f" AND t.retweet_of_id IS NULL AND {is_seen}",
        [tweet_id, *values],
    )


def may_see(viewer: User | None, tweet_id: int) -> bool:
    """Whether there is such a tweet, not deleted and no retweet, that the viewer may see. One query."""
    seen, values = seen_tweet(viewer, tweet_id)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS(SELECT 1 {seen})", values)  # nosec B608 # made of constants
        return bool(cursor.fetchone()[0])


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
