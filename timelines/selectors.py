"""What a home timeline needs from PostgreSQL."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import User
from tweets.models import Tweet
from tweets.selectors import cards

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


def graph_of(viewer_id: int) -> Graph:
    """One query: probes the few celebrities against the viewer's follows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.graph_version, ARRAY(SELECT c.id FROM users c"
            " JOIN follows f ON f.followee_id = c.id AND f.follower_id = u.id WHERE c.celebrity > 0)"
            " FROM users u WHERE u.id = %s",
            [viewer_id],
        )
        version, celebrity_ids = cursor.fetchone()
        return Graph(version, celebrity_ids)


_BELONGS = (
    "(tweets.author_id = %s"
    " OR EXISTS(SELECT 1 FROM follows f WHERE f.follower_id = %s AND f.followee_id = tweets.author_id))"
)


def home_cards(viewer: User, ids: list[int]) -> "QuerySet[Tweet]":
    """The cards of those ids that the viewer may see at home, newest first; whatever a timeline holds, this decides."""
    belongs = RawSQL(_BELONGS, [viewer.pk, viewer.pk], output_field=BooleanField())  # nosec B611 # made of constants
    return cards(viewer).filter(belongs, id__in=ids).order_by("-id")
