"""What a home timeline needs from PostgreSQL."""

from dataclasses import dataclass

from django.db import connection

from accounts.models import User
from accounts.muting import hides
from accounts.visibility import is_muted_by, is_seen_by
from timelines.entries import Entry
from tweets.models import Tweet

# The newest ids of each author, then the newest of those: it reads at most `count` index entries an author, where a
# walk down one global index would be slowest for people who follow a few quiet accounts.
_FOLLOWED_IDS = """
SELECT newest.id
FROM (SELECT followee_id AS id FROM follows WHERE follower_id = %(viewer)s UNION ALL SELECT %(viewer)s) author
CROSS JOIN LATERAL (
    SELECT t.id FROM tweets t
    WHERE t.author_id = author.id AND t.id < %(below)s AND t.deleted_at IS NULL
    ORDER BY t.id DESC LIMIT %(count)s
) newest
ORDER BY newest.id DESC LIMIT %(count)s
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


def graph_of(viewer_id: int) -> Graph:
    """One query: probes the few celebrities against the viewer's follows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.graph_version, ARRAY(SELECT c.id FROM users c"
            " JOIN follows f ON f.followee_id = c.id AND f.follower_id = u.id WHERE c.celebrity > 0),"
            " ARRAY(SELECT w.word FROM muted_words w WHERE w.user_id = u.id"
            "  AND (w.expires_at IS NULL OR w.expires_at > clock_timestamp()))"
            " FROM users u WHERE u.id = %s",
            [viewer_id],
        )
        return Graph(*cursor.fetchone())


_BELONGS = (
    "(e.author_id = %s OR EXISTS(SELECT 1 FROM follows f WHERE f.follower_id = %s AND f.followee_id = e.author_id))"
)
_ENTRY = """
SELECT e.id, s.id, e.author_id, a.username, a.display_name, s.author_id, {texts}
FROM tweets e
JOIN users a ON a.id = e.author_id
JOIN tweets s ON s.id = coalesce(e.retweet_of_id, e.id)
JOIN users sa ON sa.id = s.author_id
WHERE {conditions}
ORDER BY e.id DESC
"""
_TEXTS = "s.text, (SELECT q.text FROM tweets q WHERE q.id = s.quote_of_id)"


def visible_entries(viewer: User, ids: list[int], muted_words: list[str]) -> list[Entry]:
    """Those of the entries that belong on the viewer's home timeline now, newest first; one query.

    Whatever a timeline holds, this decides.
    """
    author, author_values = is_seen_by(viewer, "a")
    writer, writer_values = is_seen_by(viewer, "sa")
    author_muted, muted_values = is_muted_by(viewer, "a")
    writer_muted, _ = is_muted_by(viewer, "sa")
    conditions = (
        f"e.id = ANY(%s) AND e.deleted_at IS NULL AND s.deleted_at IS NULL AND {_BELONGS} AND {author} AND {writer}"
        f" AND NOT {author_muted} AND NOT {writer_muted}"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _ENTRY.format(texts=_TEXTS if muted_words else "NULL, NULL", conditions=conditions),
            [ids, viewer.pk, viewer.pk, *author_values, *writer_values, *muted_values, *muted_values],
        )
        rows = cursor.fetchall()
    return [
        Entry(*entry)
        for *entry, writer_id, text, quoted in rows
        if writer_id == viewer.pk or not hides(muted_words, text, quoted)
    ]


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
