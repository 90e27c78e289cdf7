"""What a home timeline needs from PostgreSQL."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from django.db import connection

from accounts.models import User
from accounts.muting import hides
from accounts.visibility import followed_among, hidden_among, is_muted_by, is_seen_by
from socialgraph.authentication import is_token_of
from timelines.entries import Entry
from tweets.cards import Card, columns, grouped
from tweets.models import Tweet
from tweets.selectors import marked_among

# A few of the newest ids of each author, so many that a page comes together where all write alike; its oldest id is the
# `bound`: nothing below it belongs on the page. Only those of whom all these ids are above it are asked for more. So an
# author costs one short look into the index, where a walk down one global index would be slowest for people who follow
# a few quiet accounts, and a whole page of each author for people who follow thousands of busy ones.
_FOLLOWED_IDS = """
WITH author AS (SELECT followee_id AS id FROM follows WHERE follower_id = %(viewer)s UNION ALL SELECT %(viewer)s),
share AS MATERIALIZED (SELECT least(%(count)s, 1 + 2 * %(count)s / count(*)) AS each FROM author),
newest AS MATERIALIZED (
    SELECT author.id AS author_id, latest.id FROM author CROSS JOIN LATERAL (
        SELECT t.id FROM tweets t
        WHERE t.author_id = author.id AND t.id < %(below)s AND t.deleted_at IS NULL
        ORDER BY t.id DESC LIMIT (SELECT each FROM share)
    ) latest
),
bound AS MATERIALIZED (SELECT coalesce((SELECT id FROM newest ORDER BY id DESC OFFSET %(count)s - 1 LIMIT 1), 0) AS id)
SELECT id FROM (
    SELECT id FROM newest WHERE id >= (SELECT id FROM bound)
    UNION ALL
    SELECT older.id FROM (
        SELECT author_id, min(id) AS oldest FROM newest WHERE id >= (SELECT id FROM bound)
        GROUP BY author_id HAVING count(*) = (SELECT each FROM share)
    ) busy CROSS JOIN LATERAL (
        SELECT t.id FROM tweets t
        WHERE t.author_id = busy.author_id AND t.id < busy.oldest AND t.id > (SELECT id FROM bound)
        AND t.deleted_at IS NULL ORDER BY t.id DESC LIMIT %(count)s
    ) older
) found ORDER BY id DESC LIMIT %(count)s
"""


def followed_ids(viewer_id: int, below: int, count: int) -> list[int]:
    """Newest first, the ids under `below` that belong on the home timeline; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOWED_IDS, {"viewer": viewer_id, "below": below, "count": count})
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True)
class Snapshot:
    version: int
    ids: list[int]


def home_snapshot(viewer_id: int, count: int) -> Snapshot:
    """The newest ids and the graph version they are true of, seen by one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT u.graph_version, ARRAY({_FOLLOWED_IDS}) FROM users u WHERE u.id = %(viewer)s",  # nosec B608 # made of constants
            {"viewer": viewer_id, "below": 2**63 - 1, "count": count},
        )
        version, ids = cursor.fetchone()
        return Snapshot(version, ids)


def author_ids(author_id: int, count: int) -> list[int]:
    """The author's newest ids, newest first; one query."""
    own = Tweet.objects.filter(author_id=author_id, deleted_at=None).order_by("-id")
    return list(own.values_list("id", flat=True)[:count])


@dataclass(frozen=True)
class Graph:
    """What decides how a viewer's home timeline is put together."""

    version: int
    celebrity_ids: list[int]
    """Followees whose own lists are merged at read time."""
    muted_words: list[str]


_GRAPH = (
    "me.graph_version,"
    " ARRAY(SELECT s.id FROM users s JOIN follows f ON f.followee_id = s.id AND f.follower_id = me.id"
    " WHERE s.celebrity > 0),"
    " ARRAY(SELECT w.word FROM muted_words w WHERE w.user_id = me.id"
    "  AND (w.expires_at IS NULL OR w.expires_at > clock_timestamp()))"
)


def graph_of(viewer_id: int) -> Graph:
    """One query: probes the few celebrities against the viewer's follows."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_GRAPH} FROM users me WHERE me.id = %s", [viewer_id])  # nosec B608 # made of constants
        return Graph(*cursor.fetchone())


_BELONGS = (
    "(e.author_id = %s OR EXISTS(SELECT 1 FROM follows f WHERE f.follower_id = %s AND f.followee_id = e.author_id))"
)
_QUOTED_TEXT = "(SELECT q.text FROM tweets q WHERE q.id = tweets.quote_of_id)"


def visible_entries(viewer: User, ids: list[int], muted_words: list[str]) -> list[Entry]:
    """Those of the entries that belong on the viewer's home timeline now, newest first; one query.

    Whatever a timeline holds, this decides, and `home_look` in the same way.
    """
    author, author_values = is_seen_by(viewer, "a")
    writer, writer_values = is_seen_by(viewer)
    author_muted, muted_values = is_muted_by(viewer, "a")
    writer_muted, _ = is_muted_by(viewer)
    texts = f"tweets.text, {_QUOTED_TEXT}" if muted_words else "NULL, NULL"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.id, tweets.id, e.author_id, a.username, a.display_name, tweets.author_id, {texts}"  # nosec B608 # made of constants
            " FROM tweets e JOIN users a ON a.id = e.author_id"
            " JOIN tweets ON tweets.id = coalesce(e.retweet_of_id, e.id) JOIN users ON users.id = tweets.author_id"
            f" WHERE e.id = ANY(%s::bigint[]) AND e.deleted_at IS NULL AND tweets.deleted_at IS NULL AND {_BELONGS}"
            f" AND {author} AND {writer} AND NOT {author_muted} AND NOT {writer_muted} ORDER BY e.id DESC",
            [ids, viewer.pk, viewer.pk, *author_values, *writer_values, *muted_values, *muted_values],
        )
        rows = cursor.fetchall()
    return [
        Entry(*row[:5])
        for row in rows
        if not muted_words or row[5] == viewer.pk or not hides(muted_words, row[6], row[7])
    ]


@dataclass(frozen=True)
class Look:
    """Everything that PostgreSQL knows of the first page of a home timeline, seen by one statement."""

    viewer: User
    """With OWN_FIELDS; any other costs a query."""
    graph: Graph
    entries: list[Entry]
    """Those of the ids that `visible_entries` would name. Only retweets have names."""
    cards: dict[int, Card]


_OWN = {
    *("id", "password", "username", "display_name", "avatar", "protected", "preferences", "is_active", "is_staff"),
    *("last_active_on", "tweet_count", "following_count", "follower_count"),
}
OWN_FIELDS = tuple(each.attname for each in User._meta.concrete_fields if each.attname in _OWN)
"""In the order in which a model takes them."""
_PREFERENCES = OWN_FIELDS.index("preferences")


_ENTRY = (
    *("e.id", "e.author_id", "a.username", "a.display_name", "users.protected"),
    *(f"CASE WHEN me.words <> '{{}}' THEN {text} END" for text in ("tweets.text", _QUOTED_TEXT)),
)
"""What is asked of an entry besides the card it shows; texts where words are muted."""


@cache
def _look_sql(*, by_token: bool) -> str:
    """One row, so that the viewer's part comes once: each column of the entries is a list.

    What the viewer is to all people of the page is asked once, behind them: a condition for each row takes longer.
    """
    shown, _ = columns(User(pk=0))
    named = ", ".join(f"{sql} AS c{n}" for n, sql in enumerate([*_ENTRY, *shown])).replace("%s", "%(reader)s")
    lists = ", ".join(f"array_agg(c{n}) AS c{n}" for n in range(len(_ENTRY) + len(shown)))
    people, tweets = f"found.c1 || found.c{len(_ENTRY) + 1}", f"found.c{len(_ENTRY)}"
    asked = ", ".join([hidden_among(people), followed_among(people), *marked_among(tweets)])
    own = ", ".join(f"me.{name}" for name in OWN_FIELDS)
    is_asking = f"me.id = %(me)s AND {is_token_of('me.id')}" if by_token else "me.id = %(me)s"
    return f"""
SELECT me.*, {asked}, found.*
FROM (SELECT {own}, {_GRAPH} AS words FROM users me WHERE {is_asking}) me, LATERAL (
    SELECT {lists} FROM (
        SELECT {named}
        FROM tweets e JOIN tweets ON tweets.id = coalesce(e.retweet_of_id, e.id)
        JOIN users ON users.id = tweets.author_id JOIN tweet_counts c ON c.tweet_id = tweets.id
        LEFT JOIN users a ON a.id = CASE WHEN e.retweet_of_id IS NOT NULL THEN e.author_id END
        WHERE e.id = ANY(%(ids)s::bigint[]) AND e.deleted_at IS NULL AND tweets.deleted_at IS NULL
        AND users.is_active AND (e.retweet_of_id IS NULL OR a.is_active) ORDER BY e.id DESC
    ) entry
) found
"""  # nosec B608 # made of constants


def home_look(viewer_id: int, ids: list[int], shown_to: User | None = None, token: str | None = None) -> Look | None:
    """`graph_of`, `visible_entries` and `cards_of` in one query; None when there is no such user.

    `shown_to`: whose marks the cards carry, where that is not the viewer. `token`: the digest of one that must be the
    viewer's, and valid; None otherwise.
    """
    values = {
        "me": viewer_id,
        "reader": viewer_id if shown_to is None else shown_to.pk,
        "ids": "{" + ",".join(map(str, ids)) + "}",  # as text: psycopg takes a while for a list
    }
    if token is not None:
        values["token"] = token
    with connection.cursor() as cursor:
        cursor.execute(_look_sql(by_token=token is not None), values)
        row = cursor.fetchone()
    if row is None:
        return None
    width = len(OWN_FIELDS)
    own = list(row[:width])
    own[_PREFERENCES] = orjson.loads(own[_PREFERENCES])
    viewer = User.from_db(connection.alias, OWN_FIELDS, own)
    version, celebrity_ids, words = row[width : width + 3]
    hidden, followed, liked, retweeted, bookmarked = map(frozenset, row[width + 3 : width + 8])
    lists = row[width + 8 :]
    entries: list[Entry] = []
    cards: list[tuple[Any, ...]] = []
    of_entries, of_cards = lists[: len(_ENTRY)], lists[len(_ENTRY) :]
    rows = zip(zip(*of_entries, strict=True), zip(*of_cards, strict=True), strict=True) if lists[0] else ()
    for entry, card in rows:
        entry_id, by, username, display_name, is_protected, text, quoted = entry
        tweet_id, writer = card[:2]
        belongs = by == viewer_id or (by in followed and by not in hidden)
        is_shown = writer == viewer_id or not (
            writer in hidden or (is_protected and writer not in followed) or (words and hides(words, text, quoted))
        )
        if belongs and is_shown:
            entries.append(Entry(entry_id, tweet_id, by, username, display_name))
            cards.append((*card, tweet_id in liked, tweet_id in retweeted, tweet_id in bookmarked))
    return Look(viewer, Graph(version, celebrity_ids, words), entries, grouped(shown_to or viewer, cards))


def author_entries(
    author: User, viewer: User | None, *, below: int, count: int, replies: bool | None
) -> tuple[list[Entry], int]:
    """(what the viewer may see of the author's next `count` rows under `below`, newest first; the last row's id).

    The id is 0 when there are no more. `replies`: only those, or all but those. One query.
    """
    seen_author, author_values = is_seen_by(viewer, "a")
    seen_writer, writer_values = is_seen_by(viewer, "sa")
    kind = {None: "true", True: "t.conversation_id IS NOT NULL", False: "t.conversation_id IS NULL"}[replies]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.id, s.id, a.id, a.username, a.display_name,"  # nosec B608 # made of constants
            f" s.deleted_at IS NULL AND {seen_author} AND {seen_writer}"
            " FROM (SELECT t.id, t.author_id, t.retweet_of_id FROM tweets t"
            f"  WHERE t.author_id = %s AND t.id < %s AND t.deleted_at IS NULL AND {kind} ORDER BY t.id DESC LIMIT %s) e"
            " JOIN users a ON a.id = e.author_id"
            " JOIN tweets s ON s.id = coalesce(e.retweet_of_id, e.id) JOIN users sa ON sa.id = s.author_id",
            [*author_values, *writer_values, author.pk, below, count],
        )
        rows = sorted(cursor.fetchall(), reverse=True)
    entries = [Entry(*entry) for *entry, is_seen in rows if is_seen]
    return entries, rows[-1][0] if len(rows) == count else 0
