"""The oracle: the home timeline as the seeds' first approach computes it, one plain join at read time.

It judges the hybrid path, so it shares no query and no filter with it.
"""

from django.db import connection


def pull(viewer_id: int, *, before: int | None = None, limit: int | None = None) -> list[int]:
    """Tweet ids of the viewer's home timeline under `before`, newest first; all of them without a limit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tweets.id FROM tweets JOIN users ON users.id = tweets.author_id"
            " WHERE tweets.deleted_at IS NULL"
            " AND (users.id = %(viewer)s"
            "  OR users.id IN (SELECT followee_id FROM follows WHERE follower_id = %(viewer)s))"
            " AND (%(before)s::bigint IS NULL OR tweets.id < %(before)s)"
            " ORDER BY tweets.id DESC LIMIT %(limit)s",
            {"viewer": viewer_id, "before": before, "limit": limit},
        )
        return [row[0] for row in cursor.fetchall()]
